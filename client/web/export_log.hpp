#pragma once
// When lists were exported from the page, and how many records: kept sealed in the replica, shown
// in the settings. Private to client/web. Whoever calls holds the lease.

#include <cstddef>

#include <nlohmann/json_fwd.hpp>

#include "client/replica/identity/identity_store.hpp"
#include "shared/base/error.hpp"

namespace autocusto::web {

/// The newest first, at most 50: `[{at, records}]`.
[[nodiscard]] nlohmann::json noted_exports(const replica::identity_store& own);
/// Errors as of set_setting.
[[nodiscard]] result<void> note_export(replica::identity_store own, std::size_t records);

}  // namespace autocusto::web
