#pragma once
// Comparing the ASCII words of HTTP whatever their case (RFC 9110, 5.1). Values only; any thread.

#include <algorithm>
#include <string_view>

namespace autocusto::http {

[[nodiscard]] constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Whether they are the same; `lower_text` is in lower case already.
[[nodiscard]] constexpr bool equals_lower(std::string_view text, std::string_view lower_text) {
  return std::equal(text.begin(), text.end(), lower_text.begin(), lower_text.end(),
                    [](char a, char b) { return lower(a) == b; });
}

}  // namespace autocusto::http
