#pragma once
// The doctor's side of the benchmark: one laptop that does what `autocusto` does, in a process of
// its own, so that its memory is the laptop's and nothing else's.
//
// The benchmark starts itself again in this role; the figures come back as one JSON object on
// stdout. One thread.

#include <cstdint>
#include <string>

namespace autocusto::bench {

struct laptop_task {
  std::string home;  ///< where the replica goes; does not exist yet
  std::string link;  ///< an enrollment link that nobody has used
  std::uint64_t seed = 1;
  std::size_t versions = 10'000;
  std::size_t repeats = 20;  ///< of the syncs without and with ten changes
  bool pull = false;         ///< false: saves and pushes; true: fetches what the other one pushed
};

/// Enrolls, does the task, prints its figures; the exit status. Pushing: {save_s, push_s,
/// no_change_ms: […], ten_changes_ms: […]}; pulling: {first_sync_s}; both: peak_kib, resident_kib
/// (of this process). Throws when a sync does not do exactly what it should have.
int run_laptop(const laptop_task& task);

/// `VmHWM`, `VmRSS`, …: a line of a process's /proc status, in KiB.
[[nodiscard]] std::int64_t memory_kib(const std::string& process, const std::string& line);

}  // namespace autocusto::bench
