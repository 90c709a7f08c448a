#pragma once
// Values of several parts: rows (a list of medicines) and maps (conditional answers).
//
// Both are kept as canonical JSON. Rows: `[{"codigo":"…","nome":"…"},…]`, a map:
// `{"opt_edss":"2,5"}`. Every cell and entry is text, and an empty one is left out, so that one
// value has one text, and a column that comes later needs no new form. Names that the field does
// not list are kept (a newer program wrote them); whether they may be entered is a rule
// (validate.hpp). The order of rows is part of the value. Pure functions; any thread.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "shared/base/error.hpp"
#include "shared/domain/record_kind.hpp"
#include "shared/domain/version.hpp"

namespace autocusto::domain {

/// Column -> text, or name -> text; never an empty text.
using text_map = std::map<std::string, std::string, std::less<>>;
using row_list = std::vector<text_map>;

/// The rows of a value in its canonical form. Error: malformed.
[[nodiscard]] result<row_list> rows_of(const structured& value);
[[nodiscard]] result<text_map> map_of(const structured& value);
/// The value of rows or of a map; empty texts are left out, and rows without any. Texts are UTF-8
/// without U+0000.
[[nodiscard]] structured from_rows(const row_list& rows);
[[nodiscard]] structured from_map(const text_map& map);

/// The cell's text; empty where there is none.
[[nodiscard]] std::string cell(const text_map& row, std::string_view column);

/// Whether the value has the form that its field's type asks for. Error: malformed with the field.
[[nodiscard]] result<void> check_form(const field_spec& field, const structured& value);

/// Rows or a map from JSON that a person or a program gave: numbers become texts, null and empty
/// texts are left out, each text is cleaned as entry.hpp says. Error: invalid_field with the field,
/// and the row where it is wrong.
[[nodiscard]] result<structured> entered_structured(const field_spec& field,
                                                    const nlohmann::json& value);

/// A value as JSON: text, true or false, a list, an object.
[[nodiscard]] nlohmann::json json_of(const field_value& value);
[[nodiscard]] nlohmann::json json_of(const field_map& fields);

/// A value of that field from JSON that a person or a program gave; a text is read as
/// `entered_value` does (entry.hpp). Errors: invalid_field, also for an unknown field.
[[nodiscard]] result<field_value> entered_json(const record_kind& kind, const std::string& name,
                                               const nlohmann::json& value);

/// What breaks the limits of the field: number of rows or entries, unknown columns and names,
/// lengths, rules, required cells. Each error: invalid_field with field and limit; at most 50.
[[nodiscard]] std::vector<error> structured_problems(const field_spec& field,
                                                     const structured& value);

/// How one row became another. Rows are matched when they are equal, then by `codigo`, then by
/// `nome`; one that has neither is matched by its position.
struct row_change {
  std::optional<std::size_t> from;   ///< position before; nothing: the row is new
  std::optional<std::size_t> to;     ///< position after; nothing: the row went
  std::vector<std::string> columns;  ///< of a row that stayed: what differs, in order of names
};
/// All rows that differ or moved, rows that went first, then in the order of `to`. Quadratic in the
/// number of rows, which limits bound.
[[nodiscard]] std::vector<row_change> diff_rows(const row_list& from, const row_list& to);

}  // namespace autocusto::domain
