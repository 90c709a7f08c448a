#pragma once
// Folding the lines of an audit log into its chain, and comparing it with heads that are known.
//
// Give it every line in order, from the first; then `agreed` is the last known head that the log
// still has, and `problems` says what it does not have. Pure; one thread.

#include <cstdint>
#include <string>
#include <vector>

#include "tools/admin/audit_check.hpp"
#include "tools/admin/log_memory.hpp"

namespace autocusto::admin {

class chain_check {
 public:
  /// `seen`: what the profile remembers. `told`: heads that the server signed before it listed the
  /// lines. Both by number.
  chain_check(std::vector<log_memory::seen_head> seen, std::vector<wire::audit_head> told);

  void add(const msg::audit_item& line);

  [[nodiscard]] std::int64_t lines() const { return lines_; }
  /// The number of the last remembered line up to which log and memory are the same.
  [[nodiscard]] std::int64_t agreed() const { return agreed_; }
  /// After the last line. Sentences; `line` is the key of the first line in question, 0 where it is
  /// missing.
  [[nodiscard]] std::vector<audit_problem> problems() const;
  /// Whether the memory, not only the server's own word, contradicts the log.
  [[nodiscard]] bool forgotten() const;

 private:
  std::vector<log_memory::seen_head> seen_;
  std::vector<wire::audit_head> told_;
  std::int64_t lines_ = 0;
  std::int64_t agreed_ = 0;
  hash256 link_;
  std::size_t next_ = 0;                          ///< of seen_
  std::optional<log_memory::seen_head> differs_;  ///< the first that does not fit
  std::int64_t differs_at_ = 0;
  std::optional<std::int64_t> not_as_told_;
};

}  // namespace autocusto::admin
