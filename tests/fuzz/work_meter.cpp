#include "tests/fuzz/work_meter.hpp"

#include <cstdlib>
#include <new>

namespace {

std::uint64_t g_blocks = 0;
std::uint64_t g_bytes = 0;

void* taken(std::size_t size) {
  g_bytes += size;
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

/// Called by the compiler at the start of each basic block. Weak, because libFuzzer has one of its
/// own.
extern "C" [[gnu::weak]] void __sanitizer_cov_trace_pc();
extern "C" void __sanitizer_cov_trace_pc() {
  ++g_blocks;
}

void* operator new(std::size_t size) {
  return taken(size);
}
void* operator new[](std::size_t size) {
  return taken(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}

namespace autocusto::fuzz {

work work_so_far() {
  return {.blocks = g_blocks, .bytes = g_bytes};
}

}  // namespace autocusto::fuzz
