#pragma once
// Applies numbered migrations to an SQLite database and remembers them in `schema_migration`
// (number, name, checksum, time). Each runs in a transaction of its own; a script never holds BEGIN
// or COMMIT. The rules of what may run are in shared/base/migration.hpp, shared with the other
// database.

#include <optional>
#include <span>
#include <vector>

#include "shared/base/clock.hpp"
#include "shared/base/error.hpp"
#include "shared/base/migration.hpp"
#include "shared/sqlite/database.hpp"

namespace autocusto::sqlite {

/// Every known migration, and those of a newer program that the database has, by number.
[[nodiscard]] std::vector<migration_status> migration_states(database& on,
                                                             std::span<const migration> known);

/// Migrates to `target` (nothing: the newest known; 0: an empty database); `dry_run` only tells.
/// Answers the steps in order. Errors: schema_too_new when the database has a migration that the
/// program does not know; database when an applied migration was changed afterwards.
[[nodiscard]] result<std::vector<migration_step>> migrate(database& on,
                                                          std::span<const migration> known,
                                                          std::optional<int> target, bool dry_run,
                                                          unix_millis now);

}  // namespace autocusto::sqlite
