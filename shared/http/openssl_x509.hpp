#pragma once
// Internal to shared/http: owners for OpenSSL's certificate handles, and reading them from PEM.
// Only .cpp files include this. Values and functions; any thread.

#include <memory>
#include <string_view>
#include <vector>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "shared/base/ids.hpp"

namespace autocusto::http::detail {

struct handle_deleter {
  void operator()(BIO* p) const noexcept { BIO_free_all(p); }
  void operator()(EVP_PKEY* p) const noexcept { EVP_PKEY_free(p); }
  void operator()(X509* p) const noexcept { X509_free(p); }
  void operator()(X509_EXTENSION* p) const noexcept { X509_EXTENSION_free(p); }
};
template <class T>
using handle = std::unique_ptr<T, handle_deleter>;

/// Throws std::runtime_error that names what failed, unless `ok`; clears OpenSSL's error queue.
void must(bool ok, const char* what);

/// All certificates of a PEM text, in order; empty when there is none or one cannot be read.
[[nodiscard]] std::vector<handle<X509>> read_certificates(std::string_view pem);
/// Null when the text is not one unencrypted private key.
[[nodiscard]] handle<EVP_PKEY> read_key(std::string_view pem);

/// SHA-256 over the DER SubjectPublicKeyInfo.
[[nodiscard]] hash256 spki_of(const X509* certificate);

}  // namespace autocusto::http::detail
