#pragma once
// Session tokens: texts that only this installation can make.
//
// 32 random bytes ‖ the first 16 bytes of their HMAC-SHA-256 under a key derived from the server
// secret, in base64url: 64 characters. So one that somebody invented is refused by arithmetic, with
// no look at the store. What a genuine one is worth, the store says alone (session.hpp): it may
// have expired, or its device may be revoked. All processes of an installation have the secret, and
// a restart changes nothing. Immutable; any thread.

#include <string>
#include <string_view>

#include "server/auth/keys.hpp"

namespace autocusto::auth {

class token_mint {
 public:
  explicit token_mint(const server_keys& keys);

  [[nodiscard]] std::string make(random_source& random) const;
  /// Whether this installation made it, at whatever time.
  [[nodiscard]] bool genuine(std::string_view token) const;

 private:
  crypto::secret key_;
};

}  // namespace autocusto::auth
