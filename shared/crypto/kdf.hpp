#pragma once
// A key from a passphrase, slow and memory-hungry on purpose: Argon2id (RFC 9106, version 1.3), by
// the reference code in libargon2; and scrypt (RFC 7914), by OpenSSL, for what older programs
// sealed.
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

/// Memory is `memory_kib` KiB, time grows with memory · passes. Lanes could be worked on at once;
/// here they are not.
struct argon2_params {
  std::uint32_t memory_kib = 0;
  std::uint32_t passes = 0;
  std::uint32_t lanes = 1;

  friend bool operator==(const argon2_params&, const argon2_params&) = default;
};

inline constexpr std::size_t k_argon2_key_size = 32;
inline constexpr std::uint32_t k_argon2_max_memory_kib = std::uint32_t{1} << 20;  ///< 1 GiB
inline constexpr std::uint32_t k_argon2_max_lanes = 4;
/// Passes over all memory: at most what 16 passes over 1 GiB are, about half a minute.
inline constexpr std::uint64_t k_argon2_max_work_kib = std::uint64_t{16} << 20;

/// A 32-byte key. Salt: at least 8 bytes. Refuses (`malformed`) parameters beyond the bounds above,
/// less than 8 KiB a lane, no pass, no lane, a short salt; `unavailable` when there is no memory.
/// Any thread.
[[nodiscard]] result<secret> argon2id(std::string_view passphrase, std::string_view salt,
                                      const argon2_params& params);

/// A 32-byte key. Refuses (`malformed`) an n that is not a power of two from 2 up, r or p of zero,
/// more than 256 MiB, and p above 16. Any thread; takes about 0.1 s with the default parameters.
[[nodiscard]] result<secret> scrypt(std::string_view passphrase, std::string_view salt,
                                    const scrypt_params& params);

}  // namespace autocusto::crypto
