#pragma once
// What a replica holds, seen from inside its file: what no program asks, and tests do. One thread.

#include <cstdint>
#include <vector>

#include "client/replica/access/surrender.hpp"
#include "client/replica/replica.hpp"

namespace autocusto::test {

/// The incarnations of which something is here, hidden or not, in no order.
[[nodiscard]] inline std::vector<incarnation_id> held_incarnations(
    replica::replica_store& replica) {
  const sqlite::snapshot now(replica.file().db());
  std::vector<incarnation_id> out;
  replica::each_copy(replica.file(), [&out](std::int64_t, const replica::copy_state& state) {
    if (state.incarnation) out.push_back(*state.incarnation);
  });
  return out;
}

/// What the server does not have: what waits, and what it refused without keeping it; records that
/// were taken away included.
[[nodiscard]] inline std::size_t unsynced_count(replica::replica_store& replica) {
  const sqlite::snapshot now(replica.file().db());
  return replica::count_unsynced(replica.file());
}

}  // namespace autocusto::test
