#pragma once
// The proxy that the environment names for connections to a server: `https_proxy` (or
// `HTTPS_PROXY`, `all_proxy`, `ALL_PROXY`), but not for hosts in `no_proxy` and never for this
// machine itself.
//
// `no_proxy` holds names, domains (`*.example.org`), addresses and networks (`192.168.0.0/16`); a
// port behind one is not looked at. `all_proxy` of another kind (`socks5://`) is as if it were not
// set. Only `http://[user:password@]HOST[:PORT]` is used: a tunnel by CONNECT (RFC 9110, 9.3.6),
// inside which TLS goes on between the two ends, so that a proxy can read nothing. Values; any
// thread.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "shared/base/error.hpp"

namespace autocusto::http {

struct proxy_address {
  std::string host;
  std::uint16_t port = 80;
  std::string credentials;  ///< `user:password`, percent-decoded; empty: none

  friend bool operator==(const proxy_address&, const proxy_address&) = default;
};

/// Looks a variable of the environment up; null when it is not set.
using environment_lookup = std::function<const char*(const char*)>;

/// The proxy for that host, or nothing. Error: usage, when the variable cannot be read; it does not
/// repeat the value, which may hold a password.
[[nodiscard]] result<std::optional<proxy_address>> proxy_for(std::string_view host,
                                                             const environment_lookup& get);
/// The same with the environment of this process.
[[nodiscard]] result<std::optional<proxy_address>> proxy_for(std::string_view host);

/// The request that opens a tunnel to `host` (IPv6 without brackets) and `port`.
[[nodiscard]] std::string connect_request(const proxy_address& by, std::string_view host,
                                          std::uint16_t port);

}  // namespace autocusto::http
