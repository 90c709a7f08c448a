#pragma once
// What stands in the way of a print, for people and programs: a stable code, the box of the form,
// the field of the record, and a sentence in two languages.
//
// Codes are those of client/pdf and some that only the records or the catalogue know
// (docs/printing.md). No problem holds a value of a record. Values only; any thread.

#include <string>
#include <string_view>
#include <vector>

#include "client/pdf/report.hpp"

namespace autocusto::printing {

struct problem {
  std::string code;
  std::string box;    ///< number on the form; empty where there is none
  std::string field;  ///< `anamnese`, `prescricao.2.qtd_3`
  std::string pt;
  std::string en;

  [[nodiscard]] const std::string& message(pdf::language lang) const {
    return lang == pdf::language::pt ? pt : en;
  }
  friend bool operator==(const problem&, const problem&) = default;
};

/// The same, with the field's name as records have it: `pos_2_3` is `prescricao.2.pos_3`.
[[nodiscard]] problem from_pdf(const pdf::problem& what);

/// Each once; what differs in box or sentence (another character, another document) stays.
[[nodiscard]] std::vector<problem> without_repeats(std::vector<problem> all);

}  // namespace autocusto::printing
