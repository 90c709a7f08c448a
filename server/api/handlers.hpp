#pragma once
// Private to server/api: the handlers behind `core_routes`, one for each endpoint.

#include "server/api/route.hpp"
#include "server/auth/code.hpp"

namespace autocusto::api::detail {

/// What of /v1/enroll and /v1/session needs no store, for the socket thread: the greeting, the
/// challenge, and the refusal of what is malformed, or was invented. Nothing: the handler goes on.
[[nodiscard]] std::optional<http::response> enroll_here(context& in, const auth::code_mint& codes,
                                                        const http::request& asked);
[[nodiscard]] std::optional<http::response> session_here(context& in, const http::request& asked);
/// The rest of them.
[[nodiscard]] http::response enroll(context& in, const auth::code_mint& codes,
                                    const http::request& asked);
[[nodiscard]] http::response session(context& in, const http::request& asked);
[[nodiscard]] http::response push(context& in, const http::request& asked,
                                  const store::session_owner& caller);
[[nodiscard]] http::response surrender(context& in, const http::request& asked,
                                       const store::session_owner& caller);
[[nodiscard]] http::response receipt(context& in, const http::request& asked,
                                     const store::session_owner& caller);
[[nodiscard]] http::response known(context& in, const http::request& asked,
                                   const store::session_owner& caller);
[[nodiscard]] http::response catalogue(context& in, const http::request& asked);
void changes(context& in, const http::request& asked, const store::session_owner& caller,
             const http::responder& answer);

}  // namespace autocusto::api::detail
