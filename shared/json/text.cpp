#include "shared/json/text.hpp"

#include <algorithm>

#include "shared/json/utf8.hpp"

namespace autocusto::json {

std::optional<std::size_t> invalid_utf8_at(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = detail::utf8_length(text, at);
    if (length == 0) return at;
    at += length;
  }
  return std::nullopt;
}

bool valid_text(std::string_view text) {
  return text.find('\0') == std::string_view::npos && !invalid_utf8_at(text);
}

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;  // every byte but the continuations
  }));
}

bool utf16_less(std::string_view a, std::string_view b) {
  const auto [in_a, in_b] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (in_b == b.end()) return false;
  if (in_a == a.end()) return true;
  const auto x = static_cast<unsigned char>(*in_a);
  const auto y = static_cast<unsigned char>(*in_b);
  // UTF-8 sorts as code points do. UTF-16 differs in one place: a supplementary code point (first
  // byte F0 to F4) starts with a surrogate, D800 to DBFF, and so comes before U+E000 to U+FFFF (EE,
  // EF).
  const bool high_x = x >= 0xF0;
  const bool high_y = y >= 0xF0;
  if (x >= 0xEE && y >= 0xEE && high_x != high_y) return high_x;
  return x < y;
}

}  // namespace autocusto::json
