#pragma once
// From the values of records to what is printed, and all problems at once.
//
// Pure: values in, values out. Nothing is read, and no clock is asked. What the records hold is
// taken over text by text; what is missing or wrong becomes a problem with the number of the box.
// Any thread.

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "client/pdf/request.hpp"
#include "client/print/problem.hpp"
#include "client/print/reference.hpp"
#include "shared/domain/version.hpp"

namespace autocusto::printing {

/// How the versions of a record stand to each other.
enum class agreement {
  one,           ///< one version is shown, or one was chosen
  other_fields,  ///< several, which differ in fields of no clinical group only
  clinical,      ///< several, which differ in a clinical group
};

/// One record as it is to be printed.
struct source {
  std::string key;
  domain::field_map fields;
  bool draft = false;
  agreement heads = agreement::one;
};

struct sources {
  source process;
  source patient;
  std::optional<source> clinic;  ///< nothing: the process names none
  source doctor;
};

/// What may be printed although the catalogue speaks against it.
enum class allowance { retired, maximum };

struct print_options {
  pdf::date start{};
  std::optional<int> months;  ///< nothing: the process's, else 6
  pdf::date_policy dates = pdf::date_policy::every_30_days;
  pdf::document_choice documents;
  std::vector<pdf::chosen_template> templates;
  std::set<allowance> allow;
  bool accept_draft = false;  ///< a draft is printed with a mark instead of being a problem
};

struct resolved {
  pdf::print_request request;
  std::vector<problem> problems;  ///< empty: it prints
  std::vector<problem> warnings;  ///< it prints all the same
};

[[nodiscard]] resolved resolve(const sources& from, const print_options& how,
                               const reference_source& catalogue);

/// Whether it stands for a medicine that an import could not name: `(medicamento 57)`.
[[nodiscard]] bool is_unknown_medicine(std::string_view name);

/// A field's text; `true` or `false`; empty for rows, maps and a field that is not there.
[[nodiscard]] std::string text_of(const domain::field_map& fields, std::string_view name);
/// The rows of a field; none for a field that is not there or holds something else.
[[nodiscard]] std::vector<pdf::prescription_row> prescription_of(const domain::field_map& fields);

/// `lme,receita` and back, in the order of printing. Nothing for an unknown name or an empty list.
[[nodiscard]] std::string documents_text(const pdf::document_choice& choice);
[[nodiscard]] std::optional<pdf::document_choice> documents_from(std::string_view list);

}  // namespace autocusto::printing
