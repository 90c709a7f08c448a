#pragma once
// What happens to what a laptop holds when its access is taken away. Private to client/replica.
// Inside one transaction or snapshot, one thread.
//
// Two settings hold it: that the whole laptop is closed (since when, and whether everything has
// been erased already), and which incarnations the server has removed, until the server has the
// erasure receipt for them.

#include <cstdint>
#include <optional>
#include <vector>

#include "client/replica/file/record_copy.hpp"
#include "client/replica/file/replica_file.hpp"

namespace autocusto::replica {

struct closed_entry {
  unix_millis since = 0;
  bool erased = false;  ///< everything but the identity and the device's key
};
[[nodiscard]] std::optional<closed_entry> closed_now(replica_file& file);
/// Errors: device_revoked while the laptop is closed.
[[nodiscard]] result<void> check_open(replica_file& file);

void put_closed(replica_file& file, const closed_entry& entry);
void forget_closed(replica_file& file);

/// The server has closed that view: the record is hidden, and its pending discards are dropped.
void hide_view(replica_file& file, record_copy& held);

/// Versions that the server refused without keeping them, or never received, go back into the
/// outbox: the doctor cannot act on them any more, but the server may keep them in quarantine.
/// Returns their number.
std::size_t offer_again(replica_file& file, record_copy& held);

/// After a restore the server may have lost its quarantine, so no refused version counts as kept
/// there any more. Refused versions of removed records and of a closed laptop go back into the
/// outbox at once. The others follow when their record is removed or the laptop is closed, because
/// each push of them makes one more item in the quarantine.
void doubt_quarantine(replica_file& file);

/// Offers what was refused of all records again, or of those that were taken away. Answers how
/// many.
std::size_t offer_all_again(replica_file& file, bool hidden_only);

/// What is sealed here until the server has it.
[[nodiscard]] std::optional<sealed_edits> sealed_in(replica_file& file);
/// Discards that are not acknowledged, and what waits to be pushed.
[[nodiscard]] std::size_t count_pending(replica_file& file);
/// Since when the oldest of them waits, by this laptop's clock.
[[nodiscard]] std::optional<unix_millis> oldest_pending(replica_file& file);
/// The same, and what the server refused without keeping it.
[[nodiscard]] std::size_t count_unsynced(replica_file& file);
/// Whether the server lacks an erasure receipt for something that is erased here.
[[nodiscard]] bool erasure_due(replica_file& file);
/// Removed incarnations of which nothing is here, in order, as many as one receipt takes.
[[nodiscard]] std::vector<incarnation_id> gone_incarnations(replica_file& file);
/// The server has the erasure receipt for these, in order.
void forget_removals(replica_file& file, const std::vector<incarnation_id>& receipted);

/// Remembers that the server has removed that view, whether or not anything of it is here.
void remember_removal(replica_file& file, const record_id& record,
                      const incarnation_id& incarnation);

}  // namespace autocusto::replica
