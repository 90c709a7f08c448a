#pragma once
// What a replica takes from outside. Values only; any thread. The clock and the random source
// must outlive whatever is opened with it.

#include "shared/base/clock.hpp"
#include "shared/passphrase/cost.hpp"

namespace autocusto::replica {

/// What a replica takes from outside.
struct environment {
  const clock_source& clock;
  random_source& random;
  /// Of a new passphrase, and below which an older one is wrapped anew.
  passphrase::cost_range passphrase_cost = passphrase::costs().profile;
};

}  // namespace autocusto::replica
