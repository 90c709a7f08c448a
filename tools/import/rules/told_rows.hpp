#pragma once
// Which of the rows that are kept whole a run still has, by its report. Pure; any thread.
//
// Rows of earlier runs of the source stay where they are; one that has come in since is over.

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "server/store/imports/rows.hpp"

namespace autocusto::import {

class told_rows {
 public:
  /// What the report, as JSON, says of that table.
  told_rows(std::string_view report, std::string_view table);

  /// Whether the row was kept by an earlier run only: the run has it imported.
  [[nodiscard]] bool is_over(const store::import_kept_row& row) const;

 private:
  std::set<std::int64_t> quarantined_;
  std::set<std::int64_t> others_;  ///< named for another reason; a flagged one may be kept whole
  bool defers_ = false;            ///< rows of this table are deferred
};

}  // namespace autocusto::import
