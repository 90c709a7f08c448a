#pragma once
// The kinds of records, and what each consists of.
//
// `schema/records/<kind>.json` lists a kind's key and its editable fields with type, limits,
// choices, labels and merge groups. The files are compiled in; validation, forms, diffs, merge,
// import and the documents all derive from them, and a new kind is a new file. Kinds are
// immutable, made once on first use and live for ever; any thread may read them.
//
// A file is one JSON object:
//   kind, label {pt, en}, key {name, rule, label}, name_field, summaries {initial, update,
//   migrated}, fields [{name, type: text|boolean, max (text only), required?, required_when?,
//   rule?, choices?,
//            group, clinical?, label {pt, en}}, …] in form order

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace autocusto::domain {

enum class field_type { text, boolean };

/// How a value is checked when a person enters it (see validate.hpp).
enum class field_rule { none, weight, height, cns, email, phone, cep, choice };

struct field_spec {
  std::string name;  ///< legacy name, e.g. `nome_paciente`
  field_type type = field_type::text;
  std::size_t max_length = 0;  ///< in Unicode code points; 0 for booleans
  bool required = false;
  std::string required_when;  ///< name of a boolean field; required while that is true
  field_rule rule = field_rule::none;
  std::vector<std::string> choices;
  std::string group;      ///< merge group: fields that only make sense together
  bool clinical = false;  ///< the whole group is clinical
  std::string label_pt;
  std::string label_en;
};

enum class key_rule { cpf, cnes };

struct record_kind {
  std::string kind;      ///< `patient`, `clinic`: also the name on the wire
  std::string key_name;  ///< `cpf`, `cnes`
  key_rule rule = key_rule::cpf;
  std::string name_field;  ///< the field that lists and searches show
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

/// Reads the text of one such file and checks that it makes sense: known members and rules,
/// names unique, groups clinical as a whole, `required_when` naming a boolean. Throws
/// std::invalid_argument with the field that is wrong: a kind is part of the program.
[[nodiscard]] record_kind parse_record_kind(std::string_view text);

/// The names by which those files, messages and documents call types and rules.
[[nodiscard]] std::string_view type_name(field_type type);
[[nodiscard]] std::string_view rule_name(field_rule rule);

}  // namespace autocusto::domain
