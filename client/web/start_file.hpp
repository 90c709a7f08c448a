#pragma once
// The file that leads a browser to the page.
//
// The start link holds a token, and the command line of a program is seen by everybody on the
// machine. So the browser gets the name of a file (`page.html` in the replica's folder, mode
// 0600) that redirects to the link. It is there until its token was used or is too old, or the page
// ends.
//
// One thread at a time.

#include <string>

namespace autocusto::web {

/// Writes the file anew; its path, or nothing when it cannot be written.
[[nodiscard]] std::string write_start_file(const std::string& home, const std::string& link);
void remove_start_file(const std::string& home);

}  // namespace autocusto::web
