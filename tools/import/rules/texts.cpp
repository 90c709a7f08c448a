#include "tools/import/rules/texts.hpp"

#include <algorithm>

#include "shared/domain/validate.hpp"
#include "shared/json/text.hpp"

namespace autocusto::import {
namespace {

std::size_t escaped_size(std::string_view text) {
  std::size_t size = text.size();
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (u < 0x20) size += 5;  // at most
    if (c == '"' || c == '\\') ++size;
  }
  return size;
}

}  // namespace

bool is_readable(std::string_view text) {
  return json::valid_text(text);
}

bool is_readable(const field_values& values) {
  return std::all_of(values.texts.begin(), values.texts.end(),
                     [](const std::string& text) { return is_readable(text); });
}

std::size_t encoded_size(const field_values& values, std::string_view summary) {
  std::size_t size = escaped_size(summary);
  for (const auto& text : values.texts) size += escaped_size(text);
  return size;
}

void check_values(const legacy_kind& kind, const field_values& values, row_verdict& verdict) {
  bool too_long = false;
  bool unguarded = false;
  for (std::size_t i = 0; i < kind.fields.size(); ++i) {
    const auto& field = *kind.fields[i];
    if (field.type != domain::field_type::text) continue;
    const auto& text = values.texts[i];
    // A text has at most as many code points as bytes.
    too_long =
        too_long || (text.size() > field.max_length && json::code_points(text) > field.max_length);
    if (field.required_when.empty() || !domain::is_blank(text)) continue;
    for (std::size_t j = 0; j < kind.fields.size(); ++j) {
      const auto& condition = *kind.fields[j];
      unguarded = unguarded || (condition.name == field.required_when && values.flags[j]);
    }
  }
  if (unguarded) verdict.say(outcome::flagged, "INCAPAZ_WITHOUT_GUARDIAN");
  if (too_long) verdict.say(outcome::flagged, "VALUE_TOO_LONG");
}

}  // namespace autocusto::import
