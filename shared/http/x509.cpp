#include "shared/http/x509.hpp"

#include <climits>
#include <ctime>
#include <stdexcept>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "shared/base/bytes.hpp"
#include "shared/crypto/hash.hpp"
#include "shared/crypto/random.hpp"
#include "shared/http/openssl_x509.hpp"

namespace autocusto::http {
namespace detail {

void must(bool ok, const char* what) {
  if (ok) return;
  const auto code = ERR_peek_last_error();
  char reason[256] = "";
  if (code != 0) ERR_error_string_n(code, reason, sizeof reason);
  ERR_clear_error();
  throw std::runtime_error(std::string(what) + " failed: " + reason);
}

namespace {

handle<BIO> reader(std::string_view text) {
  if (text.size() > INT_MAX) text = {};
  handle<BIO> bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  must(bio != nullptr, "reading PEM");
  return bio;
}

/// Never asks a terminal for the passphrase of an encrypted key.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

}  // namespace

std::vector<handle<X509>> read_certificates(std::string_view pem) {
  std::vector<handle<X509>> found;
  const auto bio = reader(pem);
  while (auto* next = PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr)) {
    found.emplace_back(next);
  }
  // Reading stops at the end, which is "no start line", or at something broken.
  const auto code = ERR_peek_last_error();
  const bool at_end =
      ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!at_end) found.clear();
  return found;
}

handle<EVP_PKEY> read_key(std::string_view pem) {
  const auto bio = reader(pem);
  handle<EVP_PKEY> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  return key;
}

hash256 spki_of(const X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  must(size > 0, "encoding a public key");
  const auto digest =
      crypto::sha256({reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)});
  OPENSSL_free(der);
  return digest;
}

}  // namespace detail

namespace {

using detail::handle;
using detail::must;

constexpr std::int64_t k_day_seconds = 24 * 60 * 60;

error no_certificate() {
  return fail(errc::usage, "There is no readable PEM certificate; check the file.");
}

handle<EVP_PKEY> new_key() {
  handle<EVP_PKEY> key(EVP_EC_gen("P-256"));
  must(key != nullptr, "making a key");
  return key;
}

std::string text_of(const handle<BIO>& bio) {
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string to_pem(X509* certificate) {
  const handle<BIO> bio(BIO_new(BIO_s_mem()));
  must(bio && PEM_write_bio_X509(bio.get(), certificate) == 1, "writing a certificate");
  return text_of(bio);
}

std::string to_pem(EVP_PKEY* key) {
  const handle<BIO> bio(BIO_new(BIO_s_secmem()));
  must(bio && PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr,
                                            nullptr) == 1,
       "writing a key");
  return text_of(bio);
}

void set_name(X509_NAME* name, std::string_view common_name) {
  must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                  reinterpret_cast<const unsigned char*>(common_name.data()),
                                  static_cast<int>(common_name.size()), -1, 0) == 1,
       "naming a certificate");
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const handle<X509_EXTENSION> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  must(extension && X509_add_ext(certificate, extension.get(), -1) == 1, "a certificate extension");
}

/// Version, random serial number, dates and key: what a CA and a leaf have in common.
handle<X509> blank(EVP_PKEY* key, unix_millis not_before, std::int64_t days) {
  handle<X509> made(X509_new());
  must(made && X509_set_version(made.get(), X509_VERSION_3) == 1, "making a certificate");
  auto serial = crypto::system_random().bytes(16);
  serial[0] = static_cast<char>((serial[0] & 0x3f) | 0x40);  // positive, and always 16 bytes
  auto* number = BN_bin2bn(reinterpret_cast<const unsigned char*>(serial.data()), 16, nullptr);
  must(number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(made.get())), "a serial number");
  BN_free(number);
  const auto begin = static_cast<std::time_t>(not_before / 1000);
  const auto end = static_cast<std::time_t>(begin + days * k_day_seconds);
  must(ASN1_TIME_set(X509_getm_notBefore(made.get()), begin) != nullptr &&
           ASN1_TIME_set(X509_getm_notAfter(made.get()), end) != nullptr,
       "dating a certificate");
  must(X509_set_pubkey(made.get(), key) == 1, "a certificate's key");
  return made;
}

/// Numeric addresses are named as such, everything else as a DNS name.
std::string alternative_names(const std::vector<std::string>& names) {
  std::string value;
  for (const auto& name : names) {
    auto* address = a2i_IPADDRESS(name.c_str());
    if (!value.empty()) value += ',';
    value += address != nullptr ? "IP:" : "DNS:";
    value += name;
    ASN1_OCTET_STRING_free(address);
  }
  ERR_clear_error();
  return value;
}

