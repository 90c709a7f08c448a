#include "shared/crypto/hash.hpp"

#include <algorithm>
#include <array>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>

#include "shared/crypto/openssl_handles.hpp"

namespace autocusto::crypto {
namespace {

using detail::in;
using detail::must;
using detail::must_have;

// Fetching an algorithm searches the providers under a lock and costs more than hashing a version:
// it is done once, and the handles live as long as the process.
const EVP_MD* sha256_method() {
  static const EVP_MD* const method =
      must_have(EVP_MD_fetch(nullptr, "SHA256", nullptr), "fetching SHA-256");
  return method;
}

EVP_MAC* hmac_method() {
  static EVP_MAC* const method =
      must_have(EVP_MAC_fetch(nullptr, "HMAC", nullptr), "fetching HMAC");
  return method;
}

/// An HMAC context with SHA-256 chosen, and the key that it was used with last: to prepare a key
/// costs as much as to hash a short text, and most keys are asked for many times in a row.
class hmac_context {
 public:
  hmac_context() : context_(must_have(EVP_MAC_CTX_new(hmac_method()), "an HMAC context")) {
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                 OSSL_PARAM_construct_end()};
    must(EVP_MAC_CTX_set_params(context_.get(), params) == 1, "choosing the HMAC digest");
  }
  ~hmac_context() { OPENSSL_cleanse(key_.data(), key_.size()); }
  hmac_context(const hmac_context&) = delete;
  hmac_context& operator=(const hmac_context&) = delete;

  /// The context, ready for a text under this key.
  EVP_MAC_CTX* with(std::string_view key) {
    if (size_ == key.size() && CRYPTO_memcmp(key_.data(), in(key), key.size()) == 0) {
      must(EVP_MAC_init(context_.get(), nullptr, 0, nullptr) == 1, "HMAC-SHA-256");
      return context_.get();
    }
    size_ = k_no_key;
    OPENSSL_cleanse(key_.data(), key_.size());
    must(EVP_MAC_init(context_.get(), in(key), key.size(), nullptr) == 1, "HMAC-SHA-256");
    if (key.size() > key_.size()) return context_.get();
    std::copy(key.begin(), key.end(), key_.begin());
    size_ = key.size();
    return context_.get();
  }

 private:
  static constexpr std::size_t k_no_key = static_cast<std::size_t>(-1);

  detail::mac_context context_;
  std::array<char, 64> key_{};
  std::size_t size_ = k_no_key;
};

}  // namespace

hash256 sha256(std::string_view data) {
  return sha256(data, {});
}

hash256 sha256(std::string_view a, std::string_view b) {
  thread_local const detail::md_context context(must_have(EVP_MD_CTX_new(), "a digest context"));
  hash256 hash;
  must(EVP_DigestInit_ex2(context.get(), sha256_method(), nullptr) == 1 &&
           EVP_DigestUpdate(context.get(), a.data(), a.size()) == 1 &&
           EVP_DigestUpdate(context.get(), b.data(), b.size()) == 1 &&
           EVP_DigestFinal_ex(context.get(), hash.data().data(), nullptr) == 1,
       "SHA-256");
  return hash;
}

hash256 hmac_sha256(std::string_view key, std::string_view data) {
  thread_local hmac_context of_thread;
  EVP_MAC_CTX* const context = of_thread.with(key);
  hash256 mac;
  std::size_t size = 0;
  must(EVP_MAC_update(context, in(data), data.size()) == 1 &&
           EVP_MAC_final(context, mac.data().data(), &size, hash256::size) == 1 &&
           size == hash256::size,
       "HMAC-SHA-256");
  return mac;
}

bool constant_time_equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(in(a), in(b), a.size()) == 0;
}

}  // namespace autocusto::crypto
