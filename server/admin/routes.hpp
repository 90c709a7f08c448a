#pragma once
// The endpoint table of administrators.
//
//   GET  /v1/admin/users, /enrollments, /devices, /devices/{id}, /policy, /stats
//   GET  /v1/admin/catalogue, /catalogue/{revision}
//   POST /v1/admin/records/{list,versions,graph,show,dependents,compare,why}
//   POST /v1/admin/conflicts/{list,show}
//   POST /v1/admin/quarantine/{list,show,export}
//   POST /v1/admin/audit/list
//   POST /v1/admin/catalogue
//   POST /v1/admin/act
//
// Each requires a full session of an enabled administrator. Requests that may name a patient are
// POST, so that no patient data stands in a URL. Each of these writes a line to the audit log (who,
// what, which record, which user), which is durable before the answer is sent. An act is signed by
// the administrator's device; the transaction that does it stores its signed object. The messages
// are in shared/wire/admin.hpp. Any thread.

#include <vector>

#include "server/api/route.hpp"

namespace autocusto::admin {

/// Lines for the endpoint table; `in` must outlive them.
[[nodiscard]] std::vector<api::route> routes(api::context& in);

}  // namespace autocusto::admin
