#pragma once
// Invented requests to print, and PDFs read back by pdftotext. Values only; any thread.

#include <string>
#include <vector>

#include "client/pdf/request.hpp"

namespace autocusto::test {

/// A request whose compulsory boxes are filled, with that many medicines and months.
[[nodiscard]] pdf::print_request sample_request(std::size_t rows, int months);

struct read_word {
  int page = 0;  ///< from 1
  double x1 = 0, y1 = 0, x2 = 0, y2 = 0;
  std::string text;
};
/// The words of a PDF with their places, as pdftotext -bbox tells them. Throws when it fails.
[[nodiscard]] std::vector<read_word> words_of_pdf(const std::string& pdf);

}  // namespace autocusto::test
