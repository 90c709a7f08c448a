#pragma once
// What a passphrase is worth when it is spelled in words: an upper bound beside zxcvbn's estimate.
//
// zxcvbn knows English words. Of any other it believes that somebody has to try letter by letter,
// so three Portuguese words look like thirty random letters. Here the cheapest reading of the text
// counts: a word of our own list at log2 of the list's size, a word that is tried first, a phrase
// that everybody knows, any run of letters that can be spoken as one of the words of its length in
// a large dictionary, and the rest sign by sign. Pure functions; any thread. The work is bounded:
// callers pass at most some hundred bytes.

#include <span>
#include <string_view>

namespace autocusto::passphrase {

struct spelling {
  double bits = 0;      ///< of the cheapest reading
  bool phrase = false;  ///< that reading has a known phrase or example in it
};

/// The cheapest reading of a text in ASCII. Blanks, hyphens, dots, commas and underscores count
/// nothing; `4` for a, `0` for o and the like count one bit.
[[nodiscard]] spelling spelled(std::string_view text);

/// What is tried first in Brazil, and short words that passphrases are joined with, the most
/// frequent first; lower case, without accents.
[[nodiscard]] std::span<const std::string_view> common_words();

}  // namespace autocusto::passphrase
