#include "client/web/change_summary.hpp"

#include <algorithm>

namespace autocusto::web {
namespace {

constexpr std::size_t k_most_named = 8;
constexpr std::size_t k_longest_value = 24;  ///< bytes

/// Without the unit in brackets.
std::string label_of(const domain::field_spec& field) {
  return field.label_pt.substr(0, field.label_pt.find(" ("));
}

std::string text_of(const domain::field_map& fields, const std::string& name) {
  const auto at = fields.find(name);
  if (at == fields.end()) return {};
  const auto* text = std::get_if<std::string>(&at->second);
  return text == nullptr ? std::string() : *text;
}

bool shows_values(const domain::field_spec& field) {
  using rule = domain::field_rule;
  return field.rule == rule::weight || field.rule == rule::height || field.rule == rule::date;
}

std::string told(const domain::field_spec& field, const domain::field_map& before,
                 const domain::field_map& after) {
  const auto label = label_of(field);
  if (field.type != domain::field_type::text || !shows_values(field)) return label;
  const auto from = text_of(before, field.name);
  const auto to = text_of(after, field.name);
  if (to.empty() || from.size() > k_longest_value || to.size() > k_longest_value) return label;
  return from.empty() ? label + ' ' + to : label + ' ' + from + " → " + to;
}

}  // namespace

std::string change_summary(const domain::record_kind& kind, const domain::field_map& before,
                           const domain::field_map& after) {
  std::string out;
  std::size_t named = 0;
  std::size_t more = 0;
  for (const auto& field : kind.fields) {
    const auto was = before.find(field.name);
    const auto is = after.find(field.name);
    const bool there = is != after.end();
    if (!there || (was != before.end() && was->second == is->second)) continue;
    if (named == k_most_named) {
      ++more;
      continue;
    }
    if (named++ > 0) out += "; ";
    out += told(field, before, after);
  }
  if (more > 0) out += "; e mais " + std::to_string(more);
  return out;
}

}  // namespace autocusto::web
