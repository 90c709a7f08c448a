#pragma once
// Appending to a user's feed. The feed's head is the last lock that a transaction takes, and it is
// held until the commit, so numbers become visible in their order and no reader skips one.

#include <map>
#include <optional>
#include <span>
#include <vector>

#include "server/store/feed.hpp"
#include "shared/wire/messages.hpp"

namespace autocusto::sync {

struct feed_event {
  store::feed_kind kind = store::feed_kind::version;
  store::pk view = 0;
  incarnation_id incarnation;
  record_id record;
  std::optional<store::pk> version;  ///< none for `removed`
  std::optional<version_id> version_public;
  std::optional<store::pk> import_run;
};

/// What one user's feed gets.
struct feed_addition {
  user_id owner;
  std::vector<feed_event> events;
};
using feed_additions = std::map<store::pk, feed_addition>;  ///< by the owner's key

/// Locks the heads of these feeds in the order of their owners, appends the events in their order
/// and wakes the owners after the commit. Leaves feeds without events alone.
void append_events(store::feed::writes feed, const feed_additions& by_owner);
/// The same for one feed.
void append_events(store::feed::writes feed, store::pk owner, const user_id& owner_public,
                   std::span<const feed_event> events);

/// The kind as messages call it.
[[nodiscard]] wire::item_kind item_kind_of(store::feed_kind kind);

}  // namespace autocusto::sync
