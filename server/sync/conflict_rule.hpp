#pragma once
// The rule of conflict rows: a view has an open conflict exactly while it has several heads. Values
// only; any thread.

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "server/store/rows.hpp"

namespace autocusto::sync {

/// The row to save for a view whose heads are now `heads`; nothing when the saved one is right.
/// `how` is the state of a conflict that ends with this; its row keeps the heads that it had. New
/// heads put a dismissed conflict back on the administrators' list.
[[nodiscard]] inline std::optional<store::conflict_row> settle_conflict(
    const std::optional<store::conflict_row>& open, store::pk view,
    const std::vector<version_id>& heads, const std::optional<version_id>& base,
    store::conflict_state how, unix_millis now) {
  if (heads.size() < 2) {
    if (!open) return std::nullopt;
    store::conflict_row closed = *open;
    closed.state = how;
    closed.closed_at = now;
    return closed;
  }
  store::conflict_row row;
  if (open) {
    if (open->heads == heads) return std::nullopt;
    row = *open;
  } else {
    row.view = view;
    row.opened_at = now;
  }
  row.state = store::conflict_state::open;
  row.dismissed = false;
  row.base = base;
  row.heads = heads;
  return row;
}

}  // namespace autocusto::sync
