#pragma once
// Internal to client/transport: what enrollment and sessions share. Free functions; any thread.

#include <optional>
#include <string>
#include <utility>

#include "client/transport/remote.hpp"
#include "client/transport/remote_api.hpp"
#include "shared/http/client.hpp"
#include "shared/wire/messages.hpp"

namespace autocusto::transport::detail {

/// The server's own word on what is wrong.
[[nodiscard]] failure refused(const http::response& response);
[[nodiscard]] failure failed(error what);
[[nodiscard]] failure unreadable(const error& why);

/// The value behind a decoded message, or why it is none.
template <class T>
[[nodiscard]] answer<T> read(result<T>&& message) {
  if (!message) return unreadable(message.error());
  return std::move(*message);
}

/// How TLS is to prove the server.
[[nodiscard]] http::client_options options_of(const server_address& address,
                                              const std::optional<wire::trust>& known);

/// The trust object of the address, read. Throws error_exception (malformed).
[[nodiscard]] std::optional<wire::trust> kept_trust(const server_address& address);

/// A request with a JSON body; its deadline is 30 s.
[[nodiscard]] http::client_request post(std::string path, std::string body);

/// To an endpoint that anybody may call: the server unpacks nothing for strangers.
[[nodiscard]] http::client_request post_plain(std::string path, std::string body);

/// 32 random bytes.
[[nodiscard]] std::string fresh_nonce();

/// What TLS has shown on the connection that is in use, for the objects that the server signs.
[[nodiscard]] std::string channel_of(const http::client& connection);

}  // namespace autocusto::transport::detail
