#include "shared/crypto/sign.hpp"

#include "shared/crypto/openssl_handles.hpp"
#include "shared/crypto/public_key.hpp"

namespace autocusto::crypto {
namespace {

using detail::in;
using detail::must;
using detail::must_have;

constexpr std::size_t k_seed_size = 32;

}  // namespace

struct signing_key::handle {
  detail::pkey key;
};

signing_key::signing_key(secret seed)
    : seed_(std::move(seed)), handle_(std::make_unique<handle>()) {
  handle_->key.reset(must_have(
      EVP_PKEY_new_raw_private_key_ex(nullptr, "ED25519", nullptr, in(seed_.view()), seed_.size()),
      "reading an Ed25519 seed"));
  std::size_t size = public_key::size;
  must(EVP_PKEY_get_raw_public_key(handle_->key.get(), public_.data().data(), &size) == 1 &&
           size == public_key::size,
       "deriving an Ed25519 public key");
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
  const detail::md_context context(must_have(EVP_MD_CTX_new(), "a signing context"));
  signature sig;
  std::size_t size = signature::size;
  must(EVP_DigestSignInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr,
                             key.handle_->key.get(), nullptr) == 1 &&
           EVP_DigestSign(context.get(), sig.data().data(), &size, in(message), message.size()) ==
               1 &&
           size == signature::size,
       "an Ed25519 signature");
  return sig;
}

bool verify(const public_key& key, std::string_view message, const signature& sig) {
  if (!strong_encoding(key.raw())) return false;
  const detail::quiet_errors quiet;
  const detail::pkey handle(EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr,
                                                           key.data().data(), public_key::size));
  if (!handle) return false;
  const detail::md_context context(must_have(EVP_MD_CTX_new(), "a verifying context"));
  return EVP_DigestVerifyInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, handle.get(),
                                 nullptr) == 1 &&
         EVP_DigestVerify(context.get(), sig.data().data(), signature::size, in(message),
                          message.size()) == 1;
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
