#include "server/limits/quota_table.hpp"

#include <algorithm>
#include <cmath>

namespace autocusto::limits {
namespace {

/// Calls of several threads may come in another order than they read the clock.
constexpr unix_millis k_clock_slack = 1000;

}  // namespace

double quota_table::used_now(const entry& e, unix_millis now) const {
  // A clock that was ahead and was put right: what was used then is worth nothing now.
  if (now < e.at - k_clock_slack) return 0;
  const auto passed = static_cast<double>(std::max<unix_millis>(0, now - e.at));
  return std::max(0.0, e.used - allowance_ * passed / static_cast<double>(period_));
}

std::int64_t quota_table::wait(std::string_view key, double amount, unix_millis now) const {
  const auto at = by_key_.find(key);
  if (allowance_ <= 0 || at == by_key_.end()) return 0;
  const double over = used_now(*at->second, now) + std::min(amount, allowance_) - allowance_;
  if (over <= 0) return 0;
  const double millis = over / allowance_ * static_cast<double>(period_);
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(millis / 1000)));
}

void quota_table::use(std::string_view key, double amount, unix_millis now) {
  if (allowance_ <= 0) return;
  if (const auto at = by_key_.find(key); at != by_key_.end()) {
    auto& found = *at->second;
    found.used = used_now(found, now) + amount;
    found.at = now < found.at - k_clock_slack ? now : std::max(found.at, now);
    entries_.splice(entries_.begin(), entries_, at->second);
    return;
  }
  if (entries_.size() >= most_keys_) {
    by_key_.erase(entries_.back().key);
    entries_.pop_back();
  }
  entries_.push_front({.key = std::string(key), .used = amount, .at = now});
  by_key_.emplace(entries_.front().key, entries_.begin());
}

}  // namespace autocusto::limits
