#pragma once
// Private to server/api: the handlers behind `core_routes`, one for each endpoint.

#include "server/api/route.hpp"

namespace autocusto::api::detail {

[[nodiscard]] http::response enroll(context& in, const http::request& asked);
[[nodiscard]] http::response session(context& in, const http::request& asked);
[[nodiscard]] http::response push(context& in, const http::request& asked,
                                  const store::session_owner& caller);
[[nodiscard]] http::response surrender(context& in, const http::request& asked,
                                       const store::session_owner& caller);
[[nodiscard]] http::response known(context& in, const http::request& asked,
                                   const store::session_owner& caller);
void changes(context& in, const http::request& asked, const store::session_owner& caller,
             const http::responder& answer);

}  // namespace autocusto::api::detail
