#include "tools/import/rules/report.hpp"

#include <algorithm>
#include <stdexcept>
#include <tuple>

namespace autocusto::import {

std::string_view outcome_name(outcome o) {
  switch (o) {
    case outcome::imported:
      return "imported";
    case outcome::deferred:
      return "deferred";
    case outcome::ignored:
      return "ignored";
    case outcome::flagged:
      return "flagged";
    case outcome::merged:
      return "merged";
    case outcome::quarantined:
      return "quarantined";
  }
  throw std::logic_error("an outcome without a name");
}

std::uint16_t report::index_of(std::vector<std::string>& names, std::string_view name) {
  const auto at = std::find(names.begin(), names.end(), name);
  const auto index = static_cast<std::uint16_t>(at - names.begin());
  if (at == names.end()) names.emplace_back(name);
  return index;
}

void report::add(std::string_view table, std::int64_t id, outcome result, std::string_view reason,
                 std::optional<std::int64_t> into, std::optional<std::int64_t> number) {
  items_.push_back(
      {index_of(tables_, table), index_of(reasons_, reason), result, id, into, number});
}

void report::count(std::string_view table, outcome result, std::int64_t rows) {
  accounted_[std::string(table)][std::string(outcome_name(result))] += rows;
}

std::map<std::string, std::map<std::string, std::int64_t>> report::outcomes() const {
  std::map<std::tuple<outcome, std::uint16_t>, std::int64_t> counts;
  for (const auto& item : items_) ++counts[{item.result, item.reason}];
  std::map<std::string, std::map<std::string, std::int64_t>> out;
  for (const auto& [what, count] : counts) {
    const auto& [result, reason] = what;
    out[std::string(outcome_name(result))][reasons_[reason]] = count;
  }
  return out;
}

std::vector<std::string> report::unaccounted() const {
  std::vector<std::string> wrong;
  for (const auto& [table, rows] : source_rows_) {
    std::int64_t sum = 0;
    if (const auto at = accounted_.find(table); at != accounted_.end()) {
      for (const auto& [result, count] : at->second) sum += count;
    }
    if (sum != rows) wrong.push_back(table);
  }
  for (const auto& [table, counts] : accounted_) {
    if (!source_rows_.contains(table)) wrong.push_back(table);
  }
  return wrong;
}

void report::sort_items() {
  const auto key = [this](const report_item& item) {
    return std::tuple(table_name(item), item.id, outcome_name(item.result), reason_name(item),
                      item.into.value_or(0), item.number.value_or(0));
  };
  std::sort(items_.begin(), items_.end(),
            [&](const report_item& a, const report_item& b) { return key(a) < key(b); });
}

}  // namespace autocusto::import
