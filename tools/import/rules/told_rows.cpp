#include "tools/import/rules/told_rows.hpp"

#include <nlohmann/json.hpp>

namespace autocusto::import {

told_rows::told_rows(std::string_view report, std::string_view table) {
  const auto read = nlohmann::json::parse(report);
  for (const auto& item : read.at("items")) {
    if (item.at("table") != table) continue;
    auto& to = item.at("outcome") == "quarantined" ? quarantined_ : others_;
    to.insert(item.at("id").get<std::int64_t>());
  }
  const auto& all = read.at("accounted");
  const auto at = all.find(std::string(table));
  defers_ = at != all.end() && at->value("deferred", std::int64_t{0}) > 0;
}

bool told_rows::is_over(const store::import_kept_row& row) const {
  if (row.outcome == store::kept_outcome::quarantined) return !quarantined_.contains(row.legacy_id);
  return !defers_ && !others_.contains(row.legacy_id);
}

}  // namespace autocusto::import