/// A name goes into a comma-separated OpenSSL expression: nothing may end it early.
bool is_host_name(const std::string& name) {
  return !name.empty() && name.size() <= 253 &&
         name.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
             "-._:*") == std::string::npos;
}

result<unix_millis> date_of(std::string_view pem, const ASN1_TIME* (*which)(const X509*)) {
  const auto certificates = detail::read_certificates(pem);
  if (certificates.empty()) return no_certificate();
  std::tm parts{};
  must(ASN1_TIME_to_tm(which(certificates.front().get()), &parts) == 1, "reading a date");
  return static_cast<unix_millis>(timegm(&parts)) * 1000;
}

}  // namespace

certificate_pair make_ca(std::string_view common_name, int years, unix_millis not_before) {
  const auto key = new_key();
  const auto ca = blank(key.get(), not_before, std::int64_t{365} * years);
  set_name(X509_get_subject_name(ca.get()), common_name);
  must(X509_set_issuer_name(ca.get(), X509_get_subject_name(ca.get())) == 1, "naming the issuer");
  add_extension(ca.get(), ca.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  add_extension(ca.get(), ca.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(ca.get(), ca.get(), NID_subject_key_identifier, "hash");
  must(X509_sign(ca.get(), key.get(), EVP_sha256()) > 0, "signing a certificate");
  return {to_pem(ca.get()), to_pem(key.get())};
}

result<certificate_pair> issue_leaf(const certificate_pair& ca,
                                    const std::vector<std::string>& names, int days,
                                    unix_millis not_before) {
  const auto issuers = detail::read_certificates(ca.certificate);
  const auto issuer_key = detail::read_key(ca.private_key);
  if (issuers.empty() || !issuer_key) {
    return fail(errc::usage, "The certificate authority cannot be read; check the key bundle.");
  }
  auto* issuer = issuers.front().get();
  if (names.empty()) {
    return fail(errc::usage, "A server certificate needs at least one host name or address.");
  }
  for (const auto& name : names) {
    if (!is_host_name(name)) {
      return fail(errc::usage, "'" + name + "' is not a host name or address.", "name");
    }
  }
  const auto key = new_key();
  const auto leaf = blank(key.get(), not_before, days);
  // A common name holds 64 characters at most; readers go by the alternative names anyway.
  set_name(X509_get_subject_name(leaf.get()), std::string_view(names.front()).substr(0, 64));
  must(X509_set_issuer_name(leaf.get(), X509_get_subject_name(issuer)) == 1, "naming the issuer");
  add_extension(leaf.get(), issuer, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(leaf.get(), issuer, NID_key_usage, "critical,digitalSignature");
  add_extension(leaf.get(), issuer, NID_ext_key_usage, "serverAuth");
  add_extension(leaf.get(), issuer, NID_subject_alt_name, alternative_names(names));
  add_extension(leaf.get(), issuer, NID_subject_key_identifier, "hash");
  add_extension(leaf.get(), issuer, NID_authority_key_identifier, "keyid");
  must(X509_sign(leaf.get(), issuer_key.get(), EVP_sha256()) > 0, "signing a certificate");
  return certificate_pair{to_pem(leaf.get()) + to_pem(issuer), to_pem(key.get())};
}

result<unix_millis> certificate_not_before(std::string_view pem) {
  return date_of(pem, X509_get0_notBefore);
}

result<unix_millis> certificate_not_after(std::string_view pem) {
  return date_of(pem, X509_get0_notAfter);
}

bool key_matches(std::string_view certificate_pem, std::string_view key_pem) {
  const auto certificates = detail::read_certificates(certificate_pem);
  const auto key = detail::read_key(key_pem);
  const bool matches = !certificates.empty() && key &&
                       X509_check_private_key(certificates.front().get(), key.get()) == 1;
  ERR_clear_error();
  return matches;
}

result<hash256> spki_sha256(std::string_view pem) {
  const auto certificates = detail::read_certificates(pem);
  if (certificates.empty()) return no_certificate();
  return detail::spki_of(certificates.front().get());
}

result<std::string> last_certificate(std::string_view pem) {
  const auto certificates = detail::read_certificates(pem);
  if (certificates.empty()) return no_certificate();
  return to_pem(certificates.back().get());
}

}  // namespace autocusto::http
