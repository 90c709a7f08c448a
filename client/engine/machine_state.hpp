#pragma once
// What the sync machine remembers between events, grouped by subject. Values; private to the
// machine (machine.hpp), which is the only one to change them.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "client/engine/messages.hpp"

namespace autocusto::engine {

enum class run_state { running, stopping, wiped };

/// What the newest session grants. `full`: every request. `hand_over`: the laptop pushes the edits
/// that the server lacks, then erases itself. `erase`: it erases itself at once (reported lost).
enum class granted_access { full, hand_over, erase };

struct session_state {
  bool open = false;                ///< a bearer token is at hand
  std::optional<device_id> device;  ///< whose session it is
  granted_access granted = granted_access::full;
  bool renewed = false;             ///< the session was lost, and nothing has succeeded since
  bool challenge_repeated = false;  ///< one challenge has failed already
};

struct outgoing_pushes {
  replica_state::kept_push inflight;
  std::optional<replica_state::kept_push> queued;  ///< kept to follow the one in flight
  bool more_wait = false;                          ///< more waits than is kept
  bool applying_receipt = false;  ///< of the push before, while this one is at the server
  /// What the network brought while the replica is at work.
  std::optional<std::variant<receipt_arrived, request_failed>> answer;
  std::int64_t goal = 0;   ///< for progress: what was to be pushed in all
  int too_late = 0;        ///< how often in a row a push named an old `prev_push`
  bool id_reused = false;  ///< a push id was taken once in this run
};

/// Pushes that are refused for their size.
struct push_size {
  struct oversized_push {
    push_id id;
    error why;
    bool not_taken = false;  ///< the server, asked afterwards, does not have it
  };
  std::optional<oversized_push> oversized;
  batch_bounds bounds;
  bool grows = false;             ///< one version alone was too large, and is left out
  std::vector<push_id> halved;    ///< given up for their size
  std::optional<error> left_out;  ///< why `bounds.without` is not empty
};

/// `dropped`: pages that were fetched must not be applied, and no more are fetched.
enum class fetching { ended, more, dropped };

struct incoming_pages {
  bool due = true;    ///< the feed was not read to its end since a push, failure, start
  wire::cursor next;  ///< where the next page begins
  fetching fetch = fetching::ended;
  std::size_t queued = 0;  ///< fetched and not being applied yet
  bool with_own = false;   ///< pages are asked for with this device's own versions
  int idle_polls = 0;      ///< long polls without news
};

struct recovery_state {
  int in_a_row = 0;            ///< recoveries without a complete round in between
  bool asked_missing = false;  ///< the one under way has been told what the server lacks
  bool pulled_twice = false;   ///< an acknowledged version did not come; one more pull was made
  bool asked_awaited = false;  ///< one was begun for versions without items
  /// The server has a newer push of this device: unless another process of this laptop made it, the
  /// folder is a copy, and the run ends with `why`.
  struct newer_push {
    error why;
    std::optional<push_id> server_last;
  };
  std::optional<newer_push> catch_up;
};

/// What the end of a round erases: nothing; what was removed; or that, after refused versions of it
/// were offered once more.
enum class erase_due { none, removed, removed_and_refused };

struct hand_over_state {
  session_opened reopening;  ///< the answer that gave a closed laptop its access back
  /// The session without access told that the server went back: the last push that it has.
  std::optional<std::optional<push_id>> server_last;
  erase_due erase = erase_due::removed_and_refused;
  bool everything_receipted = false;  ///< the server has the erasure receipt for everything
  bool receipt_refused = false;       ///< it refused an erasure receipt; not sent again in this run
};

struct back_off_state {
  int attempts = 0;                  ///< failures in a row
  std::optional<error> pushing;      ///< why pushing is given up for this round
  std::int64_t push_not_before = 0;  ///< by `step_input::now_millis`: the server has set a limit
};

}  // namespace autocusto::engine
