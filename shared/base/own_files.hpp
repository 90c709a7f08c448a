#pragma once
// Folders and files in which nobody else has had a hand: the server's data folder, a laptop's home
// folder.
//
// A folder is one's own when it belongs to the user who runs the program, and neither its group nor
// others may write in it; the folders above it must belong to that user or to root, and where
// others may write in one of them it must be sticky, as /tmp is. A file is one's own when it is a
// regular file (no link), belongs to that user, and neither its group nor others may write to it.
// Root is held to the same: what root writes into another user's folder that user can lead astray,
// and the user cannot use afterwards.
//
// Functions only; any thread. Refusals are errors of code usage with the path as `field` and, where
// there is one, the command that puts it right. Access control lists are seen as far as the group's
// bits show them (they do, on Linux, for whatever lets somebody write).

#include <initializer_list>
#include <string>
#include <string_view>

#include "shared/base/error.hpp"

namespace autocusto {

/// Whether `path` is a folder of one's own. A folder that does not exist is checked as far as it
/// does: its parents.
[[nodiscard]] result<void> check_own_folder(const std::string& path);

/// Whether `path` is a file of one's own, or does not exist.
[[nodiscard]] result<void> check_own_file(const std::string& path);
/// The same for sockets.
[[nodiscard]] result<void> check_own_socket(const std::string& path);

/// Both for a folder and the files in it that have these names.
[[nodiscard]] result<void> check_own(const std::string& folder,
                                     std::initializer_list<std::string_view> names);

/// open(2) with O_NOFOLLOW and O_CLOEXEC of a file of one's own: the descriptor, which the caller
/// closes; -1 with `errno` as open(2) leaves it, and EPERM for a file that is not one's own
/// (fstat(2) of what was opened, so nobody can exchange it in between). New files have mode 0600.
/// Never waits for the other end of a pipe.
[[nodiscard]] int open_own_file(const std::string& path, int flags);

}  // namespace autocusto
