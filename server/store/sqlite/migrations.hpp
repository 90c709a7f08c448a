#pragma once
// The migrations of schema/server_sqlite, compiled in. Constants; any thread.

#include <span>

#include "shared/base/migration.hpp"

namespace autocusto::store {

[[nodiscard]] std::span<const migration> sqlite_migrations();

}  // namespace autocusto::store
