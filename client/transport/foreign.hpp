#pragma once
// Answers that are not the server's: what stands between a laptop and its server says no, or shows
// a page.
//
// The server answers with JSON, and with a problem document where it refuses. Anything else was
// made on the way: by a proxy whose limit a request passed, a filter, the login page of a Wi-Fi.
// That is nobody's fault here and goes away by itself, so the sentences name who answered and say
// that sync goes on. Pure functions; any thread.

#include <cstddef>
#include <optional>

#include "shared/base/error.hpp"
#include "shared/http/message.hpp"

namespace autocusto::transport {

/// Why this answer cannot be the server's, or nothing. `sent`: bytes of the request's body.
///   body_too_large  413 without a problem document; the limit is `sent`
///   unreachable     a redirect, a refusal (4xx, 511) without a problem document, or a page for
///                   people where JSON was due
/// What gateways say while a server is down (408, 429, 5xx) is left to the caller. Names are taken
/// from `Location`, `Via` or `Server`, letters, digits and `.:-_/` of them, 60 at most.
[[nodiscard]] std::optional<error> foreign_answer(const http::response& answer, std::size_t sent);

}  // namespace autocusto::transport
