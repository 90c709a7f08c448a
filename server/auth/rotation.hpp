#pragma once
// Replacing the keys that laptops trust, without any of them losing contact.
//
// In two steps. *Announce*: the next key or authority goes into the trust object, with a higher
// serial, signed by the key in use, which goes on being used; every laptop learns it at its next
// session. *Activate*, after the overlap: the next one is in use, the trust object (again a higher
// serial, signed by the new key) names it alone. Who was away for the whole overlap no longer
// believes the server and needs a new link. Public halves of keys that were in use are kept, for
// what they signed: receipts, the journal of acts. Pure functions on the bundle; whoever calls them
// saves it, with no server running on it.

#include <string>
#include <vector>

#include "server/auth/keys.hpp"
#include "shared/base/clock.hpp"
#include "shared/base/error.hpp"

namespace autocusto::auth {

/// How long laptops have to hear of a next key, unless another time is asked for.
inline constexpr int k_overlap_days = 30;
inline constexpr unix_millis k_day_millis = unix_millis{24} * 60 * 60 * 1000;

/// What is replaced. The leaf needs no announcing: whoever trusts its authority trusts it.
enum class rotated { signing_key, root };

/// Makes the next one. Errors: usage (one is announced already; no authority of its own).
[[nodiscard]] result<void> announce(server_keys& keys, rotated what, random_source& random,
                                    unix_millis now, unix_millis overlap);

/// Puts it into use; of a root, with a new leaf for `names` that covers `told` (reissue_leaf).
/// Errors: usage (none is announced; before the end of the overlap, unless `at_once`).
[[nodiscard]] result<void> activate(server_keys& keys, rotated what,
                                    const std::vector<std::string>& names, unix_millis now,
                                    bool at_once, unix_millis told = 0);

/// Whether this bundle may take the place of that one: the same server, not older, and not changed
/// apart from it (other keys under the same serial). Errors: usage.
[[nodiscard]] result<void> may_follow(const server_keys& newer, const server_keys& present);

}  // namespace autocusto::auth
