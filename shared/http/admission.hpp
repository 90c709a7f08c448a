#pragma once
// Internal to shared/http: what the head of a request alone decides.
//
// Screens, parses and routes a head, and refuses what its endpoint would refuse, all before a byte
// of the body is read. No sockets. Functions only; any thread.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "shared/http/framing.hpp"
#include "shared/http/router.hpp"

namespace autocusto::http {

struct admission {
  request_head head;
  request_frame frame;
  const endpoint* target = nullptr;             ///< null: refused before or while routing
  std::map<std::string, std::string> captures;  ///< decoded
  bool framed = false;                          ///< the screen was passed: its end is beyond doubt
};

/// Fills `into` as far as it gets; the refusal, or nothing when the body may be read.
[[nodiscard]] std::optional<response> admit(const router& routes, std::string_view head_text,
                                            std::string_view request_id, admission& into);

/// The request without its body; what of it the session goes on using stays in `from`.
[[nodiscard]] std::shared_ptr<request> take_request(admission& from);

/// 431 for a head that does not end within the limit.
[[nodiscard]] response head_too_long(std::size_t limit, std::string_view request_id);
/// 503 with Retry-After.
[[nodiscard]] response busy(std::string_view request_id);

/// Methods that HTTP defines as they are, others as `OTHER`, so that clients cannot make up labels.
[[nodiscard]] std::string_view label_of(std::string_view method);

}  // namespace autocusto::http
