#pragma once
// Private to intake: the transaction's part of each call of the import writer.

#include <optional>

#include "server/intake/batch.hpp"
#include "server/intake/intake.hpp"
#include "server/intake/plan_batch.hpp"
#include "server/store/imports/runs.hpp"
#include "server/store/people.hpp"
#include "shared/base/error.hpp"

namespace autocusto::intake::detail {

struct applied_batch {
  counts made;
  std::int64_t set_aside = 0;  ///< views that wait for the end of the run
};

/// Writes a batch; answers what is new. Views of accounts that the run does not hold are set aside.
/// The run's own counts are the caller's.
[[nodiscard]] applied_batch apply_batch(store::transaction& tx, const batch& what,
                                        const commit_order& before_feeds,
                                        batch_kind kind = batch_kind::from_source);

/// Gives everybody what was set aside. Answers the views.
[[nodiscard]] counts publish(store::transaction& tx, const store::import_run_row& run,
                             unix_millis now);

/// Locks the row of the import device, so that only one transaction at a time begins a run or rolls
/// one back. Both take this lock first, and nothing else locks that row.
void lock_imports(store::people::writes people);

/// An error (conflict_open) if the run was finished or rolled back; the caller has locked its row.
[[nodiscard]] std::optional<error> ended(const store::import_run_row& run);

/// Takes a run back, or says what stands in the way. Errors: not_found, already_exists (taken back
/// before), conflict_open (a newer run of its source stands).
[[nodiscard]] result<rollback_report> take_back(store::transaction& tx,
                                                const rollback_request& request);

/// An entry of the audit log by the system user.
void audit(store::transaction& tx, const char* what, const store::import_run_row& run,
           unix_millis now);

}  // namespace autocusto::intake::detail
