#pragma once
// qpdf on memory: no file, nothing on the terminal, the same bytes for the same contents.
//
// Private to this folder. A QPDF object belongs to one thread.

#include <string>
#include <string_view>

#include "client/pdf/qpdf_headers.hpp"

namespace autocusto::pdf {

/// `bytes` must outlive `pdf`. Throws what qpdf throws.
void open_quietly(QPDF& pdf, std::string_view bytes);

/// The whole document, packed, with an /ID that depends on nothing but the contents.
[[nodiscard]] std::string written(QPDF& pdf);

}  // namespace autocusto::pdf
