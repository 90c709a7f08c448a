#pragma once
// Private to shared/crypto: owners for OpenSSL's handles, and the two ways in which it fails.
//
// A failure that only a broken machine explains throws (`must`). A failure that somebody's bytes
// cause is an answer; OpenSSL also notes it in a queue of the thread, where a later TLS call would
// take it for its own, so such calls run under `quiet_errors`.

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>

namespace autocusto::crypto::detail {

template <auto Free>
struct deleter {
  template <class T>
  void operator()(T* handle) const {
    Free(handle);
  }
};

using md_context = std::unique_ptr<EVP_MD_CTX, deleter<EVP_MD_CTX_free>>;
using mac_context = std::unique_ptr<EVP_MAC_CTX, deleter<EVP_MAC_CTX_free>>;
using cipher_context = std::unique_ptr<EVP_CIPHER_CTX, deleter<EVP_CIPHER_CTX_free>>;
using kdf_context = std::unique_ptr<EVP_KDF_CTX, deleter<EVP_KDF_CTX_free>>;
using pkey = std::unique_ptr<EVP_PKEY, deleter<EVP_PKEY_free>>;

/// Throws std::runtime_error when `ok` is false; `what` names the operation.
inline void must(bool ok, const char* what) {
  if (!ok) {
    ERR_clear_error();
    throw std::runtime_error(std::string("OpenSSL failed: ") + what);
  }
}

template <class T>
T* must_have(T* handle, const char* what) {
  must(handle != nullptr, what);
  return handle;
}

/// Forgets the OpenSSL errors of this thread that came up while it lives.
class quiet_errors {
 public:
  quiet_errors() { ERR_set_mark(); }
  ~quiet_errors() { ERR_pop_to_mark(); }
  quiet_errors(const quiet_errors&) = delete;
  quiet_errors& operator=(const quiet_errors&) = delete;
};

inline const unsigned char* in(std::string_view data) {
  // Some OpenSSL calls take a null pointer for "keep what was set before": never pass one for
  // "empty".
  static constexpr unsigned char k_empty = 0;
  return data.empty() ? &k_empty : reinterpret_cast<const unsigned char*>(data.data());
}

inline unsigned char* out(char* data) {
  return reinterpret_cast<unsigned char*>(data);
}

}  // namespace autocusto::crypto::detail
