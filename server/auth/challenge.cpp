#include "server/auth/challenge.hpp"

#include "server/store/credentials.hpp"
#include "shared/base/bytes.hpp"
#include "shared/base/limits.hpp"
#include "shared/crypto/hash.hpp"

namespace autocusto::auth {
namespace {

constexpr std::size_t k_time_size = 8;
constexpr std::size_t k_nonce_size = 16;
constexpr std::size_t k_mac_size = 32;
/// Challenges of another server process may come from a clock a little ahead of ours.
constexpr unix_millis k_clock_slack = 5000;

std::string time_bytes(unix_millis t) {
  std::string out(k_time_size, '\0');
  auto value = static_cast<std::uint64_t>(t);
  for (std::size_t i = k_time_size; i-- > 0; value >>= 8) out[i] = static_cast<char>(value & 0xFF);
  return out;
}

unix_millis bytes_time(std::string_view raw) {
  std::uint64_t value = 0;
  for (const char c : raw) value = (value << 8) | static_cast<unsigned char>(c);
  return static_cast<unix_millis>(value);
}

std::string_view label_of(challenge_use use) {
  return use == challenge_use::session ? "session challenge" : "enrollment challenge";
}

hash256 challenge_mac(const server_keys& keys, challenge_use use, std::string_view bound_to,
                      std::string_view body) {
  std::string message;
  message.reserve(64);
  // The zero ends the label: no other use of the secret begins so.
  message.append(label_of(use)).push_back('\0');
  message.append(bound_to).append(body);
  return crypto::hmac_sha256(keys.server_secret.view(), message);
}

}  // namespace

std::string new_challenge(const server_keys& keys, random_source& random, unix_millis now,
                          challenge_use use, std::string_view bound_to) {
  const std::string body = time_bytes(now) + random.bytes(k_nonce_size);
  return to_base64url(body + std::string(challenge_mac(keys, use, bound_to, body).raw()));
}

bool challenge_valid(const server_keys& keys, unix_millis now, challenge_use use,
                     std::string_view bound_to, std::string_view challenge) {
  const auto raw = from_base64url(challenge);
  if (!raw || raw->size() != k_time_size + k_nonce_size + k_mac_size) return false;
  const std::string_view body = std::string_view(*raw).substr(0, k_time_size + k_nonce_size);
  const std::string_view mac = std::string_view(*raw).substr(k_time_size + k_nonce_size);
  if (!crypto::constant_time_equal(challenge_mac(keys, use, bound_to, body).raw(), mac)) {
    return false;
  }
  const unix_millis made = bytes_time(body.substr(0, k_time_size));
  return made <= now + k_clock_slack && now < made + limits::challenge_millis;
}

bool spend(store::credentials::writes credentials, unix_millis now, std::string_view challenge) {
  return credentials.spend_challenge(crypto::sha256(challenge).raw(),
                                     now + limits::challenge_millis + k_clock_slack);
}

error stale_challenge() {
  return fail(errc::challenge_invalid,
              "The challenge is not valid any more; ask for a new one and sign that.");
}

}  // namespace autocusto::auth
