#pragma once
// Numbered changes of a database schema: what there is, what a database has, and what has to run.
//
// Scripts live in `schema/DATABASE/NNNN_name.{up,down}.sql` and are compiled in by the CMake
// function embed_migrations, with the SHA-256 of each up script. Planning is pure and the same for
// every database; running is the databases' own.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/clock.hpp"
#include "shared/base/error.hpp"

namespace autocusto {

/// One compiled-in migration; the views point at constants.
struct migration {
  int number = 0;
  std::string_view name;
  std::string_view up;
  std::string_view down;
  std::string_view checksum;  ///< SHA-256 of `up` in hex
};

/// What a database remembers of a migration that ran.
struct applied_migration {
  int number = 0;
  std::string name;
  std::string checksum;
  unix_millis applied_at = 0;
};

struct migration_status {
  int number = 0;
  std::string name;
  bool applied = false;
  std::optional<unix_millis> applied_at;
  bool checksum_matches = true;
  bool known = true;  ///< false: applied by a newer program
};

struct migration_step {
  const migration* what = nullptr;
  bool up = true;
};

/// Known and applied ones side by side, by number.
[[nodiscard]] std::vector<migration_status> compare_migrations(
    std::span<const migration> known, std::span<const applied_migration> applied);

/// The steps to `target` (nothing: the newest known), in the order to run them. Errors:
/// schema_too_new when an applied migration is not known; database when an applied one has another
/// checksum, one before the newest applied is missing, or `target` is not a known number (or 0).
[[nodiscard]] result<std::vector<migration_step>> plan_migrations(
    std::span<const migration> known, std::span<const applied_migration> applied,
    std::optional<int> target);

}  // namespace autocusto
