#pragma once
// What is to be printed: values in, nothing else.
//
// A request holds texts as they are stored, by the names of the records' fields, so that whoever
// fills it copies what a record shows. Nothing here is looked up, and nothing knows what day it is.
// Names of the values that forms and templates use: docs/printing.md. Values only; any thread.

#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "client/pdf/dates.hpp"

namespace autocusto::pdf {

class form_template;

inline constexpr std::size_t k_max_months = 6;
inline constexpr std::size_t k_max_rows = 6;

/// Texts by name. Booleans are "true" and "false".
using values = std::map<std::string, std::string, std::less<>>;

/// A record as it is shown: its key and its fields.
struct party {
  std::string key;  ///< doctor `12345/PA`, clinic CNES, patient CPF, process CID
  values fields;
};

/// One medicine. Months are numbered from 0 here and from 1 in names (`qtd_1`).
struct prescription_row {
  std::string codigo;
  std::string nome;
  std::string apresentacao;
  std::string via;
  std::string unidade;
  std::string controle;  ///< class in the lists of Portaria 344: empty, `C1`, `C5`, `C2`, …
  std::array<std::string, k_max_months> qtd;
  std::array<std::string, k_max_months> pos;
};

enum class document_kind {
  lme,              ///< the LME; box numbers of 2024
  prescription,     ///< `receita`: one sheet or more a month, two copies each
  controlled,       ///< Receita de Controle Especial: the same for controlled medicines
  report,           ///< `relatorio`
  exams,            ///< `exames`
  clinic_template,  ///< `modelo`: a further document that the clinic supplies
};
[[nodiscard]] std::string_view document_name(document_kind kind);

/// Which documents are wanted. Prescriptions choose plain or controlled for each medicine.
struct document_choice {
  bool lme = true;
  bool prescriptions = true;
  bool report = false;
  bool exams = false;
};

/// A template and what it stands for: the LME, the sheets of controlled medicines, the sheets of
/// the others, or (`clinic_template`) one more document behind all others.
struct chosen_template {
  document_kind replaces = document_kind::clinic_template;
  std::shared_ptr<const form_template> form;
};

struct print_request {
  party doctor;
  party clinic;
  party patient;
  party process;
  std::string diagnosis;  ///< the catalogue's name of the CID, box 10
  std::vector<prescription_row> rows;
  values conditional;  ///< `opt_*`, for templates
  date start{};    ///< the date of the request, box 16; also the only date in the PDF's metadata
  int months = 6;  ///< 1 to 6
  date_policy dates = date_policy::every_30_days;
  document_choice documents;
  std::vector<chosen_template> templates;
  bool draft = false;  ///< RASCUNHO across each page; compulsory boxes may be empty
};

}  // namespace autocusto::pdf
