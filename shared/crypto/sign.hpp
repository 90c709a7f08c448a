#pragma once
// Ed25519 signatures (RFC 8032), by libsodium.
//
// What is signed is never a bare message: it is `purpose_message(purpose, canonical JSON)`, so that
// a signature made for one purpose is worth nothing for another. JSON objects are signed with
// `shared/wire/sign.hpp`.

#include <memory>
#include <optional>
#include <string_view>

#include "shared/base/bytes.hpp"
#include "shared/base/clock.hpp"
#include "shared/base/ids.hpp"
#include "shared/crypto/secret.hpp"

namespace autocusto::crypto {

using public_key = fixed_id<struct public_key_tag, 32, text_form::hex>;
using signature = fixed_id<struct signature_tag, 64, text_form::hex>;

/// A private key: its 32-byte seed, and what is derived from it. Moves, does not copy, cannot
/// be printed, wipes itself. Any number of threads may sign with one key at the same time. A
/// moved-from key may only be assigned to or destroyed.
class signing_key {
 public:
  [[nodiscard]] static signing_key generate(random_source& random);
  /// From exactly 32 bytes; nothing for another size.
  [[nodiscard]] static std::optional<signing_key> from_seed(std::string_view seed);

  signing_key(signing_key&&) noexcept;
  signing_key& operator=(signing_key&&) noexcept;
  signing_key(const signing_key&) = delete;
  signing_key& operator=(const signing_key&) = delete;
  ~signing_key();

  /// The 32 bytes to store, sealed; valid while this key lives.
  [[nodiscard]] std::string_view seed() const { return seed_.view(); }
  [[nodiscard]] const public_key& public_half() const { return public_; }
  /// A second key of the same seed, for an owner of its own.
  [[nodiscard]] signing_key clone() const;

 private:
  friend signature sign(const signing_key& key, std::string_view message);
  struct handle;  // libsodium's form
  explicit signing_key(secret seed);

  secret seed_;
  public_key public_;
  std::unique_ptr<handle> handle_;
};

[[nodiscard]] inline const public_key& public_key_of(const signing_key& key) {
  return key.public_half();
}

/// Deterministic: the same key and message give the same 64 bytes.
[[nodiscard]] signature sign(const signing_key& key, std::string_view message);

/// Whether `sig` was made over `message` with the private half of `key`: S below the group's order,
/// and R exactly the bytes of S·B - k·A, no point of small order. False for anything else, and for
/// a key that proves nothing (public_key.hpp); never throws for what somebody sent.
[[nodiscard]] bool verify(const public_key& key, std::string_view message, const signature& sig);

/// The bytes that are signed: `"autocusto/" + purpose + "/v1"`, a zero byte, then the canonical
/// JSON.
[[nodiscard]] bytes purpose_message(std::string_view purpose, std::string_view canonical_json);

}  // namespace autocusto::crypto
