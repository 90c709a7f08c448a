#pragma once
// Random words to make a passphrase of.
//
// The list has 1,304 words, so that each word is worth 10.3 bits to whoever knows the list: four
// words are 41 bits, six are 62. Any thread, as far as the random source allows it.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/clock.hpp"

namespace autocusto::passphrase {

/// Portuguese words of three to seven letters a to z, in order, each once.
[[nodiscard]] std::span<const std::string_view> words();

/// `count` words with a blank between them, each drawn evenly and on its own.
[[nodiscard]] std::string random_words(random_source& random, std::size_t count);

}  // namespace autocusto::passphrase
