#pragma once
// Sessions: a device proves its key and gets a bearer token for an hour.
//
// A challenge (challenge.hpp) is bound to the device that asked, and spent by the session that it
// opens. What the server answers it signs, for a client that sent a nonce, together with the TLS
// key that the client was shown (`channel`, http::request): so nobody who stands in between can
// pass it on. Tokens prove that this installation made them (token.hpp); the
// store keeps their SHA-256. What a token is worth is looked up for every request, in one query, so
// revoking a device or disabling a user takes effect at once. A revoked device or disabled user
// gets sessions of scope `surrender` only. Functions only; any thread.

#include <functional>
#include <optional>
#include <string_view>

#include "server/auth/keys.hpp"
#include "server/store/database.hpp"
#include "server/store/rows.hpp"
#include "shared/base/clock.hpp"
#include "shared/base/error.hpp"
#include "shared/wire/messages.hpp"

namespace autocusto::auth {

/// Step 1 of POST /v1/session; needs no database. Signed for a nonce, where `channel` is not empty.
[[nodiscard]] wire::challenge_answer make_challenge(const server_keys& keys, random_source& random,
                                                    unix_millis now,
                                                    const wire::challenge_request& asked,
                                                    std::string_view channel);

/// How the push that a device names as its last compares with what the store has of the device
/// (the rule belongs to synchronising: sync::compare_prev_push).
using push_comparison = std::function<wire::push_memory(store::snapshot&, const store::device_row&,
                                                        const std::optional<push_id>&)>;

/// Whether the request is for this server, over a challenge that it made not long ago for the
/// device; needs no database.
[[nodiscard]] result<void> answers_challenge(const server_keys& keys, unix_millis now,
                                             const wire::session_request& asked);

/// Step 2; the answer is signed where `channel` is not empty. Errors: malformed, challenge_invalid
/// (old, forged, another device's, spent), device_unknown, bad_signature.
[[nodiscard]] result<wire::session_answer> open_session(
    store::database& in, const server_keys& keys, random_source& random, unix_millis now,
    const wire::signed_object& request, std::string_view channel, const push_comparison& compare);

/// What an endpoint asks of its caller.
enum class access {
  anyone,     ///< no token
  surrender,  ///< a session of any scope
  full,       ///< a session of scope `full`
  admin,      ///< the same, of an admin
};

/// Who a token belongs to, if it is worth `wanted` now; ask token_mint::genuine before. Errors:
/// session_expired (unknown or past its hour), device_revoked, user_disabled, forbidden.
[[nodiscard]] result<store::session_owner> authenticate(store::database& in, std::string_view token,
                                                        access wanted, unix_millis now);

}  // namespace autocusto::auth
