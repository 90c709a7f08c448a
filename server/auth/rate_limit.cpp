#include "server/auth/rate_limit.hpp"

#include <algorithm>

namespace autocusto::auth {
namespace {

/// Calls of several threads may come in another order than they read the clock.
constexpr unix_millis k_clock_disorder = 1000;

}  // namespace

double failure_limit::spent(const bucket& b, unix_millis now) const {
  // A clock that was ahead and was put right: the failures of then are not of any time.
  if (now < b.at - k_clock_disorder) return 0;
  const unix_millis passed = std::max<unix_millis>(0, now - b.at);
  return std::max(0.0,
                  b.spent - static_cast<double>(passed) / static_cast<double>(with_.token_every));
}

bool failure_limit::allowed(const std::string& peer, unix_millis now) {
  const std::lock_guard lock(mutex_);
  const auto at = buckets_.find(peer);
  return at == buckets_.end() || spent(at->second, now) + 1 <= with_.burst;
}

void failure_limit::failed(const std::string& peer, unix_millis now) {
  const std::lock_guard lock(mutex_);
  if (!buckets_.contains(peer) && buckets_.size() >= with_.peers) make_room(now);
  bucket& b = buckets_[peer];
  b.spent = std::min(with_.burst, spent(b, now) + 1);
  b.at = now;
}

void failure_limit::make_room(unix_millis now) {
  std::erase_if(buckets_, [&](const auto& entry) { return spent(entry.second, now) <= 0; });
  if (buckets_.size() < with_.peers) return;
  const auto oldest =
      std::min_element(buckets_.begin(), buckets_.end(),
                       [](const auto& a, const auto& b) { return a.second.at < b.second.at; });
  buckets_.erase(oldest);
}

}  // namespace autocusto::auth
