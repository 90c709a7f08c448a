// Enrollment links: what is taken is written the same way again.
#include "shared/wire/messages.hpp"
#include "tests/fuzz/demand.hpp"

using namespace autocusto;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto link = wire::decode_enrollment_link(fuzz::text_of(data, size));
  if (!link) return 0;
  fuzz::demand(link->pin.size() == 32 && !link->host.empty() && !link->code.empty(),
               "a link without its parts");
  const auto written = wire::encode(*link);
  const auto again = wire::decode_enrollment_link(written);
  fuzz::demand(again.has_value(), "a link cannot be read again");
  fuzz::demand(wire::encode(*again) == written && again->host == link->host &&
                   again->port == link->port && again->code == link->code,
               "a link leads elsewhere");
  return 0;
}
