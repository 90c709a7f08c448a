#pragma once
// The one rule of searching, for the command line and the page: what is typed finds a record.
//
// Names and what is typed are folded the same way: compatibility forms, case, accents and other
// marks (NFKD of utf8proc), characters that nobody sees taken out, and what stands between words
// (blanks, hyphens, dots, commas) made one blank. Each typed word has to stand in the name, inside
// a word or as one, in any order. Hyphens and apostrophes may be typed or left out: `Ana-Lúcia
// D’Ávila` is found by `ana lucia`, `analucia`, `davila`, `d'avila` and `avila`. Something that
// looks like a number is looked for in the key, too. Values; any thread.

#include <string>
#include <string_view>
#include <vector>

namespace autocusto::domain {

/// A name, folded for searching and sorting.
struct folded_name {
  std::string words;   ///< hyphens and apostrophes are gaps; what lists are sorted by
  std::string joined;  ///< without them, when that is another text; else empty
};

[[nodiscard]] folded_name fold_name(std::string_view name);

/// What somebody typed, folded once and held against many names.
class search_term {
 public:
  explicit search_term(std::string_view typed);
  /// Whether it finds a record of this name and key. A blank term finds all; one that holds neither
  /// a word nor a digit finds none. Linear in words typed times length of the name.
  [[nodiscard]] bool finds(const folded_name& name, std::string_view key) const;
  /// Whether each typed word stands in the name or in `more` (of a patient: mother and city), or
  /// the typed number, of at least four digits, in `numbers` (telephones).
  [[nodiscard]] bool finds_with(const folded_name& name, const folded_name& more,
                                std::string_view numbers) const;
  /// Whether each typed word stands in the name, or is a word of it, or its beginning, but for one
  /// letter: another one, one too many, one missing, or two exchanged. Words of less than four
  /// letters have to be right.
  [[nodiscard]] bool finds_nearly(const folded_name& name) const;

 private:
  [[nodiscard]] bool stands_in(const folded_name& name) const;

  bool blank_ = false;
  std::vector<std::string> words_;
  std::string digits_;  ///< for keys; empty when it does not look like a number
};

}  // namespace autocusto::domain
