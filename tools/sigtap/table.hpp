#pragma once
// A table of SIGTAP: lines of columns at fixed places, and a file that says which.
//
// The layout file is a CSV: `Coluna,Tamanho,Inicio,Fim,Tipo`, then a line for each column, with
// places from 1 on and both included. The table has one row in each line, in Latin-1, where a byte
// is a character. Errors name file and line: "tb_cid.txt, line 12: …". Pure functions; any thread.

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/error.hpp"

namespace autocusto::sigtap {

inline constexpr std::size_t k_longest_line = 10'000;  ///< in bytes

struct text_file {
  std::string name;
  std::string bytes;
};

struct column {
  std::string name;
  std::size_t from = 0;  ///< from 0 on
  std::size_t size = 0;
};

/// One row while a table is read. It refers to the file and to the places of the columns.
class row {
 public:
  row(std::string_view line, const std::vector<column>& columns) : line_(line), columns_(columns) {}
  /// The bytes of the wanted column with that position, without blanks around.
  [[nodiscard]] std::string_view bytes(std::size_t wanted) const;
  /// As UTF-8, and as it is seen: single blanks, NFC.
  [[nodiscard]] std::string words(std::size_t wanted) const;

 private:
  std::string_view line_;
  const std::vector<column>& columns_;
};

/// The error about a line of a file; lines count from 1.
[[nodiscard]] error at_line(const text_file& file, std::size_t line, std::string_view what);

/// Calls `each` for the rows whose line begins with `prefix`, in their order, with the number of
/// the line, until one fails. `wanted` names the columns that it asks for. Errors: malformed.
[[nodiscard]] result<void> read_table(
    const text_file& table, const text_file& layout, const std::vector<std::string>& wanted,
    std::string_view prefix,
    const std::function<result<void>(const row& values, std::size_t line)>& each);

}  // namespace autocusto::sigtap
