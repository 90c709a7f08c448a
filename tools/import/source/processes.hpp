#pragma once
// Reads processes, with what the source's own joins tell about each, and the medicines that they
// name. One thread.

#include <functional>
#include <optional>
#include <string_view>

#include "tools/import/rules/process_fields.hpp"
#include "tools/import/rules/reference.hpp"
#include "tools/import/source/layout.hpp"

namespace autocusto::import {

/// Each with its row as JSON. Those of patients that may be one record (`leader`: the lowest id of
/// these; none where the patient is missing) come one after another, by id.
void walk_processes(connection& on, const layout& of,
                    const std::function<void(const process_row&, std::optional<legacy_id> leader,
                                             std::string_view json)>& each);

[[nodiscard]] medicine_rows read_medicines(connection& on, const layout& of);

/// Medicines, diseases, protocols and what joins them, by id.
[[nodiscard]] reference_rows read_reference(connection& on, const layout& of);

}  // namespace autocusto::import
