#pragma once
// Filling a store in tests and benchmarks: people with devices, and pushes that keep things the way
// the server's rules keep them (numbers, heads, feed chain), without checking anything.
//
// Values and functions only; a `pushed` belongs to the write that made it.

#include <span>
#include <string>
#include <vector>

#include "server/store/database.hpp"
#include "server/store/rows.hpp"

namespace autocusto::test {

struct actor {
  store::user_row user;
  store::device_row device;
};

/// Adds the n-th doctor, `doctor<n>@example.org`, with one device.
[[nodiscard]] actor add_actor(store::database& db, std::size_t n);

/// What a push stored, in the order of its versions.
struct pushed {
  std::vector<store::record_row> records;  ///< as they were before
  std::vector<store::pk> versions;
  std::vector<store::pk> views;
  store::feed_head head;
};

/// Stores versions in the actor's views the way a push does: records locked, numbered, views opened
/// or moved, one feed item each, the push itself, a wake-up. Parents come before children.
pushed push(store::transaction& tx, const actor& by, std::span<const domain::version> versions,
            const push_id& id);

/// A feed item's row behind `head`, which moves on.
[[nodiscard]] store::feed_row next_item(store::feed_head& head, store::pk user,
                                        store::feed_kind kind, store::pk view,
                                        std::optional<store::pk> version);

/// The n-th synthetic patient without parents; about 700 bytes of payload with `large`.
[[nodiscard]] domain::version patient_root(std::size_t n, const actor& by, bool large = false);
/// A child of the given versions with a field of its own.
[[nodiscard]] domain::version edit_of(const std::vector<const domain::version*>& parents,
                                      const actor& by, std::size_t n);

}  // namespace autocusto::test
