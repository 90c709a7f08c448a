#include "shared/http/tls.hpp"

#include <algorithm>
#include <ctime>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "shared/http/openssl_x509.hpp"

namespace autocusto::http {
namespace {

using detail::handle;
using detail::must;

/// For TLS 1.2, which old networks may force: forward secrecy and authenticated encryption only.
/// What TLS 1.3 has is all of that kind.
constexpr const char* k_tls12_suites =
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256";

/// Length byte, then the name: the form of ALPN lists.
constexpr unsigned char k_alpn[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

context_ptr new_context(const SSL_METHOD* method) {
  context_ptr context(SSL_CTX_new(method));
  must(context != nullptr, "making a TLS context");
  auto* raw = context.get();
  // The greatest version that both know is used. Both ends are named here, so that a machine's
  // openssl.cnf cannot hold TLS 1.3 back.
  must(SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION) == 1, "the TLS version");
  must(SSL_CTX_set_max_proto_version(raw, TLS1_3_VERSION) == 1, "the TLS version");
  must(SSL_CTX_set_cipher_list(raw, k_tls12_suites) == 1, "the cipher suites of TLS 1.2");
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // Ten thousand waiting long polls must not hold record buffers; partial writes and moving buffers
  // are how asynchronous writes work.
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return context;
}

/// Takes `http/1.1` when the client offers it. A client that offers other protocols only is refused
/// here rather than misunderstood later.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned offered_size, void*) {
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, k_alpn, sizeof k_alpn, offered, offered_size) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

using pins = std::vector<hash256>;

bool holds(const pins& wanted, const hash256& key) {
  return std::find(wanted.begin(), wanted.end(), key) != wanted.end();
}

/// Where a client context keeps its pins, so that the context owns it.
int pin_slot() {
  static const int slot = SSL_CTX_get_ex_new_index(
      0, nullptr, nullptr, nullptr, [](void*, void* value, CRYPTO_EX_DATA*, int, long, void*) {
        delete static_cast<pins*>(value);
      });
  return slot;
}

/// The time that dates are judged by is known to have passed, but is not the present: that a
/// certificate had not begun by then says nothing.
int tolerate_not_yet_valid(int ok, X509_STORE_CTX* store) {
  if (ok == 0 && X509_STORE_CTX_get_error(store) == X509_V_ERR_CERT_NOT_YET_VALID) {
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1;
  }
  return ok;
}

/// Verifies the presented chain against the first CA in it whose key has a pinned hash.
int verify_pinned(X509_STORE_CTX* store, void* pin) {
  const auto& wanted = *static_cast<const pins*>(pin);
  auto* presented = X509_STORE_CTX_get0_untrusted(store);
  for (int i = 0; i < sk_X509_num(presented); ++i) {
    auto* candidate = sk_X509_value(presented, i);
    if (X509_check_ca(candidate) == 0 || !holds(wanted, detail::spki_of(candidate))) continue;
    auto* anchors = sk_X509_new_null();
    if (anchors == nullptr || sk_X509_push(anchors, candidate) == 0) {
      sk_X509_free(anchors);
      X509_STORE_CTX_set_error(store, X509_V_ERR_OUT_OF_MEM);
      return 0;
    }
    X509_STORE_CTX_set0_trusted_stack(store, anchors);
    const int ok = X509_verify_cert(store);
    sk_X509_free(anchors);
    return ok;
  }
  X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

int verify_pinned_guarded(X509_STORE_CTX* store, void* pin) {
  try {
    return verify_pinned(store, pin);
  } catch (const std::exception&) {  // must not pass through C code
    X509_STORE_CTX_set_error(store, X509_V_ERR_UNSPECIFIED);
    return 0;
  }
}

bool is_address(const std::string& host) {
  auto* address = a2i_IPADDRESS(host.c_str());
  ERR_clear_error();
  const bool found = address != nullptr;
  ASN1_OCTET_STRING_free(address);
  return found;
}

}  // namespace

void context_deleter::operator()(ssl_ctx_st* context) const noexcept {
  SSL_CTX_free(context);
}

result<context_ptr> make_server_context(std::string_view chain_pem, std::string_view key_pem) {
  const auto chain = detail::read_certificates(chain_pem);
  if (chain.empty()) {
    return fail(errc::usage, "The server's certificate is not readable PEM; check the file.");
  }
  const auto key = detail::read_key(key_pem);
  if (!key) {
    return fail(errc::usage,
                "The server's private key is not readable, unencrypted PEM; check the file.");
  }
  auto context = new_context(TLS_server_method());
  auto* raw = context.get();
  if (SSL_CTX_use_certificate(raw, chain.front().get()) != 1 ||
      SSL_CTX_use_PrivateKey(raw, key.get()) != 1 || SSL_CTX_check_private_key(raw) != 1) {
    ERR_clear_error();
    return fail(errc::usage,
                "The server's private key does not belong to its certificate, or TLS does not "
                "accept them; check both files.");
  }
  for (std::size_t i = 1; i < chain.size(); ++i) {
    must(SSL_CTX_add1_chain_cert(raw, chain[i].get()) == 1, "adding to the certificate chain");
  }
  SSL_CTX_set_alpn_select_cb(raw, choose_protocol, nullptr);
  return context;
}

context_ptr make_client_context(const trust& trusted) {
  auto context = new_context(TLS_client_method());
  auto* raw = context.get();
  must(SSL_CTX_set_alpn_protos(raw, k_alpn, sizeof k_alpn) == 0, "setting ALPN");
  if (!trusted.ca_pin) {
    must(SSL_CTX_set_default_verify_paths(raw) == 1, "reading the system's roots");
    SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, nullptr);
    return context;
  }
  auto pin = std::make_unique<pins>(trusted.further_pins);
  pin->push_back(*trusted.ca_pin);
  must(SSL_CTX_set_ex_data(raw, pin_slot(), pin.get()) == 1, "keeping the pin");
  SSL_CTX_set_cert_verify_callback(raw, verify_pinned_guarded, pin.release());
  SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, trusted.time ? tolerate_not_yet_valid : nullptr);
  auto* parameters = SSL_CTX_get0_param(raw);
  // The pinned CA is the end of the chain even where another one has signed it.
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
  if (trusted.time) {
    X509_VERIFY_PARAM_set_time(parameters, static_cast<std::time_t>(*trusted.time / 1000));
  }
  return context;
}

