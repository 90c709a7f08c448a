#pragma once
// Recognises responses that do not come from the server but from something on the way to it: a
// proxy that limits the size of requests, a filter, the login page of a Wi-Fi network.
//
// The server answers with JSON, and refuses with a problem document. Any other response was made on
// the way. Such a failure usually passes, so the error sentence names who answered and says that
// sync goes on. Pure functions; any thread.

#include <cstddef>
#include <optional>

#include "shared/base/error.hpp"
#include "shared/http/message.hpp"

namespace autocusto::transport {

/// An error if the server cannot have made this response, else nothing. `sent`: bytes of the
/// request's body.
///   body_too_large  413 without a problem document; the limit is `sent`
///   unreachable     a redirect, a refusal (4xx, 511) without a problem document, or a page for
///                   people where JSON was due
/// The caller handles what gateways answer while a server is down (408, 429, 5xx). The name of who
/// answered comes from `Location`, `Via` or `Server`: at most 60 letters, digits and `.:-_/`.
[[nodiscard]] std::optional<error> foreign_answer(const http::response& answer, std::size_t sent);

}  // namespace autocusto::transport
