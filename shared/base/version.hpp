#pragma once
// Version and source of a program. Values of the build (tools/cmake/embed_version.cmake); any
// thread. A library of its own, `sync::version`, for main programs alone: its object is new with
// every commit.

#include <string>
#include <string_view>

namespace autocusto {

/// The version alone, as CMakeLists.txt has it: "1.2.3".
[[nodiscard]] std::string_view version_number();

/// "PROGRAM 1.2.3 (commit 0123456789, 2026-11-30)": the commit that was checked out when the
/// program was built and its date (day, in the committer's time zone), with ", changed" when
/// tracked files differed from it. From sources without a repository: "(commit unknown)".
[[nodiscard]] std::string version_text(std::string_view program);

}  // namespace autocusto
