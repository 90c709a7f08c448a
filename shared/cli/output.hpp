#pragma once
// The one place that prints. What programs show holds texts of other people: names, e-mails, names
// of schemas and devices. A control character among them could move the cursor, colour the terminal
// or turn the direction of a line, so that somebody reads what is not there.
//
// Text: line breaks and tabs stay; every other control point (domain/text.hpp) and every byte that
// is not UTF-8 is shown as U+FFFD. JSON: control points from U+007F on are written as `\uXXXX`,
// which means the same to whoever reads it. One thread.

#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>

namespace autocusto::cli {

/// The text as a terminal may show it; line breaks and tabs stay.
[[nodiscard]] std::string cleaned(std::string_view text);
/// JSON that was valid stays so, with the same meaning; of anything else no control point stays.
[[nodiscard]] std::string cleaned_json(std::string_view json);

/// Cleaned, on stdout and on stderr.
void print(std::string_view text);
void print_note(std::string_view text);
/// Bytes for a program or a file on stdout, as they are: a PDF, never a text. False when they were
/// not taken to the end.
[[nodiscard]] bool print_bytes(std::string_view bytes);

/// While it lives, whatever is written to std::cout and std::cerr is cleaned; std::cout as JSON, if
/// so asked. Every program holds one from the start of its `main`.
class clean_streams {
 public:
  explicit clean_streams(bool json);
  ~clean_streams();
  clean_streams(const clean_streams&) = delete;
  clean_streams& operator=(const clean_streams&) = delete;

 private:
  class filter;
  std::unique_ptr<filter> out_;
  std::unique_ptr<filter> err_;
};

}  // namespace autocusto::cli
