#pragma once
// What lets a device in and runs out: enrollment codes, sessions, spent challenges.
//
// Only hashes of codes, tokens and challenges are kept.

#include <optional>
#include <string_view>
#include <vector>

#include "server/store/rows.hpp"
#include "server/store/transaction.hpp"

namespace autocusto::store::credentials {

class reads : public repository {
 public:
  reads(snapshot& at) : repository(at) {}

  std::optional<enrollment_row> enrollment(std::string_view code_hash);
  /// Users with a code that is unused and still good at `now`; each once, in no particular order.
  std::vector<pk> users_with_code(unix_millis now);
  /// Codes that are unused and still good at `now`, the first to expire first.
  std::vector<enrollment_row> open_enrollments(unix_millis now);
  std::optional<session_owner> session(std::string_view token_hash);
};

class writes : public reads {
 public:
  writes(transaction& tx) : reads(tx) {}

  void add_enrollment(const enrollment_row& enrollment);
  /// Locks the code's row until the end, so that of two devices that use one code at once the
  /// second sees the first.
  std::optional<enrollment_row> lock_enrollment(std::string_view code_hash);
  void use_enrollment(std::string_view code_hash, pk device);
  /// Removes a code that nobody has used, so that nobody can. False: there is none.
  bool void_enrollment(std::string_view code_hash);
  /// The like for all codes of a user that expire until then.
  void void_enrollments(pk user, unix_millis expiring_until);
  void add_session(const session_row& session);
  void end_sessions_of_device(pk device);
  void end_sessions_of_user(pk user);
  /// False if this challenge was spent before.
  bool spend_challenge(std::string_view challenge_hash, unix_millis expires_at);
  void purge_expired(unix_millis now);  ///< sessions, challenges, unused enrollments
};

}  // namespace autocusto::store::credentials
