#pragma once
// scrypt (RFC 7914), by OpenSSL: a key from a passphrase, slow and memory-hungry on purpose.
//
// The parameters stand in the file that the key opens, so they are an attacker's to choose: they
// are checked against bounds before any memory is taken.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "shared/base/error.hpp"
#include "shared/crypto/secret.hpp"

namespace autocusto::crypto {

/// Memory is about 128 · n · r bytes, time grows with n · r · p.
struct scrypt_params {
  std::uint64_t n = std::uint64_t{1} << 15;  ///< cost, a power of two
  std::uint32_t r = 8;                       ///< block size
  std::uint32_t p = 1;                       ///< how often

  friend bool operator==(const scrypt_params&, const scrypt_params&) = default;
};

inline constexpr std::size_t k_scrypt_key_size = 32;
inline constexpr std::uint64_t k_scrypt_max_memory = std::uint64_t{256}
                                                     << 20;  ///< 128 · n · r, bytes
inline constexpr std::uint32_t k_scrypt_max_p = 16;

/// A 32-byte key. Refuses (`malformed`) an n that is not a power of two from 2 up, r or p of zero,
/// more than 256 MiB, and p above 16. Any thread; takes about 0.1 s with the default parameters.
[[nodiscard]] result<secret> scrypt(std::string_view passphrase, std::string_view salt,
                                    const scrypt_params& params);

}  // namespace autocusto::crypto
