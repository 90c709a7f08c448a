// The strict reader: whatever it takes has one canonical text, which it takes again.
#include <nlohmann/json.hpp>

#include "shared/json/canonical.hpp"
#include "tests/fuzz/demand.hpp"

using namespace autocusto;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  const auto value = json::parse(text);
  const auto strict = json::parse_canonical(text);
  if (!value) {
    fuzz::demand(!strict, "a canonical text that is no JSON");
    return 0;
  }
  const auto canonical = json::canonical(*value);
  const auto again = json::parse_canonical(canonical);
  fuzz::demand(again.has_value(), "a canonical text is refused");
  fuzz::demand(*again == *value, "a canonical text means something else");
  fuzz::demand(strict.has_value() == (canonical == text), "canonical is exactly the one text");
  return 0;
}
