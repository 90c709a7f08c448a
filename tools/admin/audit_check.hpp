#pragma once
// Checks the audit log line by line: is every act signed by the device that it names? Pure; any
// thread.
//
// Of a signed line it checks: the device is known; the signature of the stored object is valid
// under that device's key and for the purpose of the act; the object names the same server, actor,
// device, act and act id as the line; no other line has the act id. A line of an act that must be
// signed, but is not, is an error. Other unsigned lines (reads, automatic actions of the server)
// are only counted: nothing proves them. That no line is missing is the chain's business
// (tools/admin/chain_check.hpp).

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
