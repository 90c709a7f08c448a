#pragma once
// The rights of a home folder and of the files in it, looked at before a program uses it. Any
// thread.

#include <string>

#include "shared/base/error.hpp"

namespace autocusto::replica {

/// Whether the folder, and the replica's files in it, are the user's own
/// (shared/base/own_files.hpp). A folder that does not exist yet is fine where one can be made
/// safely. Error usage, with the command that puts it right.
[[nodiscard]] result<void> check_home(const std::string& home);

}  // namespace autocusto::replica
