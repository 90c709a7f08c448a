#pragma once
// Doctors as records. Pure; any thread.
//
// Rows of doctors with the same registration become one record; each row becomes a version by the
// system user. A user who is linked to several of the rows is shown the one with the highest id,
// and has the others as history.

#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "tools/import/rules/judge.hpp"
#include "tools/import/rules/people.hpp"

namespace autocusto::import {

/// The key of the doctor's record, `12345/PA`; nothing where CRM or state do not make one.
[[nodiscard]] std::optional<std::string> doctor_key(const doctor_row& doctor);

/// The records of the doctors whose verdicts are not to keep them whole.
[[nodiscard]] std::vector<planned_record> plan_doctors(const std::vector<doctor_row>& doctors,
                                                       const std::vector<doctor_link>& links,
                                                       const std::unordered_set<legacy_id>& users,
                                                       const kept_verdicts& verdicts);

}  // namespace autocusto::import
