#pragma once
// What a program gives up for good, so that whoever takes it over gains little: files and ports by
// Landlock (https://docs.kernel.org/userspace-api/landlock.html), system calls by seccomp.
//
// Nothing here can be taken back. Landlock holds for the calling thread and for threads made later,
// so it is called before any other thread is made; seccomp holds for all threads at once. Both hold
// for child processes, of which a program under `restrict_calls` can make none. Refused calls fail
// with EACCES (Landlock) or EPERM (seccomp).
//
// Built with a sanitizer or for coverage both do nothing and say so: such builds need what is given
// up.

#include <cstdint>
#include <string>
#include <vector>

#include "shared/base/error.hpp"

namespace autocusto::sandbox {

struct file_rules {
  /// Files and folders (with all below) that may be read. What does not exist is left out.
  std::vector<std::string> read;
  /// Folders in which files may be read, written, made, renamed and removed.
  std::vector<std::string> write;
  /// Single files that may be written, such as /dev/null.
  std::vector<std::string> write_files;
  /// TCP ports that may be bound; 0 is any free one.
  std::vector<std::uint16_t> bind_tcp;
  /// Whether TCP connections may be made, and abstract Unix sockets be connected to.
  bool connect = true;
};

/// What everything that looks up names, loads libraries and reads certificates of the system needs
/// to read.
[[nodiscard]] std::vector<std::string> system_files();

/// Gives up all other files. No program can be executed any more. The version of Landlock that does
/// it (ports since 4, signals to other processes and abstract sockets since 6); 0 where the kernel
/// has none. Error unavailable when the kernel has it and refuses.
[[nodiscard]] result<int> restrict_files(const file_rules& rules);

/// Gives up all system calls but those for files, memory, threads, time and connections: no other
/// program, no child process, no listening on further sockets, no tracing, no mounting, no memory
/// that is writable and executable. False where the kernel has no seccomp. Error unavailable when
/// it has and refuses.
[[nodiscard]] result<bool> restrict_calls();

}  // namespace autocusto::sandbox
