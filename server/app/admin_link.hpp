#pragma once
// An administrator's link, made on the server's own machine: the way in when no administrator's
// profile can connect any more.
//
// Whoever may run it can read the server's keys and database anyway. It stands in the audit log as
// `enrollment.local`, an act of the server itself. Any thread.

#include <string>

#include "server/auth/keys.hpp"
#include "server/store/database.hpp"
#include "shared/base/clock.hpp"
#include "shared/base/error.hpp"

namespace autocusto::app {

struct admin_code {
  std::string code;
  std::string email;  ///< as the account has it
  unix_millis expires_at = 0;
};

/// A new code for the administrator's account with this e-mail; empty: for the only one there is.
/// Errors: not_found (no such account), ambiguous (several, and none is named), forbidden (a
/// doctor's), user_disabled. Throws what the store throws.
[[nodiscard]] result<admin_code> make_admin_code(store::database& in, const auth::server_keys& keys,
                                                 random_source& random, const std::string& email,
                                                 unix_millis now);

}  // namespace autocusto::app
