// Cursors: one text each.
#include "shared/base/clock.hpp"
#include "shared/wire/messages.hpp"
#include "tests/fuzz/demand.hpp"

using namespace autocusto;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  const auto cursor = wire::parse_cursor(text);
  if (cursor) {
    fuzz::demand(wire::cursor_text(*cursor) == text, "two texts for one cursor");
    fuzz::demand(cursor->seq >= 0, "a negative position");
  }
  static_cast<void>(parse_time(text));
  return 0;
}
