#pragma once
// The HTTPS client: one kept connection to one server, used from one thread, blocking.
//
// The server is trusted by exactly one of two means. A pin: SHA-256 over the DER form of a CA's
// public key (SubjectPublicKeyInfo); the chain that the server presents must contain that CA and
// verify up to it. Or the system's roots. Either way the host name (or address) must match. With a
// pin, certificate dates are not judged by this machine's clock but by a time that the caller knows
// to have passed: a certificate that had ended by then is refused, one that had not begun by then
// is not (the time is a lower bound).
//
// Every wait is bounded by the deadline of `send`. Only `interrupt` may be called from another
// thread, also from inside a signal handler. Messages of errors are sentences for people.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/clock.hpp"
#include "shared/base/error.hpp"
#include "shared/base/ids.hpp"
#include "shared/http/message.hpp"

namespace autocusto::http {

struct client_options {
  std::string host;  ///< a name or a numeric address (IPv6 without brackets)
  std::uint16_t port = 443;
  std::optional<hash256> ca_pin;          ///< nothing: the system's roots
  std::vector<hash256> further_pins{};    ///< CAs as good as that one
  std::optional<unix_millis> trust_time;  ///< judges dates with a pin; nothing: the clock
  bool tls = true;                        ///< false only for plain loopback listeners
  /// Through the proxy that the environment names, if it names one for this host (proxy.hpp).
  bool proxy_from_environment = false;
  std::chrono::milliseconds connect_deadline{10'000};  ///< name, TCP and TLS together
};

struct client_request {
  std::string method = "GET";
  std::string path_with_query = "/";
  /// Besides Host, Content-Length and the encodings; `Content-Encoding: identity` keeps the body
  /// from being compressed.
  header_list headers;
  std::string body;  ///< sent zstd-compressed when longer than 1 KiB
  /// Sending it twice does no more than sending it once: it is tried again, once, when a kept
  /// connection turns out to be dead before any byte of a response came.
  bool idempotent = false;
  /// Only to a server that shows a certificate with one of these public keys (`client::peer_key`):
  /// nothing of the request is sent to another one, and the answer is `session_expired`. Empty: to
  /// any that TLS takes.
  std::vector<hash256> only_to{};
  std::chrono::milliseconds deadline{30'000};     ///< for everything, connecting included
  std::size_t response_limit = 16 * 1024 * 1024;  ///< bytes of the body, before and after decoding
};

class client {
 public:
  explicit client(client_options options);
  client(client&& other) noexcept;
  client& operator=(client&& other) noexcept;
  /// Closes the connection. May wait for a name lookup that was given up but still runs.
  ~client();

  /// The server's response whatever its status, its body decoded. Errors: `unreachable` (name,
  /// connection, deadline, interrupted: the message tells), `untrusted_server` (pin, host name or
  /// dates), `protocol_error` (not a response that this client accepts, or longer than the limit).
  [[nodiscard]] result<response> send(const client_request& request);

  /// SHA-256 over the public key (SubjectPublicKeyInfo) of the certificate that the server has
  /// shown on the connection over which the last request went; nothing for a plain one.
  [[nodiscard]] std::optional<hash256> peer_key() const;

  /// From now on dates are judged by `t`; for new connections.
  void set_trust_time(unix_millis t);
  /// The CAs for connections that are made from now on; only where there was a pin, and not empty.
  void set_pins(std::vector<hash256> pins);

  /// Makes a running `send`, and every later one, return `unreachable` at once, until
  /// `clear_interrupt`. Any thread; also inside a signal handler.
  void interrupt() noexcept;
  void clear_interrupt();
  [[nodiscard]] bool interrupted() const noexcept;

  /// Closes the kept connection, if any.
  void disconnect();

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace autocusto::http
