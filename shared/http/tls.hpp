#pragma once
// TLS contexts: how the server presents itself and how the client judges it.
//
// TLS 1.3, or 1.2 with AEAD suites where the other side knows no better; no renegotiation, ALPN
// `http/1.1`. A context is built once and then only read;
// another certificate means another context. `SSL_CTX` is counted by OpenSSL: `context_ptr` owns
// one count. Functions only; any thread.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/clock.hpp"
#include "shared/base/error.hpp"
#include "shared/base/ids.hpp"

struct ssl_ctx_st;
struct ssl_st;

namespace autocusto::http {

struct context_deleter {
  void operator()(ssl_ctx_st* context) const noexcept;
};
using context_ptr = std::unique_ptr<ssl_ctx_st, context_deleter>;

/// `usage` when the texts are not PEM or the key does not belong to the first certificate.
[[nodiscard]] result<context_ptr> make_server_context(std::string_view chain_pem,
                                                      std::string_view key_pem);

/// What a client trusts: the pinned CA (or, while it is being replaced, another one), its dates
/// judged by `time`, or (no pin) the system's roots.
struct trust {
  std::optional<hash256> ca_pin;
  std::vector<hash256> further_pins;  ///< as good as `ca_pin`; only with it
  std::optional<unix_millis> time;
};
[[nodiscard]] context_ptr make_client_context(const trust& trusted);

/// After a handshake: SHA-256 over the public key (SubjectPublicKeyInfo) of the certificate that
/// this side has shown, or that the other side has; nothing where none was.
[[nodiscard]] std::optional<hash256> own_key(const ssl_st* connection);
[[nodiscard]] std::optional<hash256> peer_key(const ssl_st* connection);

/// Before the handshake: the name or address that the server must prove, and SNI for names.
void expect_host(ssl_st* connection, const std::string& host);

/// After a failed handshake: why the certificate was refused; nothing when it was not.
[[nodiscard]] std::optional<error> refusal(ssl_st* connection, const std::string& host);

}  // namespace autocusto::http
