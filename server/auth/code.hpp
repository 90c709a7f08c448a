#pragma once
// Enrollment codes: texts that only this installation can make.
//
// 16 bytes that nobody foresees ‖ the first 8 bytes of their HMAC-SHA-256 under a key derived from
// the server secret, in base64url: 32 characters. So one that somebody invented is refused by
// arithmetic, with no look at the store. The HMAC only keeps strangers from the store: what a
// genuine code is worth, the store says alone (enrollment.hpp), and it stores the code's hash. A
// release before this one made codes of 24 random bytes; they are looked up as long as one may be
// open. Immutable; any thread.

#include <string>
#include <string_view>

#include "server/auth/keys.hpp"
#include "server/store/database.hpp"

namespace autocusto::auth {

class code_mint {
 public:
  explicit code_mint(const server_keys& keys);

  [[nodiscard]] std::string make(random_source& random) const;
  /// From 16 bytes or more that only this installation can compute; of more the first 16 count.
  [[nodiscard]] std::string make_from(std::string_view secret_bytes) const;
  /// Whether this installation made it, at whatever time.
  [[nodiscard]] bool genuine(std::string_view code) const;

 private:
  crypto::secret key_;
};

/// Noted by the installation's first process of this release, and of a new one at its making.
inline constexpr std::string_view k_codes_since = "codes_prove_themselves_since";

/// Until when codes of the release before may be open; notes in the store since when there are
/// others.
[[nodiscard]] unix_millis plain_codes_until(store::database& in, unix_millis now);

}  // namespace autocusto::auth
