#include "shared/crypto/sign.hpp"

#include <stdexcept>

#include <sodium.h>

#include "shared/crypto/public_key.hpp"

namespace autocusto::crypto {
namespace {

constexpr std::size_t k_seed_size = crypto_sign_SEEDBYTES;
static_assert(public_key::size == crypto_sign_PUBLICKEYBYTES &&
              signature::size == crypto_sign_BYTES && k_seed_size == 32);

/// libsodium wants to be asked in before anything else; by whatever thread is first.
void begin() {
  static const bool ready = sodium_init() >= 0;
  if (!ready) throw std::runtime_error("libsodium cannot be used");
}

const unsigned char* in(std::string_view data) {
  return reinterpret_cast<const unsigned char*>(data.data());
}

}  // namespace

/// What libsodium signs with: the seed and the public key, one after the other.
struct signing_key::handle {
  handle() = default;
  handle(const handle&) = delete;
  handle& operator=(const handle&) = delete;
  ~handle() { sodium_memzero(pair, sizeof pair); }

  unsigned char pair[crypto_sign_SECRETKEYBYTES]{};
};

signing_key::signing_key(secret seed)
    : seed_(std::move(seed)), handle_(std::make_unique<handle>()) {
  begin();
  if (crypto_sign_seed_keypair(public_.data().data(), handle_->pair, in(seed_.view())) != 0) {
    throw std::runtime_error("an Ed25519 key cannot be derived");
  }
}

signing_key::signing_key(signing_key&&) noexcept = default;
signing_key& signing_key::operator=(signing_key&&) noexcept = default;
signing_key::~signing_key() = default;

signing_key signing_key::generate(random_source& random) {
  return signing_key(secret(random.bytes(k_seed_size)));
}

std::optional<signing_key> signing_key::from_seed(std::string_view seed) {
  if (seed.size() != k_seed_size) return std::nullopt;
  return signing_key(secret::copy_of(seed));
}

signing_key signing_key::clone() const {
  return signing_key(seed_.clone());
}

signature sign(const signing_key& key, std::string_view message) {
  signature sig;
  if (crypto_sign_detached(sig.data().data(), nullptr, in(message), message.size(),
                           key.handle_->pair) != 0) {
    throw std::runtime_error("an Ed25519 signature cannot be made");
  }
  return sig;
}

bool verify(const public_key& key, std::string_view message, const signature& sig) {
  begin();
  return strong_encoding(key.raw()) &&
         crypto_sign_verify_detached(sig.data().data(), in(message), message.size(),
                                     key.data().data()) == 0;
}

bytes purpose_message(std::string_view purpose, std::string_view canonical_json) {
  constexpr std::string_view k_product = "autocusto/";
  constexpr std::string_view k_format = "/v1";
  bytes message;
  message.reserve(k_product.size() + purpose.size() + k_format.size() + 1 + canonical_json.size());
  message.append(k_product).append(purpose).append(k_format);
  message.push_back('\0');
  message.append(canonical_json);
  return message;
}

}  // namespace autocusto::crypto
