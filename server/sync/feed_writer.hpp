#pragma once
// Appending to a user's feed. The feed's head is the last lock that a transaction takes, and it is
// held until the commit, so numbers become visible in their order and no reader skips one.

#include <optional>
#include <span>

#include "server/store/store.hpp"
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

/// Locks the owner's head, appends the events in their order and wakes the owner after the commit.
/// Does nothing without events.
void append_events(store::writer& in, store::pk owner, const user_id& owner_public,
                   std::span<const feed_event> events);

/// The kind as messages call it.
[[nodiscard]] wire::item_kind item_kind_of(store::feed_kind kind);

}  // namespace autocusto::sync
