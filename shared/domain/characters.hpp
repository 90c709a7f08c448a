#pragma once
// Small tools of this folder for characters: ASCII, and code points one by one. Pure; any thread.

#include <algorithm>
#include <string>
#include <string_view>

#include <utf8proc.h>

namespace autocusto::domain {

inline bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

inline bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// Takes the first code point off a text that is not empty. Where it is not UTF-8, one byte is
/// taken and the result is negative.
inline utf8proc_int32_t take_point(std::string_view& text) {
  utf8proc_int32_t out = -1;
  const auto used = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                     static_cast<utf8proc_ssize_t>(text.size()), &out);
  text.remove_prefix(used > 0 ? static_cast<std::size_t>(used) : 1);
  return used > 0 ? out : -1;
}

inline void append_point(std::string& out, utf8proc_int32_t point) {
  utf8proc_uint8_t bytes[4];
  const auto size = utf8proc_encode_char(point, bytes);
  out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

}  // namespace autocusto::domain
