#pragma once
// Private to shared/reference: the text of schema/catalogue/starting.json, in generated code.

#include <span>
#include <string_view>

namespace autocusto::reference {

struct embedded_text {
  std::string_view name;
  std::string_view text;
};

[[nodiscard]] std::span<const embedded_text> embedded_catalogues();

}  // namespace autocusto::reference
