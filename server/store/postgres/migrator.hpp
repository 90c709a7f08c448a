#pragma once
// Applies the migrations of schema/server_postgres, each in a transaction, under an advisory lock
// so that several server processes may start at once. Own connection; any thread.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "shared/base/migration.hpp"

namespace autocusto::store {

[[nodiscard]] std::span<const migration> postgres_migrations();

[[nodiscard]] std::vector<migration_status> postgres_migration_states(const std::string& url);

/// As sqlite::migrate does for the other database.
[[nodiscard]] result<std::vector<migration_step>> migrate_postgres(const std::string& url,
                                                                   std::optional<int> target,
                                                                   bool dry_run, unix_millis now);

}  // namespace autocusto::store
