#include "server/auth/token.hpp"

#include "shared/base/bytes.hpp"
#include "shared/crypto/hash.hpp"

namespace autocusto::auth {
namespace {

constexpr std::size_t k_random_size = 32;
constexpr std::size_t k_mac_size = 16;
constexpr std::size_t k_text_size = (k_random_size + k_mac_size) / 3 * 4;

}  // namespace

token_mint::token_mint(const server_keys& keys)
    : key_(crypto::secret::copy_of(
          crypto::hmac_sha256(keys.server_secret.view(), "session token").raw())) {}

std::string token_mint::make(random_source& random) const {
  auto raw = random.bytes(k_random_size);
  const auto mac = crypto::hmac_sha256(key_.view(), raw);
  raw += mac.raw().substr(0, k_mac_size);
  return to_base64url(raw);
}

bool token_mint::genuine(std::string_view token) const {
  if (token.size() != k_text_size) return false;
  const auto raw = from_base64url(token);
  if (!raw) return false;
  const std::string_view all = *raw;
  const auto mac = crypto::hmac_sha256(key_.view(), all.substr(0, k_random_size));
  return crypto::constant_time_equal(mac.raw().substr(0, k_mac_size), all.substr(k_random_size));
}

}  // namespace autocusto::auth
