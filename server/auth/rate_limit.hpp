#pragma once
// How often one peer may fail before it has to wait: a token bucket for each address.
//
// Each failure takes a token; tokens come back with time. Only failures count, so that a clinic
// whose laptops share one address can enroll them all in a row. The number of buckets is bounded:
// when there are too many, those that are full again are forgotten, and if none is, the one that
// failed longest ago. A clock that goes back by more than a second was ahead and was put right;
// then the peer begins anew. Any thread.

#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>

#include "shared/base/clock.hpp"

namespace autocusto::auth {

class failure_limit {
 public:
  struct settings {
    double burst = 20;               ///< failures in a row
    unix_millis token_every = 3000;  ///< one token comes back after so many milliseconds
    std::size_t peers = 10'000;      ///< buckets at most
  };

  failure_limit() : failure_limit(settings{}) {}
  explicit failure_limit(settings with) : with_(with) {}

  /// Whether this peer may try now.
  [[nodiscard]] bool allowed(const std::string& peer, unix_millis now);
  void failed(const std::string& peer, unix_millis now);

 private:
  struct bucket {
    double spent = 0;
    unix_millis at = 0;
  };
  [[nodiscard]] double spent(const bucket& b, unix_millis now) const;
  void make_room(unix_millis now);

  settings with_;
  std::mutex mutex_;
  std::unordered_map<std::string, bucket> buckets_;
};

}  // namespace autocusto::auth
