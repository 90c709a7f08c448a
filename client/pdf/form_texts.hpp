#pragma once
// The form files that are compiled in: generated from schema/forms/*.json and
// schema/forms/maps/*.json. Valid for ever; any thread.

#include <span>
#include <string_view>

namespace autocusto::pdf {

struct embedded_text {
  std::string_view name;
  std::string_view text;
};
[[nodiscard]] std::span<const embedded_text> form_texts();
[[nodiscard]] std::span<const embedded_text> map_texts();

}  // namespace autocusto::pdf
