#pragma once
// What counts as one address where connections and requests are limited.
//
// An IPv4 address is itself, also when it comes mapped into IPv6. Of an IPv6 address the first 64
// bits count: whoever has one has all that share them. A function; any thread.

#include <string>
#include <string_view>

namespace autocusto::http {

/// `peer`: a numeric address as text. A text that is none is its own key.
[[nodiscard]] std::string address_key(std::string_view peer);

}  // namespace autocusto::http
