#pragma once
// Printing: requests in, one PDF and a report out. No file, no clock, no network.
//
// The same requests give the same bytes, in any process, as long as Cairo and qpdf are the same. A
// request with problems is left out and the others are printed. Any thread; two prints at once take
// turns while they draw.

#include <span>
#include <string_view>
#include <vector>

#include "client/pdf/layout.hpp"
#include "client/pdf/report.hpp"
#include "client/pdf/request.hpp"

namespace autocusto::pdf {

/// What draws, as an emission names it: `cairo 1.16.0`. It stands in the PDF, too.
[[nodiscard]] std::string_view renderer_name();

/// All requests in one PDF, in their order. Throws std::runtime_error when the library that draws
/// fails.
[[nodiscard]] print_result print(std::span<const print_request> requests);

/// What `print` would refuse, without drawing. All problems at once; empty: it prints.
[[nodiscard]] std::vector<problem> check(const print_request& request);

/// For a live counter: how a text would stand in a box of a form (`lme`, `11`).
struct room {
  std::size_t over = 0;  ///< characters too many; 0: it fits
  double size = 0;       ///< in pt
  std::vector<std::string> missing_glyphs;
  bool valid = true;  ///< it was UTF-8
};
/// Throws std::invalid_argument for a form or box that there is not.
[[nodiscard]] room room_in_box(std::string_view form, std::string_view box, std::string_view text);

}  // namespace autocusto::pdf
