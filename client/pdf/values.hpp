#pragma once
// Every value that a form or a template may ask for, by name, ready to be drawn.
//
// Names are those of the records' fields, and some that are made here (`data`, `qtd_2_3`,
// `crm_medico`): the list stands in docs/printing.md. A value that a form never asks for is never
// complained of. A table belongs to one thread.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/pdf/request.hpp"

namespace autocusto::pdf {

struct drawable_value {
  std::string text;                  ///< drawable; empty when `valid` is false
  std::vector<std::string> missing;  ///< code points without a glyph
  bool valid = true;                 ///< it was UTF-8
};

class value_table {
 public:
  explicit value_table(const print_request& request);

  /// The value of that name; an empty one when there is none.
  [[nodiscard]] const drawable_value& get(std::string_view name) const;
  /// Adds or replaces: what changes from sheet to sheet (`data_receita`, `via`, `item_1_nome`).
  void set(std::string_view name, std::string_view text);
  [[nodiscard]] std::vector<std::string> names() const;
  /// Removes all names that begin so.
  void clear(std::string_view beginning);

 private:
  std::map<std::string, drawable_value, std::less<>> values_;
};

/// A quantity of one to four digits; nothing for another text. 0 where the text is empty.
[[nodiscard]] std::optional<int> quantity_of(std::string_view text);

/// The medicine as it is printed: name and presentation, where the name does not hold it already.
[[nodiscard]] std::string medicine_text(const prescription_row& row);

/// "12,5" from "12.5 kg"; "170" from "1,70 m" or "170cm". What is not such a number stays as it is.
[[nodiscard]] std::string weight_text(std::string_view stored);
[[nodiscard]] std::string height_text(std::string_view stored);

}  // namespace autocusto::pdf
