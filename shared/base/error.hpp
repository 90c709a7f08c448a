#pragma once
// Errors that are expected: one code, one sentence, and where it helps the field and the limit.
//
// `errc` is the closed list of codes of the wire and of the command lines. Each has one stable
// name, one HTTP status and one exit code (docs/guides), all in one table (error.cpp). Broken
// things (lost database, full disk, a bug) are exceptions; what a caller is expected to handle is
// `result`. The message is a sentence for people, says what to do next, and never holds patient
// data.

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <boost/system/result.hpp>

namespace autocusto {

enum class errc {
  // The request itself
  bad_request,
  length_required,
  transfer_encoding_refused,
  body_too_large,
  unsupported_encoding,
  not_found,
  method_not_allowed,
  timeout,
  busy,
  too_many_requests,
  update_needed,
  internal,
  unavailable,
  // Who is asking
  unauthorized,
  session_expired,
  challenge_invalid,
  bad_signature,
  forbidden,
  user_disabled,
  device_revoked,
  device_unknown,
  code_unknown,
  code_expired,
  too_many_devices,
  // A push as a whole
  push_id_reused,
  prev_push_unknown,
  prev_push_old,
  too_many_versions,
  too_much_work,
  view_moved,
  cursor_unknown,
  // One version of a push
  malformed,
  not_canonical,
  too_large,
  hash_mismatch,
  record_mismatch,
  invalid_key,
  invalid_field,
  author_mismatch,
  device_mismatch,
  parent_unavailable,
  parent_refused,
  bad_generation,
  too_many_parents,
  too_many_heads,
  record_full,
  access_removed,
  quarantine_full,
  // The admin's acts
  already_exists,
  last_admin,
  not_mergeable,
  // The laptop
  usage,
  not_enrolled,
  already_enrolled,
  wrong_passphrase,
  replica_busy,
  unreachable,
  untrusted_server,
  protocol_error,
  conflict_open,
  ambiguous,
  schema_too_new,
  database,
};

/// The stable name, as it stands in JSON: `parent_unavailable`.
[[nodiscard]] std::string_view code_name(errc code);
/// The code with that name; nothing for an unknown one (a newer server's).
[[nodiscard]] std::optional<errc> code_from_name(std::string_view name);
/// The HTTP status that carries this code.
[[nodiscard]] int http_status(errc code);
/// 0 done, 2 usage, 3 refused by validation, 4 not found or no access, 5 server unreachable,
/// 6 conflict needs a person, 7 not authorised, disabled or revoked, 1 anything else.
[[nodiscard]] int exit_code(errc code);

struct error {
  errc code = errc::internal;
  std::string message;
  std::string field;                  ///< the field that is meant, if one
  std::optional<std::int64_t> limit;  ///< the limit that it broke, if one
  /// With too_many_requests: in how many seconds it may be tried again.
  std::optional<std::int64_t> retry_after = std::nullopt;

  friend bool operator==(const error&, const error&) = default;
};

/// What `result::value()` throws, and what code throws that cannot go on but knows the code.
class error_exception : public std::runtime_error {
 public:
  explicit error_exception(error e) : std::runtime_error(e.message), error_(std::move(e)) {}
  [[nodiscard]] const error& get() const { return error_; }

 private:
  error error_;
};

[[noreturn]] void throw_exception_from_error(const error& e, const boost::source_location& where);

template <class T = void>
using result = boost::system::result<T, error>;

/// Shorthand for `return fail(errc::x, "…")`.
[[nodiscard]] inline error fail(errc code, std::string message, std::string field = {},
                                std::optional<std::int64_t> limit = std::nullopt) {
  return error{code, std::move(message), std::move(field), limit, std::nullopt};
}

}  // namespace autocusto
