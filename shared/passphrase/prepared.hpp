#pragma once
// The bytes that a passphrase stands for.
//
// What a person types arrives in different bytes: `ã` as one code point or as two, by keyboard,
// system and editor; a file may begin with a byte order mark and end with a line break. So a key is
// made from the NFC form without the latter. Older files were sealed under the bytes as they came:
// whoever opens one of those tries that form first and then the others of `older_forms`. Any
// thread.

#include <string_view>
#include <vector>

#include "shared/base/error.hpp"
#include "shared/crypto/secret.hpp"

namespace autocusto::passphrase {

/// A byte order mark in front, and line breaks at the end, are no part of a passphrase.
[[nodiscard]] std::string_view trimmed(std::string_view text);

/// The trimmed text in NFC (Unicode 15, by utf8proc); what is not UTF-8 is trimmed alone.
[[nodiscard]] crypto::secret prepared(std::string_view text);

/// What an older program may have taken instead of `prepared(text)`, the likelier first and none
/// twice: the bytes without what a file adds, and the bytes as they came. They refer to `text`.
[[nodiscard]] std::vector<std::string_view> older_forms(std::string_view text);

/// Whether it has anything but blanks (Unicode White_Space, and characters without a width).
[[nodiscard]] bool blank(std::string_view text);

}  // namespace autocusto::passphrase
