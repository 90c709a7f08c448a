#pragma once
// The catalogue that is compiled in, revision 0: a dozen diseases and some medicines, for a laptop
// whose server has published none (schema/catalogue). Any thread.

#include <string_view>

#include "shared/reference/catalogue.hpp"

namespace autocusto::reference {

/// Its canonical text; it lives for ever.
[[nodiscard]] std::string_view starting_text();
[[nodiscard]] catalogue starting_catalogue();

}  // namespace autocusto::reference
