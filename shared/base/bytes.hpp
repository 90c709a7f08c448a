#pragma once
// Byte strings and their text forms.
//
// A byte string is a std::string; a view of one is a std::string_view. Nothing here allocates more
// than its result; nothing keeps state, so any thread may call.

#include <optional>
#include <string>
#include <string_view>

namespace autocusto {

using bytes = std::string;

/// Lower-case hexadecimal, two digits a byte.
[[nodiscard]] std::string to_hex(std::string_view raw);

/// The bytes that `hex` names; nothing unless it has an even length and only the digits 0-9, a-f
/// (capital letters are refused: one value has one text).
[[nodiscard]] std::optional<bytes> from_hex(std::string_view hex);

/// base64url of RFC 4648 section 5, without padding.
[[nodiscard]] std::string to_base64url(std::string_view raw);

/// The bytes that `text` names; nothing for characters outside the alphabet, padding, an impossible
/// length or bits left over that are not zero.
[[nodiscard]] std::optional<bytes> from_base64url(std::string_view text);

/// Overwrites the bytes in a way that the compiler may not remove, then empties the string. For
/// keys and passphrases that are no longer needed.
void wipe(bytes& secret) noexcept;

}  // namespace autocusto
