#pragma once
// How people get onto the server and devices to people: users, one-time codes, enrollment.
//
// The server greets first: it signs the client's nonce, a challenge and the TLS key that the client
// was shown, so that the client tells its code to nobody else. The new key proves itself by signing
// the challenge. A code is 24 random bytes (192 bits) in base64url; the store keeps only its
// SHA-256. It is good for one device within 72 hours. The same device key may present it again for
// 72 hours after its use, with a proof over a fresh challenge, and gets the same answer (its first
// one may have been lost); any other key gets the answer of an unknown code. A request without a
// proof, from a client older than the greeting, is refused and leaves the code unused. The
// functions that take a `transaction` belong to its transaction.

#include <functional>
#include <string>
#include <string_view>

#include "server/auth/code.hpp"
#include "server/auth/keys.hpp"
#include "server/store/credentials.hpp"
#include "server/store/database.hpp"
#include "server/store/journal_entry.hpp"
#include "server/store/people.hpp"
#include "shared/base/clock.hpp"
#include "shared/base/error.hpp"
#include "shared/wire/messages.hpp"

namespace autocusto::auth {

[[nodiscard]] std::string_view role_name(store::user_role role);

/// Whether this may be a new user's e-mail: `local@domain` in ASCII, at most 254 bytes; the local
/// part of letters, digits and the signs of an unquoted one (RFC 5322, no `..`), the domain of DNS
/// labels, one or more. What has another form, such as fullwidth letters, may look like the e-mail
/// of somebody else. Accounts that exist are never asked.
[[nodiscard]] bool plausible_email(std::string_view email);

/// What a new server's database starts with: the server id, the system user, the merge device.
void create_installation(store::transaction& tx, const server_id& server, unix_millis now);

/// Adds a user. `already_exists` for an e-mail that is taken in any case, `invalid_field` for one
/// that is not an e-mail.
[[nodiscard]] result<store::user_row> create_user(store::people::writes people,
                                                  random_source& random, const std::string& email,
                                                  store::user_role role, unix_millis now);

/// A new code for this user's next device; the text goes into the enrollment link and is nowhere
/// else.
[[nodiscard]] std::string create_enrollment(store::credentials::writes credentials,
                                            const code_mint& codes, random_source& random,
                                            store::pk user, unix_millis now);

/// The answer to a code that no device may be enrolled with.
[[nodiscard]] error unknown_code();

/// Step 1 of POST /v1/enroll; needs no database.
[[nodiscard]] wire::greeting_answer greet(const server_keys& keys, random_source& random,
                                          unix_millis now, const wire::greeting_request& asked,
                                          std::string_view channel);

using journal_sink = std::function<void(const store::journal_entry&)>;

/// POST /v1/enroll, with a code, or signed by the device that the new one stands in for, or both
/// (again.hpp). Errors: code_unknown, challenge_invalid, bad_signature (the proof), code_expired,
/// user_disabled, invalid_field (device name, public key), malformed, and those of may_replace. A
/// new device is handed to `journal` after the commit, before this returns; what that throws passes
/// on, and asking again hands it over again.
[[nodiscard]] result<wire::enroll_answer> enroll(store::database& in, const server_keys& keys,
                                                 random_source& random, unix_millis now,
                                                 const wire::enroll_request& request,
                                                 const journal_sink& journal = {});

}  // namespace autocusto::auth
