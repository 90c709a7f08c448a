#pragma once
// Whether a new passphrase is hard enough to guess.
//
// The estimate is zxcvbn's (libzxcvbn; D. Wheeler, USENIX Security 2016): bits of work for whoever
// tries dictionaries, patterns, dates and rows of the keyboard first. Its own dictionaries are
// English, so the words that Brazilian passphrases are made of are given to it as well, and what a
// text is worth when it is read as words (spelled.hpp) is an upper bound. It stays an estimate: a
// sentence that nobody listed may be easier to guess than it says. Accents are
// taken off for the estimate, and its first 100 characters count: its time grows with the length.
// What opens an existing file is never judged. Any thread.

#include <string_view>

#include "shared/base/clock.hpp"
#include "shared/base/error.hpp"

namespace autocusto::passphrase {

/// Bits of work to guess it, estimated; 0 for an empty one.
[[nodiscard]] double estimated_bits(std::string_view passphrase);

/// What a passphrase must be worth. A profile stays on a laptop, and each guess costs about half a
/// second; a backup or a key bundle travels, and opens everything.
inline constexpr double k_profile_bits = 40;
inline constexpr double k_sealed_file_bits = 50;
/// How many random words are offered: worth more than that even to whoever knows the list.
inline constexpr std::size_t k_profile_words = 4;
inline constexpr std::size_t k_sealed_file_words = 5;
/// At least so many characters (code points), whatever they are.
inline constexpr std::size_t k_least_characters = 8;

enum class purpose { profile, sealed_file };

/// Random words that `check_new` takes for that purpose.
[[nodiscard]] std::string offer(purpose what, random_source& random);

/// Errors (`usage`, field "passphrase"): blanks alone; not UTF-8; fewer than 8 characters; too easy
/// to guess, with the kind of reason and words that would do.
[[nodiscard]] result<void> check_new(std::string_view passphrase, purpose what,
                                     random_source& random);

}  // namespace autocusto::passphrase
