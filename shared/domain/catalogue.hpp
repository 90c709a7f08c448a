#pragma once
// The field catalogues: what each kind of record consists of.
//
// `schema/records/<kind>.json` lists a kind's key and its editable fields with type, limits,
// choices, labels and merge groups. The files are compiled in; validation, forms, diffs, merge,
// import and the documents all derive from them, and a new kind is a new file. Catalogues are
// immutable, made once on first use and live for ever; any thread may read them.

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

struct catalogue {
  std::string kind;      ///< `patient`, `clinic`: also the name on the wire
  std::string key_name;  ///< `cpf`, `cnes`
  key_rule rule = key_rule::cpf;
  std::string name_field;  ///< the field that lists and searches show
  std::string label_pt;
  std::string label_en;
  std::string initial_summary;     ///< default summary of a first version
  std::vector<field_spec> fields;  ///< in form order

  /// The field of that name, or null.
  [[nodiscard]] const field_spec* find(std::string_view name) const;
};

/// All kinds, in a fixed order.
[[nodiscard]] std::span<const catalogue> catalogues();
/// The catalogue of a kind, or null for an unknown one.
[[nodiscard]] const catalogue* find_catalogue(std::string_view kind);

}  // namespace autocusto::domain
