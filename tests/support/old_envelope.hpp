#pragma once
// Key envelopes as programs of before Argon2id wrote them: version 1, scrypt, the passphrase's
// bytes as they came. For tests that open and renew them; one thread.

#include <string>
#include <string_view>

#include "shared/base/bytes.hpp"
#include "shared/crypto/aead.hpp"
#include "shared/crypto/kdf.hpp"
#include "shared/crypto/random.hpp"

namespace autocusto::test {

inline constexpr std::string_view k_envelope_magic = "autocusto vault";

/// Around a data key of 32 bytes, at a cost of nearly nothing.
inline bytes scrypt_envelope(std::string_view data_key, std::string_view passphrase) {
  const crypto::scrypt_params cost{.n = 16, .r = 1, .p = 1};
  bytes out(k_envelope_magic);
  out += '\1';
  const auto append = [&out](std::uint64_t value, unsigned size) {
    for (unsigned i = 0; i < size; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
  };
  append(cost.n, 8);
  append(cost.r, 4);
  append(cost.p, 4);
  const bytes salt = crypto::system_random().bytes(16);
  out += salt;
  const auto key = crypto::scrypt(passphrase, salt, cost);
  return out + crypto::seal(key->view(), crypto::system_random(), out, data_key);
}

/// The data key in an envelope of today.
inline bytes data_key_in(std::string_view envelope, std::string_view passphrase) {
  const std::size_t cost_at = k_envelope_magic.size() + 1;
  const auto number = [&](std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 4; i > 0; --i) {
      value = value << 8 | static_cast<unsigned char>(envelope[cost_at + at + i - 1]);
    }
    return value;
  };
  const auto key =
      crypto::argon2id(passphrase, envelope.substr(cost_at + 16, 16),
                       {.memory_kib = number(0), .passes = number(4), .lanes = number(8)});
  return crypto::open(key->view(), envelope.substr(0, cost_at + 32), envelope.substr(cost_at + 32))
      .value();
}

}  // namespace autocusto::test
