#include "shared/crypto/aead.hpp"

#include <climits>
#include <stdexcept>

#include "shared/crypto/openssl_handles.hpp"

namespace autocusto::crypto {
namespace {

using detail::in;
using detail::must;
using detail::must_have;
using detail::out;

EVP_CIPHER* aes_256_gcm() {
  static EVP_CIPHER* const method =
      must_have(EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr), "fetching AES-256-GCM");
  return method;
}

/// OpenSSL counts in int.
int int_size(std::string_view data) {
  if (data.size() > std::size_t{INT_MAX}) throw std::length_error("too much to seal at once");
  return static_cast<int>(data.size());
}

/// A context with the key schedule made, which is the same for both directions (GCM only ever
/// encrypts with AES); each use sets its direction and nonce.
detail::cipher_context keyed(std::string_view key) {
  if (key.size() != k_aead_key_size) {
    throw std::invalid_argument("an AES-256-GCM key has 32 bytes");
  }
  detail::cipher_context context(must_have(EVP_CIPHER_CTX_new(), "a cipher context"));
  must(EVP_EncryptInit_ex2(context.get(), aes_256_gcm(), in(key), nullptr, nullptr) == 1,
       "setting an AES key");
  return context;
}

bytes seal_with(EVP_CIPHER_CTX* context, random_source& random, std::string_view aad,
                std::string_view plain) {
  bytes sealed(plain.size() + k_aead_overhead, '\0');
  char* const nonce = sealed.data();
  char* const text = nonce + k_aead_nonce_size;
  char* const tag = text + plain.size();
  random.fill({reinterpret_cast<std::uint8_t*>(nonce), k_aead_nonce_size});
  int written = 0;
  int rest = 0;
  must(EVP_EncryptInit_ex2(context, nullptr, nullptr, out(nonce), nullptr) == 1 &&
           EVP_EncryptUpdate(context, nullptr, &written, in(aad), int_size(aad)) == 1 &&
           EVP_EncryptUpdate(context, out(text), &written, in(plain), int_size(plain)) == 1 &&
           EVP_EncryptFinal_ex(context, out(tag), &rest) == 1 &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, k_aead_tag_size, tag) == 1,
       "sealing with AES-256-GCM");
  return sealed;
}

std::optional<bytes> open_with(EVP_CIPHER_CTX* context, std::string_view aad,
                               std::string_view sealed) {
  if (sealed.size() < k_aead_overhead) return std::nullopt;
  const std::string_view nonce = sealed.substr(0, k_aead_nonce_size);
  const std::string_view text = sealed.substr(k_aead_nonce_size, sealed.size() - k_aead_overhead);
  // OpenSSL takes the tag by a pointer to what is not const, and only reads it.
  bytes tag(sealed.substr(sealed.size() - k_aead_tag_size));
  bytes plain(text.size(), '\0');
  int written = 0;
  int rest = 0;
  must(EVP_DecryptInit_ex2(context, nullptr, nullptr, in(nonce), nullptr) == 1 &&
           EVP_DecryptUpdate(context, nullptr, &written, in(aad), int_size(aad)) == 1 &&
           EVP_DecryptUpdate(context, out(plain.data()), &written, in(text), int_size(text)) == 1 &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, k_aead_tag_size, tag.data()) == 1,
       "opening with AES-256-GCM");
  const detail::quiet_errors quiet;
  if (EVP_DecryptFinal_ex(context, out(plain.data()) + plain.size(), &rest) != 1) {
    wipe(plain);  // it may be the real text with one bit changed: nobody gets to see it
    return std::nullopt;
  }
  return plain;
}

}  // namespace

struct sealer::context {
  detail::cipher_context cipher;
};

sealer::sealer(std::string_view key)
    : context_(std::make_unique<context>(context{.cipher = keyed(key)})) {}

sealer::sealer(sealer&&) noexcept = default;
sealer& sealer::operator=(sealer&&) noexcept = default;
sealer::~sealer() = default;

bytes sealer::seal(random_source& random, std::string_view aad, std::string_view plain) {
  return seal_with(context_->cipher.get(), random, aad, plain);
}

std::optional<bytes> sealer::open(std::string_view aad, std::string_view sealed) {
  return open_with(context_->cipher.get(), aad, sealed);
}

bytes seal(std::string_view key, random_source& random, std::string_view aad,
           std::string_view plain) {
  const auto context = keyed(key);
  return seal_with(context.get(), random, aad, plain);
}

std::optional<bytes> open(std::string_view key, std::string_view aad, std::string_view sealed) {
  const auto context = keyed(key);
  return open_with(context.get(), aad, sealed);
}

}  // namespace autocusto::crypto
