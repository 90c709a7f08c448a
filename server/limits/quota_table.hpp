#pragma once
// How much each of many keys has used of an allowance that comes back with time. A value; one
// thread.
//
// A key may use `allowance` at once; what it used comes back evenly, all of it within `period`.
// (This is the token bucket, of which the bucket is full at first.) The clock is handed in. If
// it goes back by more than a second, it was ahead and was put right: the key begins anew, since
// what it used at a time that has not come yet would be held against it until then.
//
// Memory is bounded: at most `keys` are remembered. One more makes the table forget the key that
// was used longest ago, so whoever invents addresses forgets others' use, never grows the table.

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
