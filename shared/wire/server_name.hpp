#pragma once
// Where a server is, as a person types or pastes it. Pure; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "shared/base/error.hpp"
#include "shared/wire/messages.hpp"

namespace autocusto::wire {

struct server_name {
  std::string host;  ///< a name, or a numeric address (IPv6 without brackets)
  std::uint16_t port = 443;
  std::optional<enrollment_link> link;  ///< when a whole link was given: what proves the server
};

/// `HOST`, `HOST:PORT`, `[V6]:PORT`, `https://HOST:PORT` or a whole enrollment link; without a port
/// 443. What nobody sees is taken out. Error: usage, with what it should look like.
[[nodiscard]] result<server_name> read_server_name(std::string_view typed);

}  // namespace autocusto::wire
