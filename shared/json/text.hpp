#pragma once
// The text that may stand in our JSON: valid UTF-8 (RFC 3629: no overlong forms, no surrogates,
// nothing above U+10FFFF) without U+0000. Pure functions; any thread.

#include <cstddef>
#include <optional>
#include <string_view>

namespace autocusto::json {

/// The offset of the first byte that is not part of valid UTF-8; nothing if all is well. U+0000 is
/// valid UTF-8.
[[nodiscard]] std::optional<std::size_t> invalid_utf8_at(std::string_view text);

/// Whether `text` may be a JSON string or key: valid UTF-8 and no U+0000.
[[nodiscard]] bool valid_text(std::string_view text);

/// How many code points valid UTF-8 has.
[[nodiscard]] std::size_t code_points(std::string_view text);

/// Whether `a` sorts before `b` by UTF-16 code units, the order of RFC 8785; both are valid UTF-8.
[[nodiscard]] bool utf16_less(std::string_view a, std::string_view b);

}  // namespace autocusto::json
