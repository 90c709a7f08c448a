#pragma once
// From what Cairo drew to the PDF that is handed out: backgrounds beneath, language, a fixed /ID,
// packed.
//
// Private to this folder; pure.

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "client/pdf/ink.hpp"

namespace autocusto::pdf {

/// `beneath` has an entry for each page.
[[nodiscard]] std::string finished_pdf(std::string_view drawn,
                                       std::span<const std::optional<background>> beneath);

}  // namespace autocusto::pdf
