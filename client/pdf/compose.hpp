#pragma once
// All pages of one request, laid out and recorded, with everything that stands in the way.
//
// Pure; any thread. Nothing is drawn yet: whoever finds problems in the outcome draws nothing of
// it.

#include <string_view>
#include <vector>

#include "client/pdf/ink.hpp"
#include "client/pdf/report.hpp"
#include "client/pdf/request.hpp"

namespace autocusto::pdf {

struct composition {
  recorded_ink pages;
  std::vector<problem> problems;
  std::vector<printed_document> documents;  ///< first pages from 1 within this request
};

void compose(const print_request& request, composition& out);

/// What paper a medicine needs.
enum class paper {
  plain,
  controlled,    ///< Receita de Controle Especial
  notification,  ///< a numbered Notificação de Receita
  unknown,
};
/// By the class of control, in capitals or not: ``, `C1`, `C5`, `A1 adendo`, `C2`, …
[[nodiscard]] paper paper_for(std::string_view control);

/// Substances on one sheet of controlled medicines, by Portaria 344.
inline constexpr std::size_t k_controlled_per_sheet = 3;

}  // namespace autocusto::pdf
