#pragma once
// Work and memory of code under a fuzz target, counted and not timed: the basic blocks that ran,
// and the bytes that were asked of the heap. Sources whose blocks shall count are compiled with
// -fsanitize-coverage=trace-pc (`counted_sources` in CMakeLists.txt); in builds with a fuzzer,
// which uses that for itself, only memory counts. One thread.

#include <cstddef>
#include <cstdint>

namespace autocusto::fuzz {

struct work {
  std::uint64_t blocks = 0;
  std::uint64_t bytes = 0;
};

/// What was done since the program began.
[[nodiscard]] work work_so_far();

/// What `act` costs.
template <class Act>
[[nodiscard]] work work_of(Act&& act) {
  const work before = work_so_far();
  act();
  const work after = work_so_far();
  return {.blocks = after.blocks - before.blocks, .bytes = after.bytes - before.bytes};
}

}  // namespace autocusto::fuzz
