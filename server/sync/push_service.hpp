#pragma once
// Taking in a push: from the bytes of a request to the bytes of the answer.
//
// A push is a batch of versions (parents before children) and a list of drafts to discard, named
// in an object that the device signed. Reading, hashing and checking happen before the
// transaction; then one transaction stores everything: versions, views, conflicts, feed, receipt.
// The receipt is signed by the server and kept; the same push sent again (same id, same object) is
// answered with it before any other check, so a client that lost the answer just asks again.
//
// An admin resolves somebody's conflict with a push that names the `owner` and `expect_heads`: one
// version, active, by the admin, whose parents are exactly those heads; if the owner's heads are
// others by then the whole push fails with `view_moved`.
//
// Refused versions go to quarantine within its user's limits; beyond them the line of the
// receipt has the code `quarantine_full`, with the first reason in its sentence.
//
// A version that comes with its proof has been known to this server before: if the store has lost
// it, it is taken back unchanged. A proof that does not fit counts as none.
//
// One object serves all threads; everything it refers to must outlive it.

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/store/database.hpp"
#include "server/store/pushes.hpp"
#include "server/sync/sync_keys.hpp"
#include "shared/base/clock.hpp"
#include "shared/base/error.hpp"
#include "shared/base/limits.hpp"
#include "shared/wire/messages.hpp"

namespace autocusto::sync {

/// Either the body of the answer or what is wrong with the push as a whole.
struct push_answer {
  std::string body;
  std::optional<error> refusal;
  std::size_t versions = 0;  ///< that it brought; 0 when the receipt is one stored before
  /// What it made the server look at of histories, beyond what its versions need: see
  /// k_work_of_a_version and k_work_of_its_own.
  std::int64_t work = 0;
  /// With prev_push_unknown and prev_push_old: the last push the server has of this device.
  std::optional<push_id> last_push;
};

/// The work of each version of a push whose parents are all heads: no history is loaded for it.
inline constexpr std::int64_t k_work_of_its_own = 8;

/// Monotonic, for metrics; a push answered from its stored receipt counts as `repeated` only.
struct push_counters {
  std::atomic<std::int64_t> pushes{0}, repeated{0}, failed{0};
  std::atomic<std::int64_t> accepted{0}, siblings{0}, merged{0}, duplicates{0}, refused{0},
      discarded{0}, restored{0};
  std::atomic<std::int64_t> merges{0}, conflicts_opened{0}, conflicts_closed{0};
};

namespace detail {
struct prepared_push;
}

class push_service {
 public:
  push_service(store::database& db, const sync_keys& keys, const clock_source& clock,
               random_source& random);

  /// Answers POST /v1/push. `request` is the JSON body, uncompressed. Errors of the whole push:
  /// body_too_large, malformed, too_many_versions, bad_signature, push_id_reused, device_unknown,
  /// device_revoked, user_disabled, forbidden, not_found (no such owner), prev_push_unknown,
  /// prev_push_old, view_moved, too_much_work. Throws store::database_error when the store cannot
  /// be used.
  [[nodiscard]] push_answer push(const store::session_owner& who, std::string_view request);
  /// The same form from a device that has lost its access, or whose user has: its versions enter no
  /// view but are refused for that reason and kept in quarantine (POST /v1/surrender). It need not
  /// follow the device's last push. Errors as above; session_expired for a device with access.
  [[nodiscard]] push_answer surrender(const store::session_owner& who, std::string_view request);
  /// The stored answer to a push of this device (POST /v1/receipt), for one whose bytes do not get
  /// through any more. `not_found` unless it is this very device's.
  [[nodiscard]] push_answer receipt(const store::session_owner& who, const push_id& id);

  [[nodiscard]] const push_counters& counters() const { return counters_; }
  /// The work that one push may cause, for tests; to be set before the first.
  void set_budget(std::int64_t budget) { budget_ = budget; }

 private:
  push_answer take(const store::session_owner& who, std::string_view request, bool surrender);
  push_answer stored_or(const detail::prepared_push& push, error problem);
  void know_origins(const detail::prepared_push& push);
  push_answer store_push(const detail::prepared_push& push);

  store::database& db_;
  const sync_keys& keys_;
  const clock_source& clock_;
  random_source& random_;
  std::int64_t budget_ = limits::push_work;
  push_counters counters_;
};

/// How the push that a device names as its last compares with what the store has of it.
[[nodiscard]] wire::push_memory compare_prev_push(store::pushes::reads pushes,
                                                  const store::device_row& device,
                                                  const std::optional<push_id>& prev);

}  // namespace autocusto::sync
