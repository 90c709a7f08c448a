#pragma once
// AES-256-GCM (NIST SP 800-38D), by OpenSSL: sealing bytes so that a change of one bit is noticed.
//
// A sealed value is nonce (12 random bytes) ‖ ciphertext ‖ tag (16 bytes): 28 bytes more than the
// plain text. The associated data (`aad`) is not in it, but must be the same again to open it; use
// it to say where the value belongs, so that two values cannot change places. With random nonces
// one key may seal up to 2^32 values (the chance that a nonce comes twice stays below 2^-32).

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "shared/base/bytes.hpp"
#include "shared/base/clock.hpp"

namespace autocusto::crypto {

inline constexpr std::size_t k_aead_key_size = 32;
inline constexpr std::size_t k_aead_nonce_size = 12;
inline constexpr std::size_t k_aead_tag_size = 16;
inline constexpr std::size_t k_aead_overhead = k_aead_nonce_size + k_aead_tag_size;

/// One key, prepared once, for sealing and opening many values. Moves, does not copy; wipes its key
/// schedule when it dies. One thread at a time (also for opening). A moved-from sealer may only be
/// assigned to or destroyed.
class sealer {
 public:
  /// Throws std::invalid_argument unless the key has exactly 32 bytes.
  explicit sealer(std::string_view key);
  sealer(sealer&&) noexcept;
  sealer& operator=(sealer&&) noexcept;
  sealer(const sealer&) = delete;
  sealer& operator=(const sealer&) = delete;
  ~sealer();

  [[nodiscard]] bytes seal(random_source& random, std::string_view aad, std::string_view plain);
  /// The plain text; nothing when the bytes, the associated data or the key are not the right ones.
  [[nodiscard]] std::optional<bytes> open(std::string_view aad, std::string_view sealed);

 private:
  struct context;
  std::unique_ptr<context> context_;
};

/// The same for a single value; for more than a few under one key a `sealer` is faster.
/// Any thread. The key must have exactly 32 bytes (std::invalid_argument).
[[nodiscard]] bytes seal(std::string_view key, random_source& random, std::string_view aad,
                         std::string_view plain);
[[nodiscard]] std::optional<bytes> open(std::string_view key, std::string_view aad,
                                        std::string_view sealed);

}  // namespace autocusto::crypto
