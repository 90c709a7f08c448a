#pragma once
// Private to server/admin: every answer to an administrator's call carries the signed head of the
// audit log, as it is after the call.

#include "server/api/route.hpp"

namespace autocusto::admin::detail {

/// Adds the header `Autocusto-Audit-Head`, with the link of the line that the request's
/// `Autocusto-Audit-Seen` names.
[[nodiscard]] http::response with_head(api::context& in, const http::request& asked,
                                       http::response answer);

}  // namespace autocusto::admin::detail
