#include "shared/base/error.hpp"

#include <algorithm>
#include <array>

namespace autocusto {
namespace {

struct entry {
  errc code;
  std::string_view name;
  int http;
  int exit;
};

// One line a code: name on the wire, HTTP status, exit code of the command lines.
constexpr std::array k_table{
    entry{errc::bad_request, "bad_request", 400, 1},
    entry{errc::length_required, "length_required", 411, 1},
    entry{errc::transfer_encoding_refused, "transfer_encoding_refused", 400, 1},
    entry{errc::body_too_large, "body_too_large", 413, 3},
    entry{errc::unsupported_encoding, "unsupported_encoding", 415, 1},
    entry{errc::not_found, "not_found", 404, 4},
    entry{errc::method_not_allowed, "method_not_allowed", 405, 1},
    entry{errc::timeout, "timeout", 408, 5},
    entry{errc::busy, "busy", 503, 5},
    entry{errc::too_many_requests, "too_many_requests", 429, 5},
    entry{errc::update_needed, "update_needed", 426, 1},
    entry{errc::internal, "internal", 500, 1},
    entry{errc::unavailable, "unavailable", 503, 5},
    entry{errc::unauthorized, "unauthorized", 401, 7},
    entry{errc::session_expired, "session_expired", 401, 7},
    entry{errc::challenge_invalid, "challenge_invalid", 401, 7},
    entry{errc::bad_signature, "bad_signature", 401, 7},
    entry{errc::forbidden, "forbidden", 403, 7},
    entry{errc::user_disabled, "user_disabled", 403, 7},
    entry{errc::device_revoked, "device_revoked", 403, 7},
    entry{errc::device_unknown, "device_unknown", 403, 7},
    entry{errc::code_unknown, "code_unknown", 403, 7},
    entry{errc::code_expired, "code_expired", 403, 7},
    entry{errc::too_many_devices, "too_many_devices", 409, 7},
    entry{errc::push_id_reused, "push_id_reused", 409, 1},
    entry{errc::prev_push_unknown, "prev_push_unknown", 409, 1},
    entry{errc::prev_push_old, "prev_push_old", 409, 1},
    entry{errc::too_many_versions, "too_many_versions", 413, 3},
    entry{errc::too_much_work, "too_much_work", 413, 3},
    entry{errc::view_moved, "view_moved", 409, 6},
    entry{errc::cursor_unknown, "cursor_unknown", 409, 1},
    entry{errc::malformed, "malformed", 422, 3},
    entry{errc::not_canonical, "not_canonical", 422, 3},
    entry{errc::too_large, "too_large", 422, 3},
    entry{errc::hash_mismatch, "hash_mismatch", 422, 3},
    entry{errc::record_mismatch, "record_mismatch", 422, 3},
    entry{errc::invalid_key, "invalid_key", 422, 3},
    entry{errc::invalid_field, "invalid_field", 422, 3},
    entry{errc::author_mismatch, "author_mismatch", 422, 3},
    entry{errc::device_mismatch, "device_mismatch", 422, 3},
    entry{errc::parent_unavailable, "parent_unavailable", 422, 3},
    entry{errc::parent_refused, "parent_refused", 422, 3},
    entry{errc::bad_generation, "bad_generation", 422, 3},
    entry{errc::too_many_parents, "too_many_parents", 422, 3},
    entry{errc::too_many_heads, "too_many_heads", 422, 3},
    entry{errc::record_full, "record_full", 422, 3},
    entry{errc::access_removed, "access_removed", 403, 4},
    entry{errc::quarantine_full, "quarantine_full", 507, 3},
    entry{errc::already_exists, "already_exists", 409, 3},
    entry{errc::last_admin, "last_admin", 409, 3},
    entry{errc::not_mergeable, "not_mergeable", 409, 6},
    entry{errc::usage, "usage", 400, 2},
    entry{errc::not_enrolled, "not_enrolled", 400, 7},
    entry{errc::already_enrolled, "already_enrolled", 409, 2},
    entry{errc::wrong_passphrase, "wrong_passphrase", 400, 7},
    entry{errc::replica_busy, "replica_busy", 503, 1},
    entry{errc::unreachable, "unreachable", 503, 5},
    entry{errc::untrusted_server, "untrusted_server", 502, 7},
    entry{errc::protocol_error, "protocol_error", 502, 1},
    entry{errc::conflict_open, "conflict_open", 409, 6},
    entry{errc::ambiguous, "ambiguous", 409, 2},
    entry{errc::schema_too_new, "schema_too_new", 500, 1},
    entry{errc::database, "database", 500, 1},
};

const entry& find(errc code) {
  const auto* at = std::find_if(k_table.begin(), k_table.end(),
                                [code](const entry& e) { return e.code == code; });
  if (at == k_table.end()) throw std::logic_error("an error code without an entry in its table");
  return *at;
}

}  // namespace

std::string_view code_name(errc code) {
  return find(code).name;
}

std::optional<errc> code_from_name(std::string_view name) {
  const auto* at = std::find_if(k_table.begin(), k_table.end(),
                                [name](const entry& e) { return e.name == name; });
  return at == k_table.end() ? std::nullopt : std::optional(at->code);
}

int http_status(errc code) {
  return find(code).http;
}

int exit_code(errc code) {
  return find(code).exit;
}

void throw_exception_from_error(const error& e, const boost::source_location& /*where*/) {
  throw error_exception(e);
}

}  // namespace autocusto
