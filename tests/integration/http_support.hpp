#pragma once
// What the HTTP tests share: certificates, a peer that speaks raw bytes, a server that answers with
// a script, and waiting for a condition with a deadline.

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "shared/http/client.hpp"
#include "shared/http/server.hpp"
#include "shared/http/x509.hpp"

namespace autocusto::http::testing {

/// A CA and a leaf for localhost and 127.0.0.1, made once for the whole program.
struct identity {
  certificate_pair ca;
  certificate_pair leaf;
  hash256 pin;
};
[[nodiscard]] const identity& test_identity();

/// A leaf of the test CA for other names or dates.
[[nodiscard]] certificate_pair test_leaf(const std::vector<std::string>& names, int days,
                                         unix_millis not_before);

/// True as soon as `condition` holds; false when it does not within 10 s.
[[nodiscard]] bool eventually(const std::function<bool()>& condition);

/// A response as it came over the wire.
struct reply {
  int status = 0;
  std::string head;
  std::string body;

  /// The value of a header (name in the case in which it is sent); empty without.
  [[nodiscard]] std::string header(std::string_view name) const;
};

/// A client that sends any bytes. Blocking, every read bounded by 5 s.
class raw_peer {
 public:
  /// With a pin: to a server for `localhost` whose certificate authority that is, not the test's.
  explicit raw_peer(std::uint16_t port, bool tls = true, const std::optional<hash256>& pin = {});
  raw_peer(const raw_peer&) = delete;
  raw_peer& operator=(const raw_peer&) = delete;
  ~raw_peer();

  /// False when the connection is closed.
  bool send(std::string_view bytes);
  /// One response with a Content-Length; nothing at the end of the connection.
  [[nodiscard]] std::optional<reply> read_reply();
  /// Everything until the server closes; nothing when it does not within 5 s.
  [[nodiscard]] std::optional<std::string> read_to_end();
  /// Whether the server closes within this time, whatever it sends.
  [[nodiscard]] bool closed_within(std::chrono::milliseconds limit);
  void close();

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

/// A TLS server that takes connections one after the other and answers the requests of each with
/// the given bytes, then closes it. Without a script left it closes at once.
class scripted_server {
 public:
  /// For each connection, the answers to its requests in order.
  explicit scripted_server(std::vector<std::vector<std::string>> connections);
  scripted_server(const scripted_server&) = delete;
  scripted_server& operator=(const scripted_server&) = delete;
  ~scripted_server();

  [[nodiscard]] std::uint16_t port() const;
  /// The requests it has read.
  [[nodiscard]] int requests() const;

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

/// Options of a server with the test identity on a free port.
[[nodiscard]] server_options test_server_options();
/// Starts or fails the test.
[[nodiscard]] std::unique_ptr<server> start_or_throw(server_options options,
                                                     std::vector<endpoint> endpoints);
/// A client that pins the test CA.
[[nodiscard]] client_options test_client_options(std::uint16_t port);

}  // namespace autocusto::http::testing
