#pragma once
// What fuzz targets need: the input as text, and a demand that ends the process when it is not met.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace autocusto::fuzz {

inline void demand(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "not so: %s\n", what);
  std::abort();
}

[[nodiscard]] inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace autocusto::fuzz
