#pragma once
// HTTP requests and responses as plain values.
//
// Handlers see nothing of sockets, TLS or the HTTP library: they get a `request` and give back a
// `response`. A request that reaches a handler has passed the framing screen, its path has matched
// an endpoint, and its body is complete and decoded. Values only; any thread.

#include <any>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/error.hpp"

namespace autocusto::http {

/// One header line; in requests the name is in lower case.
struct header {
  std::string name;
  std::string value;

  friend bool operator==(const header&, const header&) = default;
};
using header_list = std::vector<header>;

/// The value of the header with that name (given in lower case; the list's names are compared
/// without regard to case). The view is valid while the list lives unchanged.
[[nodiscard]] std::optional<std::string_view> find_header(const header_list& headers,
                                                          std::string_view lower_name);

/// Somebody to whom a connection is counted.
struct connection_owner {
  std::string key;       ///< of whatever kind; no two kinds may share one
  std::size_t most = 0;  ///< how many connections they may have open; 0: any number

  friend bool operator==(const connection_owner&, const connection_owner&) = default;
};

struct request {
  std::string method;
  std::string target_path;                      ///< as sent, without the query
  std::map<std::string, std::string> captures;  ///< `{id}` segments of the route, decoded
  std::map<std::string, std::string> query;     ///< decoded; each name occurs once
  header_list headers;                          ///< names in lower case, each name once
  std::string body;                             ///< complete; content encoding already undone
  std::string request_id;                       ///< 16 hex digits, made by the server
  std::string peer;                             ///< the client's address, for limits
  /// What the endpoint's gate found out of who asks; empty without a gate.
  std::any caller;
  /// Set by the gate: whose connection this is from now on.
  std::vector<connection_owner> owners;
  bool body_is_here = true;  ///< false: the gate is asked before the body is read
  /// The TLS key that this connection was made with: SHA-256 over the public key
  /// (SubjectPublicKeyInfo) of the certificate that the client was shown, 32 bytes; empty without
  /// TLS.
  std::string channel;

  /// The token of `Authorization: Bearer TOKEN`; nothing for another scheme or no header. The view
  /// is valid while this request lives unchanged.
  [[nodiscard]] std::optional<std::string_view> bearer() const;
};

struct response {
  int status = 200;
  std::string content_type;  ///< empty: no body
  std::string body;
  header_list headers;  ///< besides those that the server sets itself
  bool close = false;   ///< end the connection after this response
};

/// A JSON document that is already text.
[[nodiscard]] response json_response(std::string json_text, int status = 200);

/// An RFC 9457 problem document (`application/problem+json`): type `about:blank`, title, status,
/// detail = the message, `code` = the stable name, `field`, `limit` and `retry_after` (which is
/// also the header `Retry-After`) where the error has them, and the request id. The status is the
/// error code's own.
[[nodiscard]] response problem_response(const error& problem, std::string_view request_id);

/// The standard phrase of an HTTP status: `Not Found`.
[[nodiscard]] std::string_view status_phrase(int status);

/// Whether `Accept-Encoding` names zstd with a weight other than 0.
[[nodiscard]] bool accepts_zstd(std::string_view accept_encoding);

}  // namespace autocusto::http
