#pragma once
// The admin's acts that move a view without a push: assign and unassign.
//
// Both work inside a transaction that the caller opened, whose device row (or other per-actor
// locks) are already taken: they lock the record first and the owner's feed head last, write view,
// feed item and conflict, and wake the owner. Authorisation, signature and audit are the caller's.
// One transaction, one thread.

#include <optional>
#include <vector>

#include "server/store/rows.hpp"
#include "server/store/transaction.hpp"
#include "shared/base/clock.hpp"
#include "shared/base/error.hpp"

namespace autocusto::sync {

struct act_environment {
  random_source* random = nullptr;  ///< fresh incarnations
  unix_millis now = 0;
};

struct act_outcome {
  store::pk view = 0;
  incarnation_id incarnation;
  bool opened = false;  ///< assign: the owner had no open view before
  bool changed = true;  ///< assign: false when the view was exactly so already
};

/// Puts version X into the owner's view: heads := {X}, X pinned; earlier heads stay in the history,
/// drafts stay drafts; opens an incarnation when there is none; the conflict, if one is open,
/// closes as `assigned`. Only X becomes visible, not its ancestors. Where all that is so already,
/// nothing is written. Errors: view_moved when the
/// view's heads are not `expect_heads` (no view: no heads); not_found when there is no such record
/// or it has no such version; invalid_field for a draft; forbidden for the system user as owner.
[[nodiscard]] result<act_outcome> assign(store::transaction& tx, const act_environment& env,
                                         const store::user_row& owner, const record_id& record,
                                         const version_id& version,
                                         std::vector<version_id> expect_heads);

/// Closes the owner's incarnation of the record: a `removed` item, the conflict closes as
/// `removed`. Errors: not_found without an open view; view_moved when `expect_heads` is given and
/// the heads are others.
[[nodiscard]] result<act_outcome> unassign(store::transaction& tx, const act_environment& env,
                                           const store::user_row& owner, const record_id& record,
                                           std::optional<std::vector<version_id>> expect_heads);

}  // namespace autocusto::sync
