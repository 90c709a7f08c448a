#pragma once
// Bundles of masters with everything that hangs on them, one after another, by lowest master id.
//
// Four cursors over answers that the source sorts by the bundle's lowest id; memory is a bundle and
// some thousand rows ahead. After the last bundle come rows whose master does not exist, some at a
// time. One thread; the connection must outlive it.

#include <memory>
#include <optional>

#include "tools/import/rules/rows.hpp"
#include "tools/import/source/layout.hpp"

namespace autocusto::import {

class bundle_stream {
 public:
  bundle_stream(connection& on, const layout& of, const legacy_kind& kind);

  /// Nothing at the end.
  [[nodiscard]] std::optional<bundle> next();

 private:
  [[nodiscard]] master_row read_master(const source_row& row) const;
  [[nodiscard]] version_row read_version(const source_row& row) const;
  [[nodiscard]] field_values read_values(const source_row& row, int first) const;
  template <class Rows, class Read>
  void take(std::unique_ptr<cursor>& from, std::optional<std::int64_t> leader, Rows& to, Read read);

  const legacy_kind& kind_;
  std::unique_ptr<cursor> masters_, relations_, versions_, assignments_;
};

/// SQL: each master with the lowest id of those that may be the same record (columns id, leader).
/// It may join too many, never too few.
[[nodiscard]] std::string leaders_sql(const layout& of, const legacy_kind& kind);

}  // namespace autocusto::import
