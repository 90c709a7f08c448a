#pragma once
// How a database fails: lost, full, damaged, or busy for too long. Values; any thread.

#include <stdexcept>
#include <string>

namespace autocusto::store {

class database_error : public std::runtime_error {
 public:
  database_error(const std::string& what, bool retryable, bool in_doubt)
      : std::runtime_error(what), retryable_(retryable), in_doubt_(in_doubt) {}
  /// The same call may succeed when it is made again.
  [[nodiscard]] bool retryable() const { return retryable_; }
  /// The commit may or may not have happened.
  [[nodiscard]] bool in_doubt() const { return in_doubt_; }

 private:
  bool retryable_;
  bool in_doubt_;
};

}  // namespace autocusto::store
