#pragma once
// The endpoint table of sync and operations.
//
//   POST /v1/enroll    anyone        one-time code -> device
//   GET  /enroll       anyone        a page that says what an enrollment link is for
//   POST /v1/session   anyone        challenge, then token
//   POST /v1/push      full session  versions -> signed receipt
//   GET  /v1/changes   full session  feed; `wait` makes it a long poll
//   POST /v1/known     any session   which of these versions the server has
//   POST /v1/surrender any session   erasure receipts; pushes of a device without access
//   POST /v1/receipt   any session   the receipt of a push, by the push id
//   GET  /v1/catalogue full session  the reference catalogue
//   GET  /healthz      anyone        the process answers
//   GET  /readyz       anyone        200 while the server can take work, else 503 with the reason
//
// server/admin adds the administrator's endpoints to the same table.

#include <vector>

#include "server/api/route.hpp"

namespace autocusto::api {

[[nodiscard]] std::vector<route> core_routes(context& in);

}  // namespace autocusto::api
