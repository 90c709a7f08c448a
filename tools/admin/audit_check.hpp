#pragma once
// Checking the audit log line by line: was every act signed by the device that it names? Pure; any
// thread.
//
// What is checked of a signed line: its device is known; the signature over the kept object holds
// under that device's key, for the purpose that the act has; the object names the server, actor,
// device, act and act id that the line tells; no act id stands in two lines; and what only a signed
// act can do is signed. Unsigned lines (reads, what the server did by itself) are counted: they
// prove nothing by themselves, nor does the log prove that no line is missing.

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "shared/crypto/sign.hpp"
#include "shared/wire/admin.hpp"

namespace autocusto::admin {

namespace msg = wire::admin;

struct audit_problem {
  std::int64_t line = 0;
  std::string what;
  std::string why;  ///< a sentence
};

class audit_check {
 public:
  audit_check(const server_id& server, const msg::device_list& devices);

  void add(const msg::audit_item& line);

  [[nodiscard]] std::int64_t lines() const { return lines_; }
  [[nodiscard]] std::int64_t signed_lines() const { return signed_; }
  [[nodiscard]] std::size_t devices() const { return signers_.size(); }
  [[nodiscard]] const std::vector<audit_problem>& problems() const { return problems_; }

 private:
  /// Why the line does not hold; empty: it does.
  [[nodiscard]] std::string flaw(const msg::audit_item& line);
  [[nodiscard]] std::string flaw_of_act(const msg::audit_item& line) const;
  [[nodiscard]] std::string flaw_of_push(const msg::audit_item& line) const;

  server_id server_;
  std::map<device_id, crypto::public_key> keys_;
  std::set<act_id> acts_;
  std::set<std::string> pushes_;
  std::set<device_id> signers_;
  std::int64_t lines_ = 0;
  std::int64_t signed_ = 0;
  std::vector<audit_problem> problems_;
};

}  // namespace autocusto::admin
