#pragma once
// Internal to shared/http: one TCP (and TLS) connection of the client, with bounded waits.
//
// Owns its sockets and event loop, which only runs inside `open` and `exchange`: no thread of its
// own. One thread uses it; `interrupt` may come from any, also from a signal handler.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "shared/base/error.hpp"
#include "shared/base/ids.hpp"
#include "shared/http/message.hpp"
#include "shared/http/proxy.hpp"

struct ssl_ctx_st;

namespace autocusto::http {

using deadline_point = std::chrono::steady_clock::time_point;

/// A response as received: body not decoded, header names in lower case.
struct raw_response {
  int status = 0;
  header_list headers;
  std::string body;
};

/// How a request on an open connection ended.
struct exchange_outcome {
  std::optional<raw_response> answer;
  std::optional<error> problem;  ///< set when there is no answer
  bool before_any_byte = false;  ///< the connection ended before a byte of a response came
};

class client_connection {
 public:
  client_connection();
  client_connection(const client_connection&) = delete;
  client_connection& operator=(const client_connection&) = delete;
  ~client_connection();

  /// Connects anew, through the proxy's tunnel if there is one; `tls` null: plain. `unreachable` or
  /// `untrusted_server`.
  [[nodiscard]] result<void> open(const std::string& host, std::uint16_t port, ssl_ctx_st* tls,
                                  deadline_point deadline, std::optional<proxy_address> proxy = {});
  /// Sends `head` and `body` and reads one response of at most `limit` body bytes; `head_only`: the
  /// response to a HEAD request. On any failure, and where the response says so, the connection is
  /// closed afterwards.
  [[nodiscard]] exchange_outcome exchange(std::string head, std::string body, bool head_only,
                                          std::size_t limit, deadline_point deadline);

  /// The public key of the certificate that the server has shown on this connection, as
  /// `peer_key` of tls.hpp gives it; nothing for a plain one, or when there is none.
  [[nodiscard]] std::optional<hash256> peer_key() const;
  /// Open, and not yet closed by the server as far as can be told without waiting.
  [[nodiscard]] bool usable() const;
  void close();

  void interrupt() noexcept;
  void clear_interrupt();
  [[nodiscard]] bool interrupted() const noexcept;

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace autocusto::http
