#pragma once
// Private to the rules: the JSON of a legacy prescription as rows.

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "shared/domain/structured.hpp"
#include "tools/import/rules/process_fields.hpp"

namespace autocusto::import::detail {

/// Reasons of one row, each once; a row says little, so the list is short.
class reason_list {
 public:
  void add(std::string_view reason);
  [[nodiscard]] std::vector<std::string_view> take() { return std::move(reasons_); }

 private:
  std::vector<std::string_view> reasons_;
};

struct prescription {
  domain::row_list rows;
  std::string months;             ///< `3`, `6`, or empty without rows
  std::set<legacy_id> medicines;  ///< all that it names, known or not
  bool whole = false;             ///< something of it stands in no row
};
[[nodiscard]] prescription read_prescription(const nlohmann::json& value,
                                             const medicine_rows& medicines, reason_list& reasons);

/// Text of a value that a form sent; numbers as they stand, null as nothing. Nothing for others.
[[nodiscard]] std::optional<std::string> plain_text(const nlohmann::json& value);

}  // namespace autocusto::import::detail
