#pragma once
// Private to intake: the transaction's part of each call of the door.

#include "server/intake/batch.hpp"
#include "shared/base/error.hpp"

namespace autocusto::intake::detail {

/// Writes a batch; answers what is new. The run's own counts are the caller's.
[[nodiscard]] counts perform(store::writer& in, const batch& what);

/// Takes a run back, or says what stands in the way. Errors: not_found, already_exists (taken back
/// before).
[[nodiscard]] result<rollback_report> take_back(store::writer& in, const rollback_request& request);

/// An entry of the audit log by the system user.
void audit(store::writer& in, const char* what, const store::import_run_row& run, unix_millis now);

}  // namespace autocusto::intake::detail
