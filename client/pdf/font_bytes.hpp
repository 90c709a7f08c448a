#pragma once
// The bytes of the compiled-in font files. Valid for ever; any thread.

#include <span>

namespace autocusto::pdf {

[[nodiscard]] std::span<const unsigned char> regular_font_bytes();
[[nodiscard]] std::span<const unsigned char> bold_font_bytes();

}  // namespace autocusto::pdf
