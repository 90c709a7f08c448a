#pragma once
// A token bucket for each of many keys. A value; one thread.
//
// The bucket of a key is full at first: it may use `allowance` at once. What it used is refilled
// evenly, all of it within `period`. The caller passes the time. If the time goes back by more than
// a second, the clock was ahead and has been corrected: the bucket is then full again, because use
// at a later time would block the key until that time.
//
// Memory is bounded: the table holds at most `keys` buckets. A further key drops the bucket that
// was used longest ago, so requests from invented addresses cannot grow the table.

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "shared/base/clock.hpp"

namespace autocusto::limits {

class quota_table {
 public:
  /// `allowance` 0: nothing is limited and nothing remembered.
  quota_table(std::int64_t allowance, unix_millis period, std::size_t keys)
      : allowance_(static_cast<double>(allowance)), period_(period), most_keys_(keys) {}

  /// Seconds, rounded up, until the key may use `amount` more; 0: now. An amount beyond the whole
  /// allowance counts as all of it.
  [[nodiscard]] std::int64_t wait(std::string_view key, double amount, unix_millis now) const;
  /// Uses it, whether or not there is so much; then the key has to wait the longer.
  void use(std::string_view key, double amount, unix_millis now);

  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct entry {
    std::string key;
    double used = 0;
    unix_millis at = 0;
  };
  [[nodiscard]] double used_now(const entry& e, unix_millis now) const;

  double allowance_;
  unix_millis period_;
  std::size_t most_keys_;
  std::list<entry> entries_;  ///< the one that was used last in front
  std::unordered_map<std::string_view, std::list<entry>::iterator>
      by_key_;  ///< views into entries_
};

}  // namespace autocusto::limits
