#pragma once
// The administrator's endpoints.
//
//   GET  /v1/admin/users, /devices, /devices/{id}, /policy, /stats
//   POST /v1/admin/records/{list,versions,graph,show,compare,why}
//   POST /v1/admin/conflicts/{list,show}
//   POST /v1/admin/quarantine/{list,show,export}
//   POST /v1/admin/audit/list
//   POST /v1/admin/act
//
// All ask for a full session of an enabled administrator. Questions that may name a patient are
// POST, so that nothing of one stands in a URL, and each leaves a line in the audit log (who, what,
// which record, which user) that is durable before the answer is sent. Acts are signed by the
// administrator's device and kept with their signature in the transaction that does them. The
// messages are those of shared/wire/admin.hpp. Any thread.

#include <vector>

#include "server/api/route.hpp"

namespace autocusto::admin {

/// Lines for the endpoint table; `in` must outlive them.
[[nodiscard]] std::vector<api::route> routes(api::context& in);

}  // namespace autocusto::admin
