#include "client/engine/failure.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

namespace autocusto::engine {

namespace {

/// Limits are told by the minute and by the day.
constexpr std::int64_t k_longest_wait_seconds = 26 * 3600;

}  // namespace

failure_scope scope_of(errc code) {
  switch (code) {
    case errc::unreachable:
    case errc::timeout:
    case errc::busy:
    case errc::unavailable:
    case errc::replica_busy:
    case errc::untrusted_server:  // also what a hotel's login page looks like
    case errc::protocol_error:    // nothing was applied; a proxy may have touched it
      return failure_scope::passing;
    case errc::too_many_requests:
      return failure_scope::limited;
    case errc::internal:
      return failure_scope::server_fault;
    case errc::unauthorized:
    case errc::session_expired:
      return failure_scope::session;
    case errc::user_disabled:
    case errc::device_revoked:
      return failure_scope::access;
    case errc::prev_push_old:
      return failure_scope::too_late;
    case errc::prev_push_unknown:
    case errc::cursor_unknown:
      return failure_scope::went_back;
    case errc::update_needed:
    case errc::bad_request:
    case errc::length_required:
    case errc::transfer_encoding_refused:
    case errc::body_too_large:
    case errc::unsupported_encoding:
    case errc::not_found:
    case errc::method_not_allowed:
    case errc::bad_signature:
    case errc::forbidden:
    case errc::push_id_reused:
    case errc::too_many_versions:
    case errc::too_much_work:
    case errc::view_moved:
    case errc::malformed:
    case errc::not_canonical:
    case errc::too_large:
    case errc::hash_mismatch:
    case errc::record_mismatch:
    case errc::invalid_key:
    case errc::invalid_field:
    case errc::author_mismatch:
    case errc::device_mismatch:
    case errc::parent_unavailable:
    case errc::parent_refused:
    case errc::bad_generation:
    case errc::too_many_parents:
    case errc::too_many_heads:
    case errc::record_full:
    case errc::access_removed:
    case errc::quarantine_full:
    case errc::already_exists:
    case errc::last_admin:
    case errc::not_mergeable:
    case errc::conflict_open:
    case errc::ambiguous:
      return failure_scope::push;
    case errc::challenge_invalid:
    case errc::device_unknown:
    case errc::code_unknown:
    case errc::code_expired:
    case errc::too_many_devices:
    case errc::usage:
    case errc::not_enrolled:
    case errc::already_enrolled:
    case errc::wrong_passphrase:
    case errc::schema_too_new:
    case errc::database:
      return failure_scope::fatal;
  }
  return failure_scope::fatal;
}

bool worth_asking_again(errc code) {
  return code == errc::busy || code == errc::timeout || code == errc::unavailable;
}

bool too_much_at_once(errc code) {
  return code == errc::body_too_large || code == errc::too_many_versions ||
         code == errc::too_much_work;
}

std::int64_t wait_of(const error& what) {
  return std::clamp(what.retry_after.value_or(0), std::int64_t{0}, k_longest_wait_seconds) * 1000;
}

error asked_to_wait(const error& what) {
  const std::int64_t minutes = std::max<std::int64_t>(1, (wait_of(what) + 59'999) / 60'000);
  auto told = fail(errc::too_many_requests,
                   "This laptop has sent or asked more than the server allows at once. Nothing is "
                   "lost; it goes on with the next sync, in " +
                       std::to_string(minutes) + " min.",
                   {}, minutes);
  told.retry_after = what.retry_after;
  return told;
}

error interrupted() {
  return fail(errc::unreachable,
              "The sync was interrupted; what is saved stays saved. Run sync again.");
}

error server_went_back() {
  return fail(errc::prev_push_unknown,
              "The server keeps forgetting what this laptop gives it: it goes back to older states "
              "again and again. Nothing is lost here; tell the administrator.");
}

error folder_was_copied() {
  return fail(errc::prev_push_old,
              "The server has a later push of this laptop than this folder knows: the folder was "
              "copied, or set back to an older copy. Nothing is lost. Run `autocusto enroll "
              "--again` here: this folder becomes a device of its own, and its edits go on.");
}

error access_withdrawn(std::size_t kept, std::string_view code) {
  if (kept == 0) {
    return fail(errc::device_revoked,
                "The administrator has withdrawn this user's or laptop's access; what it held was "
                "erased here. To work again, ask for a new enrollment link.");
  }
  if (code != code_name(errc::quarantine_full)) {
    return fail(errc::device_revoked,
                "The administrator has withdrawn this user's or laptop's access. The server does "
                "not have " +
                    std::to_string(kept) +
                    " edits, which stay sealed on this laptop; `status` tells why. Sync again; if "
                    "that does not help, ask the administrator.",
                {}, static_cast<std::int64_t>(kept));
  }
  return fail(
      errc::device_revoked,
      "The administrator has withdrawn this user's or laptop's access. The server would not "
      "take " +
          std::to_string(kept) +
          " edits, which stay sealed on this laptop: its quarantine is full. Ask the "
          "administrator to empty it, then sync again.",
      {}, static_cast<std::int64_t>(kept));
}

error not_understood(const char* what) {
  return fail(errc::protocol_error, std::string("The server's answer makes no sense: ") + what +
                                        ". Nothing was changed; tell the administrator.");
}

}  // namespace autocusto::engine