std::optional<hash256> own_key(const ssl_st* connection) {
  // The connection's own: that of its context may be another one by now.
  const auto* certificate = SSL_get_certificate(connection);
  if (certificate == nullptr) return std::nullopt;
  return detail::spki_of(certificate);
}

std::optional<hash256> peer_key(const ssl_st* connection) {
  const auto* certificate = SSL_get0_peer_certificate(connection);
  if (certificate == nullptr) return std::nullopt;
  return detail::spki_of(certificate);
}

void expect_host(ssl_st* connection, const std::string& host) {
  if (is_address(host)) {
    must(X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), host.c_str()) == 1,
         "setting the expected address");
    return;
  }
  SSL_set_hostflags(connection, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  must(SSL_set1_host(connection, host.c_str()) == 1, "setting the expected host name");
  must(SSL_ctrl(connection, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                const_cast<char*>(host.c_str())) == 1,
       "setting SNI");
}

std::optional<error> refusal(ssl_st* connection, const std::string& host) {
  const auto verdict = SSL_get_verify_result(connection);
  if (verdict == X509_V_OK) return std::nullopt;
  std::string message;
  if (verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH) {
    message = "The server's certificate is not for " + host +
              "; check the address in the enrollment link.";
  } else if (verdict == X509_V_ERR_CERT_HAS_EXPIRED) {
    message =
        "The server's certificate has expired; tell its administrator to renew it. If it is good, "
        "this laptop was once told a wrong time: ask for a new link and run `autocusto enroll LINK "
        "--again`; your edits stay.";
  } else if (verdict == X509_V_ERR_APPLICATION_VERIFICATION) {
    message =
        "The server shows a certificate of an authority that is not known here; nothing was sent. "
        "If the authority was replaced while this laptop was away, the administrator knows of it: "
        "ask for a new link and run `autocusto enroll LINK --again`; your edits stay.";
  } else {
    message = std::string("The server's certificate is not trusted (") +
              X509_verify_cert_error_string(verdict) + "); ask the administrator.";
  }
  return fail(errc::untrusted_server, std::move(message));
}

}  // namespace autocusto::http
