#pragma once
// Values of several parts as people read them: medicines with their months, answers by name.
//
// Columns whose names end in `_1` to `_6` belong to a month; months that say the same stand on one
// line. Pure but for the language; any thread.

#include <string>
#include <vector>

#include "shared/domain/record_kind.hpp"
#include "shared/domain/version.hpp"

namespace autocusto::cli {

/// The lines of a value; none for an empty one.
[[nodiscard]] std::vector<std::string> value_lines(const domain::field_spec* field,
                                                   const domain::field_value& value);

/// One thing that differs: what it is, how it was, how it became.
struct change_line {
  std::string what;
  std::string from;
  std::string to;
};
/// Rows are compared one by one and column by column, maps name by name.
[[nodiscard]] std::vector<change_line> change_lines(const domain::field_spec* field,
                                                    const std::string& label,
                                                    const domain::field_value& from,
                                                    const domain::field_value& to);

}  // namespace autocusto::cli
