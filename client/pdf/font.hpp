#pragma once
// The two faces that are compiled in (Liberation Sans, OFL), and text as it may be drawn.
//
// Widths come from the same face that draws: advances in font units, without hinting, so that they
// do not depend on a screen. The tables are made once and never change; any thread. FreeType
// objects stay for the life of the program, because Cairo's cache refers to them (a face that is
// freed makes later documents come out with other spacing, silently); only one thread at a time may
// draw with them (cairo_ink.hpp takes the lock).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/pdf/ink.hpp"

struct FT_FaceRec_;

namespace autocusto::pdf {

struct glyph {
  std::uint32_t index = 0;
  double advance = 0;  ///< in em
};

/// How far letters may reach above and below the baseline, and from baseline to baseline, in em.
inline constexpr double k_ascent = 0.905;
inline constexpr double k_descent = 0.212;
inline constexpr double k_leading = 1.15;

/// Nothing when the face has no glyph for this code point.
[[nodiscard]] std::optional<glyph> find_glyph(face which, char32_t point);
/// In pt; `text` is valid UTF-8. A code point without a glyph counts nothing.
[[nodiscard]] double text_width(face which, double size, std::string_view text);

/// Takes the first code point off a text that is valid UTF-8 and not empty.
[[nodiscard]] char32_t take_code_point(std::string_view& text);

/// A text as it is drawn: NFC, lines end with \n, every other blank is U+0020, characters without a
/// shape are gone, no blanks around. Nothing for invalid UTF-8.
[[nodiscard]] std::optional<std::string> drawable_text(std::string_view text);
/// The code points of drawable text that no face can draw, each once: "U+1F600".
[[nodiscard]] std::vector<std::string> missing_glyphs(std::string_view drawable);

/// The FreeType face, for Cairo. Lives for ever.
[[nodiscard]] FT_FaceRec_* freetype_face(face which);

}  // namespace autocusto::pdf
