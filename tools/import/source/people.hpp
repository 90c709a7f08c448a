#pragma once
// Reads accounts, doctors, issuers and the raw rows of kept tables. One thread.

#include <functional>
#include <string>
#include <unordered_set>
#include <vector>

#include "tools/import/rules/people.hpp"
#include "tools/import/source/layout.hpp"

namespace autocusto::import {

[[nodiscard]] std::vector<user_row> read_users(connection& on, const layout& of);
[[nodiscard]] std::vector<doctor_row> read_doctors(connection& on, const layout& of);
[[nodiscard]] std::vector<doctor_link> read_links(connection& on, const layout& of);
[[nodiscard]] std::vector<issuer_row> read_issuers(connection& on, const layout& of);
/// A row of a table that links two others: which ends are missing, and the lowest row of the pair.
struct link_row {
  std::int64_t id = 0;
  bool first_exists = true, second_exists = true;
  std::int64_t lowest = 0;
  std::int64_t first = 0, second = 0;
};
struct link_table {
  std::string_view table, first_column, first_table, second_column, second_table;
};
/// The row as JSON text, as SQL; hashes of passwords are left out.
[[nodiscard]] std::string row_as_json(std::string_view table, const std::string& alias);
void walk_links(connection& on, const layout& of, const link_table& which,
                const std::function<void(const link_row&, std::string_view json)>& each);
/// All rows of a table as JSON, by id; `missing`: a column names a row that does not exist.
void walk_rows(
    connection& on, const layout& of, std::string_view table, std::string_view column,
    std::string_view referred,
    const std::function<void(std::int64_t id, bool missing, std::string_view json)>& each);
/// These rows as JSON.
void read_rows(connection& on, const layout& of, std::string_view table,
               const std::vector<std::int64_t>& ids,
               const std::function<void(std::int64_t id, std::string_view json)>& each);

[[nodiscard]] bool related_to_any(connection& on, const layout& of, const legacy_kind& kind,
                                  const std::vector<std::int64_t>& masters, std::int64_t user);
/// When the legacy application was last brought up to date, in microseconds since 1970; 0 if it
/// does not say.
[[nodiscard]] std::int64_t last_migration(connection& on, const layout& of);

}  // namespace autocusto::import
