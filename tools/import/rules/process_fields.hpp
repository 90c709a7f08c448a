#pragma once
// What a row of processos_processo says, as the fields of a process. Pure; any thread.
//
//  - Each medicine keeps its own doses: slot 3 is read by number 3, whether or not slot 2 is there.
//  - Rows of three months (before August 2020) have 3 months, all others 6; no rows have none.
//  - A start date inside the prescription (`data_1`) is dropped: dates belong to emissions.
//  - `M` (mother or doctor) becomes empty. Of the answers, those named `opt_…` are taken.
//  - Texts are never cut or changed.
// Each deviation is a reason. What no field can hold makes the row one to be kept whole.

#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tools/import/rules/processes.hpp"

namespace autocusto::import {

/// A medicine of the legacy catalogue. A name that is not readable is as none.
struct medicine_row {
  std::string name;          ///< with its strength
  std::string presentation;  ///< may be empty
};

/// As it is printed: name and strength.
[[nodiscard]] std::string medicine_name(std::string_view name, std::string_view strength);
/// The name of a row whose medicine is not known.
[[nodiscard]] std::string unknown_medicine(std::string_view id);
/// The catalogue code of a legacy row.
[[nodiscard]] std::string legacy_code(legacy_id id);

struct process_fields {
  std::string json;                       ///< canonical JSON of all fields
  std::string_view refused;               ///< why there are none; else empty
  std::vector<std::string_view> reasons;  ///< each once, in the order found
  std::set<legacy_id> medicines;          ///< all that its prescription names
  bool whole = false;                     ///< something of the row stands in no field
};
/// `json`: the row, of the process's own columns. `clinic`: its record's key, or empty.
[[nodiscard]] process_fields read_process_fields(const process_row& p, std::string_view json,
                                                 std::string_view clinic,
                                                 const medicine_rows& medicines);

}  // namespace autocusto::import
