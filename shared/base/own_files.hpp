#pragma once
// Checks that no other user can have changed a folder or file: the server's data folder, a laptop's
// home folder.
//
// A folder passes when it belongs to the user who runs the program, and neither its group nor
// others may write in it. The folders above it must belong to that user or to root; one in which
// others may write must be sticky, as /tmp is. A file passes when it is a regular file (no link),
// belongs to that user, and neither its group nor others may write to it. Root gets no exception:
// in another user's folder, that user could redirect what root writes by links, and could not use
// the files afterwards.
//
// Functions only; any thread. A refusal is an error of code usage with the path as `field` and,
// where there is one, the command that corrects it. Access control lists count as far as the bits
// of the group show them; on Linux they show every right to write.

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
/// closes; -1 with `errno` as open(2) leaves it, and EPERM for a file that is not one's own or,
/// to write, has several names (fstat(2) of what was opened, so nobody can exchange it in between).
/// New files have mode 0600. Never waits for the other end of a pipe.
[[nodiscard]] int open_own_file(const std::string& path, int flags);

}  // namespace autocusto
