#pragma once
// Challenges: texts of the server that a device has to sign.
//
// A challenge is stateless: time ‖ 16 random bytes ‖ MAC under the server
// secret, for one use and bound to what it is for. It is good for 60 s by the server's clock, and
// spent, in the store, by the transaction that it opens: so what was signed over it is worth
// nothing a second time. Pure functions but for the randomness; any thread.

#include <string>
#include <string_view>

#include "server/auth/keys.hpp"
#include "server/store/credentials.hpp"
#include "shared/base/clock.hpp"

namespace autocusto::auth {

enum class challenge_use { session, enrollment };

/// `bound_to`: of a session the device's id, raw; of an enrollment nothing.
[[nodiscard]] std::string new_challenge(const server_keys& keys, random_source& random,
                                        unix_millis now, challenge_use use,
                                        std::string_view bound_to);

/// Whether this installation made the text for that use not long ago.
[[nodiscard]] bool challenge_valid(const server_keys& keys, unix_millis now, challenge_use use,
                                   std::string_view bound_to, std::string_view challenge);

/// Notes that it is used; false when it was before.
[[nodiscard]] bool spend(store::credentials::writes credentials, unix_millis now,
                         std::string_view challenge);

/// The answer to one that is not valid, or spent.
[[nodiscard]] error stale_challenge();

}  // namespace autocusto::auth
