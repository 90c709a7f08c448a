#pragma once
// The kinds of records, and what each consists of.
//
// `schema/records/<kind>.json` lists a kind's key and its editable fields with type, limits,
// choices, labels and merge groups. The files are compiled in; validation, forms, diffs, merge,
// import and the documents all derive from them. A new kind is a new file, and the places that name
// kinds one by one (docs/architecture.md, how to add). Kinds are immutable, made once on first use
// and live for ever; any thread may read them.
//
// A file is one JSON object:
//   kind, label {pt, en}, key {name, rule, label}, name_field, summaries {initial, update,
//   migrated}, fields [{name, type: text|boolean|rows|map, group, clinical?, since?, required?,
//   required_when?, label {pt, en}; text: max, lines?, rule?, choices?; rows: max_rows, columns
//   [{name, max, required?, rule?, label}, …]; map: pattern, max_entries, max}, …] in form order
//
// Kinds grow. Each field has the revision of its kind `since` which it exists, 1 unless the file
// says otherwise. A field is never taken away and never changes its type. A version is written in
// the least revision that holds what it says, so a program that does not know a field yet reads
// all versions that do not use it (version.hpp).

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace autocusto::domain {

/// text: one line, or several (`lines`); boolean; rows: a list of rows with named columns; map:
/// texts by names that follow a pattern. Rows and maps are kept as canonical JSON (structured.hpp).
enum class field_type { text, boolean, rows, map, unknown };

/// How a value is checked when a person enters it (see validate.hpp).
enum class field_rule {
  none,
  weight,
  height,
  cns,
  email,
  phone,
  cep,
  choice,
  cpf,
  cnes,
  date,
  digits
};

/// One column of a field of rows. Every cell is text.
struct column_spec {
  std::string name;
  std::size_t max_length = 0;  ///< in Unicode code points
  bool required = false;       ///< in each row
  field_rule rule = field_rule::none;
  std::string label_pt;
  std::string label_en;
};

struct field_spec {
  std::string name;  ///< legacy name, e.g. `nome_paciente`
  field_type type = field_type::text;
  std::int64_t since = 1;      ///< the revision of the kind that brought the field
  std::size_t max_length = 0;  ///< in Unicode code points, of a text or of each text of a map
  bool lines = false;          ///< text that may have line breaks
  bool required = false;
  std::string required_when;   ///< name of a field; required while that has `required_value`
  std::string required_value;  ///< empty: `required_when` is a boolean, and true
  field_rule rule = field_rule::none;
  std::vector<std::string> choices;
  std::size_t max_items = 0;         ///< of rows, or entries of a map
  std::vector<column_spec> columns;  ///< of rows, in form order
  std::string pattern;               ///< what the names of a map begin with
  std::string group;                 ///< merge group: fields that only make sense together
  bool clinical = false;             ///< the whole group is clinical
  std::string label_pt;
  std::string label_en;
};

enum class key_rule { cpf, cnes, registration, process, emission };

struct record_kind {
  std::string kind;           ///< `patient`, `clinic`, …: also the name on the wire
  std::int64_t revision = 1;  ///< the greatest `since` of its fields
  std::string key_name;       ///< `cpf`, `cnes`, …
  key_rule rule = key_rule::cpf;
  std::string name_field;  ///< what lists and searches show: a text, or the `nome` of its rows
  std::string label_pt;
  std::string label_en;
  std::string key_label_pt;
  std::string key_label_en;
  std::string initial_summary;     ///< default summary of a first version
  std::string update_template;     ///< default summary of an edit, with `{email}` in it
  std::string migrated_summary;    ///< default summary of a version made by an import
  std::vector<field_spec> fields;  ///< in form order
  /// Positions in `fields` in the order of their names, which is the order of canonical JSON.
  std::vector<std::size_t> by_name;

  /// The field of that name, or null.
  [[nodiscard]] const field_spec* find(std::string_view name) const;
  /// The default summary of an edit by the user with that e-mail.
  [[nodiscard]] std::string update_summary(std::string_view email) const;
};

/// All kinds, in a fixed order.
[[nodiscard]] std::span<const record_kind> record_kinds();
/// The kind of that name, or null for an unknown one.
[[nodiscard]] const record_kind* find_record_kind(std::string_view kind);

/// Kind -> revision: what a program can read and check.
using kind_revisions = std::map<std::string, std::int64_t, std::less<>>;
/// Those of this program.
[[nodiscard]] const kind_revisions& known_revisions();
/// Those of the releases that do not tell theirs: patients and clinics as they were at first.
[[nodiscard]] const kind_revisions& first_revisions();

/// Whether whoever takes `have` takes everything of `want`.
[[nodiscard]] bool covers(const kind_revisions& have, const kind_revisions& want);

/// Reads the text of one such file and checks that it makes sense: known members and rules,
/// names unique, groups clinical as a whole, `required_when` naming a boolean. Throws
/// std::invalid_argument with the field that is wrong: a kind is part of the program.
[[nodiscard]] record_kind parse_record_kind(std::string_view text);

/// The names by which those files, messages and documents call types and rules.
[[nodiscard]] std::string_view type_name(field_type type);
[[nodiscard]] std::string_view rule_name(field_rule rule);

}  // namespace autocusto::domain
