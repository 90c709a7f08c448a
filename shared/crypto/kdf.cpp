#include "shared/crypto/kdf.hpp"

#include <bit>
#include <stdexcept>

#include <argon2.h>
#include <openssl/core_names.h>
#include <openssl/params.h>

#include "shared/crypto/openssl_handles.hpp"

namespace autocusto::crypto {
namespace {

using detail::must;
using detail::must_have;

EVP_KDF* scrypt_method() {
  static EVP_KDF* const method =
      must_have(EVP_KDF_fetch(nullptr, "SCRYPT", nullptr), "fetching scrypt");
  return method;
}

std::optional<error> check(const scrypt_params& params) {
  if (params.n < 2 || !std::has_single_bit(params.n)) {
    return fail(
        errc::malformed,
        "The scrypt cost n must be a power of two from 2 up; the file is damaged or was not "
        "made by this program.",
        "n");
  }
  if (params.p == 0 || params.p > k_scrypt_max_p) {
    return fail(
        errc::malformed,
        "The scrypt parameter p must be from 1 to 16; the file is damaged or was not made by "
        "this program.",
        "p", k_scrypt_max_p);
  }
  const std::uint64_t blocks = k_scrypt_max_memory / 128;
  if (params.r == 0 || params.r > blocks || params.n > blocks / params.r) {
    return fail(
        errc::malformed,
        "The scrypt parameters n and r ask for no memory or for more than 256 MiB; the file "
        "is damaged or was not made by this program.",
        "r", static_cast<std::int64_t>(k_scrypt_max_memory));
  }
  // RFC 7914 section 2: n must be less than 2^(128 * r / 8). Only small r can come near.
  if (params.r < 4 && params.n >= std::uint64_t{1} << (16 * params.r)) {
    return fail(errc::malformed,
                "The scrypt cost n is too great for this r; the file is damaged or was not made by "
                "this program.",
                "n");
  }
  return std::nullopt;
}

std::optional<error> check(const argon2_params& params) {
  if (params.lanes == 0 || params.lanes > k_argon2_max_lanes) {
    return fail(
        errc::malformed,
        "The Argon2 parameter lanes must be from 1 to 4; the file is damaged or was not made "
        "by this program.",
        "lanes", k_argon2_max_lanes);
  }
  if (params.memory_kib < 8 * params.lanes || params.memory_kib > k_argon2_max_memory_kib) {
    return fail(errc::malformed,
                "The Argon2 memory must be at least 8 KiB a lane and at most 1 GiB; the file is "
                "damaged or was not made by this program.",
                "memory", std::int64_t{k_argon2_max_memory_kib});
  }
  if (params.passes == 0 ||
      std::uint64_t{params.passes} * params.memory_kib > k_argon2_max_work_kib) {
    return fail(
        errc::malformed,
        "The Argon2 passes must be at least 1, and at most what 16 passes over 1 GiB are; the "
        "file is damaged or was not made by this program.",
        "passes");
  }
  return std::nullopt;
}

OSSL_PARAM octets(const char* name, std::string_view data) {
  // OpenSSL takes a pointer to what is not const, and only reads it.
  return OSSL_PARAM_construct_octet_string(name, const_cast<char*>(data.data()), data.size());
}

}  // namespace

result<secret> scrypt(std::string_view passphrase, std::string_view salt,
                      const scrypt_params& params) {
  if (auto wrong = check(params)) return std::move(*wrong);

  std::uint64_t n = params.n;
  std::uint32_t r = params.r;
  std::uint32_t p = params.p;
  std::uint64_t memory = 2 * k_scrypt_max_memory + 128ULL * r * p;
  const OSSL_PARAM list[] = {
      // A view of nothing may hold a null pointer, which OpenSSL takes for a missing parameter.
      octets(OSSL_KDF_PARAM_PASSWORD, passphrase.empty() ? std::string_view("") : passphrase),
      octets(OSSL_KDF_PARAM_SALT, salt.empty() ? std::string_view("") : salt),
      OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n),
      OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &r),
      OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &p),
      OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &memory),
      OSSL_PARAM_construct_end()};
  const detail::kdf_context context(must_have(EVP_KDF_CTX_new(scrypt_method()), "a KDF context"));
  bytes key(k_scrypt_key_size, '\0');
  must(EVP_KDF_derive(context.get(), detail::out(key.data()), key.size(), list) == 1, "scrypt");
  return secret(std::move(key));
}

result<secret> argon2id(std::string_view passphrase, std::string_view salt,
                        const argon2_params& params) {
  if (auto wrong = check(params)) return std::move(*wrong);
  if (salt.size() < ARGON2_MIN_SALT_LENGTH) {
    return fail(errc::malformed,
                "The salt is too short; the file is damaged or was not made by this program.",
                "salt", ARGON2_MIN_SALT_LENGTH);
  }
  bytes key(k_argon2_key_size, '\0');
  const int done =
      argon2id_hash_raw(params.passes, params.memory_kib, params.lanes, passphrase.data(),
                        passphrase.size(), salt.data(), salt.size(), key.data(), key.size());
  if (done == ARGON2_MEMORY_ALLOCATION_ERROR) {
    return fail(
        errc::unavailable,
        "There is not enough free memory to make a key from the passphrase; end other programs "
        "and try again.",
        "memory", static_cast<std::int64_t>(params.memory_kib));
  }
  if (done != ARGON2_OK) throw std::runtime_error(argon2_error_message(done));
  return secret(std::move(key));
}

}  // namespace autocusto::crypto
