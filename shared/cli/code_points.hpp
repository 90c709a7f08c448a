#pragma once
// Private to shared/cli: walking over the code points of any bytes. Any thread.

#include <algorithm>
#include <cstdint>
#include <string_view>

#include <utf8proc.h>

namespace autocusto::cli::detail {

inline constexpr std::string_view k_replacement = "\xEF\xBF\xBD";  // U+FFFD

/// Calls `each(code point, its bytes)`; a byte that is not UTF-8 gives a negative code point.
template <class Each>
void for_code_points(std::string_view text, Each each) {
  const auto* data = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  std::size_t at = 0;
  while (at < text.size()) {
    utf8proc_int32_t code = 0;
    const auto left = static_cast<utf8proc_ssize_t>(text.size() - at);
    const auto size = std::max<utf8proc_ssize_t>(utf8proc_iterate(data + at, left, &code), 1);
    each(std::int32_t{code}, text.substr(at, static_cast<std::size_t>(size)));
    at += static_cast<std::size_t>(size);
  }
}

}  // namespace autocusto::cli::detail
