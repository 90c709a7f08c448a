#pragma once
// The bytes that a passphrase stands for.
//
// What a person types arrives in different bytes: `ã` as one code point or as two, by keyboard,
// system and editor; a file may begin with a byte order mark and end with a line break. So a key is
// made from the NFC form. Older files were sealed under the bytes as they came: whoever opens one
// of those tries the NFC form first and the bytes second. Any thread.

#include <string_view>

#include "shared/base/error.hpp"
#include "shared/crypto/secret.hpp"

namespace autocusto::passphrase {

/// A byte order mark in front, and line breaks at the end, are no part of a passphrase.
[[nodiscard]] std::string_view trimmed(std::string_view text);

/// The NFC form (Unicode 15, by utf8proc); text that is not UTF-8 stays as it is.
[[nodiscard]] crypto::secret prepared(std::string_view text);

/// Whether it has anything but blanks (Unicode White_Space, and characters without a width).
[[nodiscard]] bool blank(std::string_view text);

}  // namespace autocusto::passphrase
