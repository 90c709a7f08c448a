#pragma once
// The doctor's side of the benchmark: one laptop that does what `autocusto` does, in a process of
// its own, so that its memory is the laptop's and nothing else's.
//
// The benchmark starts itself again in this role; the figures come back as one JSON object on
// stdout. One thread.

#include <cstdint>
#include <string>

#include <sys/types.h>

namespace autocusto::bench {

struct laptop_task {
  std::string home;  ///< where the replica goes; does not exist yet
  std::string link;  ///< an enrollment link that nobody has used
  std::uint64_t seed = 1;
  std::size_t versions = 10'000;
  std::size_t repeats = 20;  ///< of the syncs without and with ten changes
  pid_t server = 0;          ///< the server's process, whose processor time is told too
  bool pull = false;         ///< false: saves and pushes; true: fetches what the other one pushed
};

/// Enrolls, does the task, prints its figures; the exit status. Pushing: {save_s, save_cpu_s,
/// push_s, push_laptop_cpu_s, push_server_cpu_s, no_change_ms: […], ten_changes_ms: […]}; pulling:
/// the same three of first_sync; both: peak_kib, resident_kib
/// (of this process). Throws when a sync does not do exactly what it should have.
int run_laptop(const laptop_task& task);

/// Processor time that a process has used so far, all its threads together.
[[nodiscard]] double cpu_seconds(pid_t process);

/// `VmHWM`, `VmRSS`, …: a line of a process's /proc status, in KiB.
[[nodiscard]] std::int64_t memory_kib(const std::string& process, const std::string& line);

}  // namespace autocusto::bench
