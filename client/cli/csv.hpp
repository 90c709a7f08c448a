#pragma once
// Tables of text as spreadsheets write them (RFC 4180): a header, then one row a line; fields in
// double quotes may hold separators, line breaks and doubled quotes. The separator is a comma, a
// semicolon or a tab, whichever the header has most of. Our own, since what is wrong has to be told
// with its line in the file, which libraries do not keep. Pure functions; any thread. Work and
// memory are linear in the text.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/error.hpp"

namespace autocusto::cli {

struct csv_row {
  std::size_t line = 0;  ///< in which it begins, from 1
  std::vector<std::string> cells;
  /// What is wrong with it, without the line; the next row is read from the next line on.
  std::optional<error> wrong;
};

/// Whether the text looks like such a table rather than JSON: its first line begins with no brace
/// or bracket and has a separator.
[[nodiscard]] bool looks_like_csv(std::string_view text);

/// All rows, the header first; empty lines are passed over. What may be wrong with a row
/// (malformed): a quote that is not closed, text behind a closing quote, more or fewer cells than
/// the header, no valid UTF-8. Error: malformed, with the line, for a header that is wrong, or
/// none.
[[nodiscard]] result<std::vector<csv_row>> read_csv(std::string_view text);

}  // namespace autocusto::cli
