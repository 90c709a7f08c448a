#pragma once
// Which generation of the legacy schema a database has, told by its tables and columns.
//
//   g0  no version tables, accounts without process_count (2020)
//   g1  no version tables (July 2025)
//   g2  the four version tables
//   g3  g2, and processes with created_at
//
// Anything else is refused with a sentence that says what was found and what is expected.
// `detect` is pure; `read_columns` and `check_filled` ask the source.

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/error.hpp"
#include "tools/import/source/connection.hpp"

namespace autocusto::import {

/// Schema -> table -> column -> type, as PostgreSQL names it.
using schema_columns =
    std::map<std::string, std::map<std::string, std::map<std::string, std::string>>>;

struct layout {
  std::string name;    ///< g0, g1, g2, g3
  std::string schema;  ///< where the tables are
  bool versioned = false;
  bool doctors_have_state = false;
  std::vector<std::string> other_tables;  ///< in the same schema: only counted

  /// `"schema"."table"`
  [[nodiscard]] std::string table(std::string_view name_of_table) const {
    return sql_name(schema) + "." + sql_name(name_of_table);
  }
};

/// The tables that are read or kept, without the version tables.
[[nodiscard]] const std::vector<std::string>& base_tables();
[[nodiscard]] const std::vector<std::string>& version_tables();

/// `wanted`: the schema to take, or empty for the only one that fits. Error: usage.
[[nodiscard]] result<layout> detect(const schema_columns& columns, const std::string& wanted);

[[nodiscard]] schema_columns read_columns(connection& on);
/// An empty database, or version tables that nobody filled, are half-migrated: usage.
[[nodiscard]] result<void> check_filled(connection& on, const layout& of);
/// Rows of every table of the schema, as of this transaction.
[[nodiscard]] std::map<std::string, std::int64_t> count_rows(connection& on, const layout& of);

}  // namespace autocusto::import
