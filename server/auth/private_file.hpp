#pragma once
// Files that only their owner may read: keys and configuration.
//
// A file is replaced as a whole: written beside it under another name with mode 0600, flushed,
// renamed, and the folder flushed, so that a crash leaves the old file or the new one. Functions
// only; any thread, but two writers of one path must not run at once. What the operating system
// refuses is an error with a sentence (`not_found`, `forbidden`, `unavailable`), never an
// exception.

#include <cstddef>
#include <string>
#include <string_view>

#include "shared/base/error.hpp"

namespace autocusto::auth {

/// Makes or replaces `path` with exactly these bytes, mode 0600.
[[nodiscard]] result<void> write_private_file(const std::string& path, std::string_view content);

/// The whole file; `too_large` when it has more than `limit` bytes.
[[nodiscard]] result<std::string> read_file(const std::string& path, std::size_t limit);

/// Makes a folder with mode 0700, its parents with the usual mode; no error when it exists.
[[nodiscard]] result<void> make_private_folder(const std::string& path);

/// What `errno` meant, as an error that names the path and what was tried ("could not be read").
[[nodiscard]] error file_error(int number, const std::string& path, std::string_view what);

}  // namespace autocusto::auth
