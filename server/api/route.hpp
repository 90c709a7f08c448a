#pragma once
// The endpoint table: one line says who may call what with how large a body, and who answers.
//
// A token that this installation has not made is refused on the socket thread, without a worker and
// without the store (auth/token.hpp). For the others the api layer checks the session at the
// request's head, before the body is decoded (device, user, scope, role: as of now, in one query),
// and what its sender may still do (server/limits); for a long body before it is read, and again
// when it is here. Endpoints for anyone take no compressed bodies. It turns expected errors and
// exceptions into problem documents. So a handler gets a caller that may call it, and may throw:
// `error_exception` becomes its own problem, `store::database_error` 503 (when trying again may
// help) or 500, everything else 500 with nothing but the request id in it. The table is data:
// metrics and log lines are labelled by its patterns.

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "server/api/context.hpp"
#include "server/auth/session.hpp"
#include "shared/http/server.hpp"
#include "shared/wire/messages.hpp"

namespace autocusto::api {

using auth::access;

/// For `access::anyone`.
using open_handler = std::function<http::response(const http::request&)>;
/// For everything else: with the session's owner.
using session_handler =
    std::function<http::response(const http::request&, const store::session_owner&)>;
/// The same, answered later (long polls).
using deferred_session_handler =
    std::function<void(http::request, store::session_owner, http::responder)>;

struct route {
  std::string method;
  std::string path;
  access who = access::full;
  std::size_t body_limit = 0;
  std::variant<open_handler, session_handler, deferred_session_handler> handler;
  bool is_push = false;  ///< counted as one, and a device has at most one of them running
  http::brief_handler brief = nullptr;  ///< of an `open_handler`: what needs no store
};

/// Whom use is counted for.
[[nodiscard]] limits::user_keys keys_of(const store::session_owner& caller,
                                        const http::request& asked);

/// Counts a request that has been answered, by its size and its answer's, as use of the caller.
void note_request(context& in, const http::request& asked, const store::session_owner& caller,
                  std::size_t answer_bytes);

/// The lines for the HTTP server. `in` must outlive it. Throws std::logic_error when a line has an
/// `open_handler` and asks for a session, or the other way round.
[[nodiscard]] std::vector<http::endpoint> make_endpoints(context& in, std::vector<route> routes);

/// A problem document, with Retry-After where waiting helps; `last_push` for errors of a push.
[[nodiscard]] http::response problem(const error& what, const http::request& asked);
[[nodiscard]] http::response problem(const error& what, const http::request& asked,
                                     const std::optional<push_id>& last_push);

/// Runs `work`; what it throws is logged and becomes a problem document.
[[nodiscard]] http::response guarded(context& in, const http::request& asked,
                                     const std::function<http::response()>& work);

}  // namespace autocusto::api
