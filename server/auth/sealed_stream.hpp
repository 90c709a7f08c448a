#pragma once
// Files sealed under a passphrase, of any length: exported keys and backups.
//
//   file   = magic "ACSEALD2" (8) ‖ kind (1) ‖ cost (16) ‖ salt (32) ‖ check (32) ‖ chunks
//   cost   = memory in KiB (4) ‖ passes (4) ‖ lanes (4) ‖ zero (4)
//   chunk  = length (4) ‖ sealed (nonce 12 ‖ ciphertext ‖ tag 16)
//
// Numbers are big-endian. From the NFC form of the passphrase and the salt Argon2id makes a key K.
// Files of older programs have the magic "ACSEALD1" and the cost of scrypt, n (8) ‖ r (4) ‖ p (4);
// their passphrase is tried in its NFC form, then in the bytes that were given. What is sealed with
// is HMAC-SHA-256(K, "seal"), and `check` is HMAC-SHA-256(K, everything before it): so a wrong
// passphrase is told apart from a damaged file, at no gain for who guesses passphrases. Each chunk
// is AES-256-GCM of up to 256 KiB with the associated data `index (8) ‖ last (1)`: chunks that
// change places, go missing or are cut off at the end are noticed; the last one has last = 1, and
// nothing may follow it.
//
// A writer or reader belongs to one thread at a time. It holds the key only in memory.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "shared/base/clock.hpp"
#include "shared/base/error.hpp"
#include "shared/crypto/aead.hpp"
#include "shared/crypto/kdf.hpp"
#include "shared/crypto/secret.hpp"
#include "shared/passphrase/cost.hpp"

namespace autocusto::auth {

/// What is inside, so that a backup is not taken for a key bundle.
enum class sealed_kind : std::uint8_t { keys = 1, backup = 2 };

/// Takes bytes for the file; throws when they cannot be written.
using byte_sink = std::function<void(std::string_view)>;
/// Gives up to `size` further bytes of the file, fewer only at its end; throws when it cannot.
using byte_source = std::function<std::string(std::size_t size)>;

class sealed_writer {
 public:
  /// Writes the head. `random` must outlive the writer.
  sealed_writer(sealed_kind kind, const crypto::secret& passphrase, random_source& random,
                byte_sink out, const crypto::argon2_params& cost = passphrase::costs().sealed_file);
  void write(std::string_view plain);
  /// Writes the last chunk; without it the file counts as cut off.
  void finish();

 private:
  void put_chunk(bool last);

  random_source& random_;
  byte_sink out_;
  std::unique_ptr<crypto::sealer> sealer_;
  std::string pending_;
  std::uint64_t index_ = 0;
};

class sealed_reader {
 public:
  /// Reads the head. Errors: `malformed` (no such file, or another kind), `wrong_passphrase`,
  /// `unavailable` (not the memory that the passphrase takes).
  [[nodiscard]] static result<sealed_reader> open(sealed_kind kind,
                                                  const crypto::secret& passphrase, byte_source in);
  /// The next chunk's plain bytes; empty exactly at the authentic end of the file. `malformed` for
  /// a damaged or cut file.
  [[nodiscard]] result<std::string> next();

 private:
  sealed_reader(byte_source in, std::unique_ptr<crypto::sealer> sealer)
      : in_(std::move(in)), sealer_(std::move(sealer)) {}

  byte_source in_;
  std::unique_ptr<crypto::sealer> sealer_;
  std::uint64_t index_ = 0;
  bool done_ = false;
};

/// A whole value at once, for what is small.
[[nodiscard]] std::string seal_whole(sealed_kind kind, const crypto::secret& passphrase,
                                     random_source& random, std::string_view plain);
[[nodiscard]] result<std::string> open_whole(sealed_kind kind, const crypto::secret& passphrase,
                                             std::string_view sealed);

}  // namespace autocusto::auth
