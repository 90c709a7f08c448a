#pragma once
// Text into boxes: wrapping, shrinking, and how much does not fit.
//
// The same call serves printing, checking and the page's live counters. No line is wider than its
// box, whatever the text: words that are too long are broken at a slash, hyphen or comma, else
// between two characters. Texts are drawable (font.hpp). Pure functions; any thread.

#include <cstddef>
#include <string_view>
#include <vector>

#include "client/pdf/ink.hpp"

namespace autocusto::pdf {

struct text_box {
  double width = 0;
  double height = 0;
  double size = 10;     ///< the largest
  double min_size = 7;  ///< the smallest that is still read easily
  int lines =
      1;  ///< at most so many; line ends of the text count only where lines are more than two
  face weight = face::regular;
};

struct fitted_text {
  double size = 0;
  std::vector<std::string_view> lines;  ///< parts of the text that was given
  std::size_t over = 0;  ///< so many characters too many at the smallest size; 0: it fits
};

/// The text in lines of at most `width`. Each `\n` ends a line.
[[nodiscard]] std::vector<std::string_view> wrap_text(std::string_view text, face weight,
                                                      double size, double width);

/// The largest size, in steps of half a point, at which the text fits.
[[nodiscard]] fitted_text fit_text(std::string_view text, const text_box& box);

/// How many lines of that size a height holds.
[[nodiscard]] int lines_within(double height, double size);

}  // namespace autocusto::pdf
