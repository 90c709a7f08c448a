#pragma once
// What an administrator does with refused versions: accept one into a user's view, or reject it.
//
// Accepting stores the version as it was received, without the rules of entry, and assigns it: it
// becomes the one that the user sees, earlier heads stay in their history. Its bytes must be whole,
// it must be by the user whose push brought it, and its parents must be known. Either way the item
// leaves the quarantine. Inside a transaction that the caller opened, under the lock order of
// acts.hpp; authorisation, signature and audit are the caller's. One transaction, one thread.

#include <string_view>
#include <vector>

#include "server/store/rows.hpp"
#include "server/store/transaction.hpp"
#include "server/sync/acts.hpp"

namespace autocusto::sync {

/// Errors: the flaw of its bytes; author_mismatch, device_mismatch; parent_unavailable when a
/// parent is not known (accept that one first); bad_generation; those of `assign` (view_moved;
/// invalid_field for a draft).
[[nodiscard]] result<act_outcome> accept_quarantined(store::transaction& tx,
                                                     const act_environment& env,
                                                     std::string_view tenant_key,
                                                     const store::quarantine_row& item,
                                                     const store::user_row& owner,
                                                     std::vector<version_id> expect_heads);

}  // namespace autocusto::sync
