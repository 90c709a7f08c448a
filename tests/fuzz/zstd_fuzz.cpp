// Compressed bodies: never more than the limit, and only whole frames.
#include "shared/http/compress.hpp"
#include "tests/fuzz/demand.hpp"

using namespace autocusto;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t k_limit = 64 * 1024;
  const auto text = fuzz::text_of(data, size);
  const auto plain = http::zstd_decompress(text, k_limit);
  if (plain) fuzz::demand(plain->size() <= k_limit, "more than the limit");
  const auto again = http::zstd_decompress(http::zstd_compress(text), size);
  fuzz::demand(again.has_value() && *again == text, "a body is not what it was");
  return 0;
}
