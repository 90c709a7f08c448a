// Rows that an earlier run kept whole and a later one imported are not told any more.

#include <gtest/gtest.h>

#include "tools/import/rules/told_rows.hpp"

namespace autocusto::import {
namespace {

store::import_kept_row kept(std::int64_t id, store::kept_outcome outcome) {
  store::import_kept_row out;
  out.legacy_id = id;
  out.outcome = outcome;
  return out;
}

constexpr const char* k_report = R"({
  "accounted": {"processos_processo": {"imported": 1, "flagged": 1, "quarantined": 1},
                "processos_medicamento": {"deferred": 2}},
  "items": [
    {"id": 6, "outcome": "flagged", "reason": "CONDITIONAL_DROPPED", "table": "processos_processo"},
    {"id": 7, "outcome": "quarantined", "reason": "MISSING_PATIENT", "table": "processos_processo"},
    {"id": 5, "outcome": "quarantined", "reason": "X", "table": "pacientes_paciente"}]})";

TEST(import_told_rows, a_deferred_row_that_came_in_is_over) {
  using enum store::kept_outcome;
  const told_rows processes(k_report, "processos_processo");
  EXPECT_TRUE(processes.is_over(kept(5, deferred))) << "an earlier release deferred all processes";
  EXPECT_FALSE(processes.is_over(kept(6, deferred))) << "imported, and kept for what was dropped";
  EXPECT_FALSE(processes.is_over(kept(7, quarantined)));
  EXPECT_TRUE(processes.is_over(kept(5, quarantined)));
  EXPECT_FALSE(told_rows(k_report, "processos_medicamento").is_over(kept(5, deferred)));
  EXPECT_TRUE(told_rows(k_report, "no_such_table").is_over(kept(5, deferred)));
}

}  // namespace
}  // namespace autocusto::import
