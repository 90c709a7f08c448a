#pragma once
// What the sync machine is told (events) and what it asks for (actions). Values only; any thread.
//
// Every action that names an event below it is answered by exactly that event, or by
// `request_failed` (network) or `local_failed` (replica). There is at most one network request and
// at most one local action under way at any time; while pages come in or pushes go out, both may
// be.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "shared/base/error.hpp"
#include "shared/base/ids.hpp"
#include "shared/base/limits.hpp"
#include "shared/wire/messages.hpp"

namespace autocusto::engine {

/// The result of a sync, as the command line prints it. `pushed`: versions that the server has
/// answered; `accepted`: newly stored, those that became siblings or were merged included;
/// `pulled`: versions received that this laptop did not have.
struct counts {
  std::int64_t pushed = 0;
  std::int64_t accepted = 0;
  std::int64_t duplicates = 0;
  std::int64_t siblings = 0;
  std::int64_t merged = 0;
  std::int64_t restored = 0;
  std::int64_t refused = 0;
  std::int64_t pulled = 0;
  friend bool operator==(const counts&, const counts&) = default;
};

enum class phase { connecting, pushing, pulling, watching, waiting };

/// For progress bars. `total` is 0 where nobody knows it.
struct progress {
  phase what = phase::connecting;
  std::int64_t done = 0;
  std::int64_t total = 0;
  friend bool operator==(const progress&, const progress&) = default;
};

/// How a sync ended. `why` is set unless all went well.
struct outcome {
  counts totals;
  std::optional<error> why;
  bool wiped = false;  ///< nothing is left on this laptop
};

// ---- Events ----

struct begin {
  bool watch = false;        ///< go on until `stop`
  bool has_session = false;  ///< a bearer token of an earlier run is at hand
};
/// What the replica holds now.
struct replica_state {
  server_id server;
  user_id user;
  device_id device;
  wire::cursor cursor;
  std::optional<push_id> last_push;  ///< acknowledged
  struct kept_push {
    push_id id;
    std::size_t versions = 0;
    std::size_t discards = 0;
    std::vector<version_id> ids = {};  ///< its versions, and drafts to discard, where it is known
  };
  std::optional<kept_push> inflight_push;  ///< kept before its sending, without an answer yet
  std::optional<push_id> queued_push;      ///< kept behind that one, and perhaps sent already
  std::vector<version_id> versions;        ///< of the next batch, when no push is in flight
  std::vector<version_id> discards;
  std::int64_t waiting = 0;  ///< how many versions and discards wait in all
  /// How long the oldest of it has waited; nothing when nothing waits.
  std::optional<std::int64_t> unsent_seconds = std::nullopt;
  bool recovering = false;  ///< the server went back, and the recovery is not over
  /// When nothing waits: whether an acknowledged version has not come with the feed.
  bool unpulled = false;
  /// When nothing waits: whether the feed has not brought the item of a version that is here.
  bool awaited = false;
  bool closed = false;       ///< the access was gone when a session was opened last
  bool erased = false;       ///< and everything but the device's key has been erased
  bool erasure_due = false;  ///< something is erased, and the server lacks the receipt
};
struct challenged {
  wire::challenge_answer challenge;
};
struct session_opened {
  std::string scope;
  wire::push_memory prev_push = wire::push_memory::ok;
  std::optional<push_id> last_push;
  bool wipe = false;
  /// The server takes less than this program writes: what to push has to be looked up again, now
  /// that this is known.
  bool server_behind = false;
};
struct push_saved {};
/// What is kept to follow the push under way: nothing when nothing else waits, or when what waits
/// is of the same records.
struct push_prepared {
  std::optional<replica_state::kept_push> what;
  bool more = false;  ///< still more waits
};
/// The receipt's signature and server are verified.
struct receipt_arrived {
  wire::push_receipt receipt;
};
struct receipt_applied {
  std::size_t acknowledged = 0;  ///< versions and discards that now wait for their feed item only
  std::vector<version_id> refused;  ///< those of the receipt and their local descendants
  bool was_pending = false;         ///< false: another process had applied it already
};
struct push_dropped {};
struct recovery_begun {};
/// What the server lacks of what the replica holds.
struct missing_told {
  std::vector<version_id> versions;
};
struct missing_marked {};
struct feed_restarted {};
/// A page that was checked: it follows `from`, its items chain up to `next`, hashes fit.
struct page_arrived {
  wire::cursor next;
  std::size_t items = 0;
  bool more = false;
};
struct page_applied {
  bool applied = true;  ///< false: another process had moved the cursor; nothing was done
  std::size_t new_versions = 0;
  std::size_t confirmed = 0;  ///< own versions that the feed has brought back
  std::size_t removed = 0;    ///< records that were hidden
};
struct removed_erased {
  std::size_t offered = 0;  ///< refused versions that wait once more
  std::size_t erased = 0;   ///< records that are no more
  std::size_t kept = 0;     ///< hidden and sealed: something of them is not at the server
};
/// Nothing can be saved from here on.
struct replica_closed {};
struct replica_reopened {};
struct everything_erased {
  std::size_t kept = 0;  ///< the server lacks so many versions, and nothing was erased
  std::string code;      ///< why it did not keep them; empty: it has not seen them
};
/// The server has the erasure receipt; nothing when none was due any more.
struct erasure_taken {
  std::optional<wire::erasure_object> what;
};
struct erasure_noted {};
struct wiped {};
struct request_failed {
  error what;
  std::optional<push_id> last_push;
};
struct local_failed {
  error what;
};
struct timer_fired {};
/// Something was saved on this laptop while the machine waits.
struct local_change {};
struct stop {};

using event =
    std::variant<begin, replica_state, challenged, session_opened, push_saved, push_prepared,
                 receipt_arrived, receipt_applied, push_dropped, recovery_begun, missing_told,
                 missing_marked, feed_restarted, page_arrived, page_applied, removed_erased,
                 replica_closed, replica_reopened, everything_erased, erasure_taken, erasure_noted,
                 wiped, request_failed, local_failed, timer_fired, local_change, stop>;

/// Time and random values for one event; the machine makes none itself.
struct step_input {
  double jitter = 0.5;          ///< random, from 0 to 1
  push_id fresh_push;           ///< random
  std::int64_t now_millis = 0;  ///< of a clock that only goes forward
};

// ---- Actions ----

/// How large a batch may be, for something on the way that refuses large requests.
struct batch_bounds {
  std::size_t at_most = limits::batch_versions;  ///< versions, and as many discards
  /// Not even alone does one of these get through: they wait, and what waits of their records.
  std::vector<version_id> without;
  friend bool operator==(const batch_bounds&, const batch_bounds&) = default;
};
/// The bounds hold for the batches from here on. -> replica_state
struct load_state {
  batch_bounds bounds;
};
/// -> challenged
struct ask_challenge {};
/// Sign and send it. -> session_opened
struct ask_session {
  wire::session_request what;
};
/// Sign it and keep it, bytes and all, before the first sending. -> push_saved
struct save_push {
  wire::push_object what;
};
/// Fill it with the batch that follows the push under way (its `prev_push`), sign it and keep it
/// behind that one. -> push_prepared
struct prepare_push {
  wire::push_object what;
};
/// Send the kept push of that id; `surrender`: as what a laptop without access hands over.
/// -> receipt_arrived
struct send_push {
  push_id id;
  bool surrender = false;
};
/// The server has that push, but its bytes do not get there any more: ask for the receipt by the
/// id.
/// -> receipt_arrived
struct ask_receipt {
  push_id id;
};
/// -> receipt_applied
struct apply_receipt {
  wire::push_receipt receipt;
};
/// Give that push up, and what was to follow it. -> push_dropped
struct drop_push {
  push_id id;
};
/// Note that the server went back, and where this device's pushes go on if that is known.
/// -> recovery_begun
struct begin_recovery {
  std::optional<std::optional<push_id>> server_last;
};
/// Ask which of all versions held here the server lacks. -> missing_told
struct ask_missing {};
/// Let them wait to be pushed with their proofs. -> missing_marked
struct mark_missing {
  std::vector<version_id> versions;
};
/// Begin the feed at 0; the recovery is over. -> feed_restarted
struct restart_feed {};
/// -> page_arrived; the runner keeps a page that has items in a queue
struct fetch_page {
  wire::cursor from;
  int wait_seconds = 0;
  /// Told to the server beside it: how long the oldest edit here has waited to be sent.
  std::optional<std::int64_t> unsent_seconds = std::nullopt;
  /// Also the bytes of what this device made itself, which it has erased.
  bool own = false;
};
/// The oldest page of the queue. -> page_applied
struct apply_page {};
/// Forget the queue. No answer.
struct discard_pages {};
/// Erase the records that pages have removed, if the server has all of them. `offer_again`: refused
/// versions that the server did not keep go back into the outbox. -> removed_erased
struct erase_removed {
  bool offer_again = false;
};
/// The access is gone: let nothing be saved any more. -> replica_closed
struct close_replica {};
/// The access is back: let edits be saved again. -> replica_reopened
struct reopen_replica {};
/// Destroy everything but the device's key, if the server has everything, or in any case.
/// -> everything_erased
struct erase_everything {
  bool in_any_case = false;
};
/// Sign and send the erasure receipt. -> erasure_taken
struct send_erasure {};
/// -> erasure_noted
struct note_erasure {
  wire::erasure_object what;
};
/// Destroy keys and data of the whole laptop. -> wiped
struct wipe_replica {};
/// End the request under way as soon as possible; it is still answered.
struct cancel_request {};
/// -> timer_fired
struct wait_for {
  std::int64_t millis = 0;
};
/// No answer.
struct report {
  progress what;
};
/// A full round is done: note it. No answer.
struct note_success {};
/// Why nothing goes on for now: note it. No answer.
struct note_failure {
  error why;
};
/// The last action.
struct finish {
  outcome result;
};

using action =
    std::variant<load_state, ask_challenge, ask_session, save_push, prepare_push, send_push,
                 ask_receipt, apply_receipt, drop_push, begin_recovery, ask_missing, mark_missing,
                 restart_feed, fetch_page, apply_page, discard_pages, erase_removed, close_replica,
                 reopen_replica, erase_everything, send_erasure, note_erasure, wipe_replica,
                 cancel_request, wait_for, report, note_success, note_failure, finish>;

}  // namespace autocusto::engine
