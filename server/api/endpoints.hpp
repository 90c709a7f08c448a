#pragma once
// The endpoints of synchronising and of operations.
//
//   POST /v1/enroll    anyone        one-time code -> device
//   GET  /enroll       anyone        a page that says what an enrollment link is for
//   POST /v1/session   anyone        challenge, then token
//   POST /v1/push      full session  versions -> signed receipt
//   GET  /v1/changes   full session  feed; `wait` makes it a long poll
//   POST /v1/known     any session   which of these versions the server has
//   POST /v1/surrender any session   receipts of what a device without access has erased
//   GET  /healthz      anyone        the process answers
//   GET  /readyz       anyone        it takes work: 200, or 503 with why not
//
// The administrator's endpoints come from server/admin as further lines of the same table.

#include <vector>

#include "server/api/route.hpp"

namespace autocusto::api {

[[nodiscard]] std::vector<route> core_routes(context& in);

}  // namespace autocusto::api
