#pragma once
// Private to shared/reference: the JSON value of a catalogue, of which the canonical text is
// written. Of a value that breaks rules it may be none that has a canonical text. Any thread.

#include <nlohmann/json_fwd.hpp>

#include "shared/reference/catalogue.hpp"

namespace autocusto::reference {

[[nodiscard]] nlohmann::json encode(const catalogue& value);

}  // namespace autocusto::reference
