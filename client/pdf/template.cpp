#include "client/pdf/template.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "client/pdf/font.hpp"
#include "client/pdf/template_file.hpp"
#include "client/pdf/template_guard.hpp"
#include "client/pdf/template_map.hpp"

namespace autocusto::pdf {
namespace {

constexpr double k_padding = 2;

/// A text field's rectangle and flags with what the map says of it.
element text_element(const file_field& field, element look) {
  look.what = element::kind::text;
  const double left = std::min(look.at.x + k_padding, field.at.width);
  const double top = std::min(look.at.y, field.at.height);
  look.at = {field.at.x + left, field.at.y + top, std::max(0.0, field.at.width - left - k_padding),
             field.at.height - top};
  look.side = field.side;
  if (look.lines == 0) look.lines = field.multiline ? 200 : 1;
  return look;
}

}  // namespace

result<std::shared_ptr<const form_template>> form_template::load(std::string_view pdf,
                                                                 std::string_view map_text) {
  if (auto fine = check_template_bytes(pdf); !fine) return fine.error();
  auto map = read_template_map(map_text);
  if (!map) return map.error();
  auto file = read_template_file(pdf);
  if (!file) return file.error();

  std::shared_ptr<form_template> out(new form_template);
  out->bare_ = std::move(file->bare_pages);
  out->pages_ = std::move(file->pages);
  out->repaired_ = file->repaired;
  out->needs_ = std::move(map->needs);
  std::set<std::string, std::less<>> seen;
  for (const auto& field : file->fields) {
    seen.insert(field.name);
    const auto at = map->fields.find(field.name);
    const bool same = at == map->fields.end() && map->same_names && is_value_name(field.name);
    if (at == map->fields.end() && !same) {
      if (!field.push_button && std::find(out->unknown_.begin(), out->unknown_.end(), field.name) ==
                                    out->unknown_.end()) {
        out->unknown_.push_back(field.name);
      }
      continue;
    }
    mapped_field mapped = same ? mapped_field{} : at->second;
    if (same) {
      mapped.look.value = field.name;
      mapped.look.text = "{" + field.name + "}";
      mapped.look.lines = 0;
    }
    if (!field.button) {
      if (!mapped.look.value.empty())
        out->elements_.push_back({field.page, text_element(field, mapped.look)});
      continue;
    }
    element check = mapped.look;
    check.what = element::kind::check;
    check.at = field.at;
    check.when = {mapped.look.value, field.state};
    for (const auto& [state, when] : mapped.buttons) {
      if (state == field.state) check.when = when;
    }
    if (!check.when.name.empty()) out->elements_.push_back({field.page, std::move(check)});
  }
  for (const auto& [name, field] : map->fields) {
    if (!seen.contains(name)) out->absent_.push_back(name);
  }
  return std::shared_ptr<const form_template>(std::move(out));
}

void form_template::draw(ink& on, form_painter& paint, const value_table& table, bool draft) const {
  for (const auto& need : needs_) {
    const auto& value = table.get(need.value);
    if (holds(need.only_if, table) && value.valid && value.text.empty()) {
      paint.note(problem_code::missing, need, need.value);
    }
  }
  for (std::size_t page = 0; page < pages_.size(); ++page) {
    on.page(pages_[page].width, pages_[page].height, background{this, page});
    if (draft) on.watermark("RASCUNHO");
    for (const auto& [on_page, what] : elements_) {
      if (on_page != page || !holds(what.only_if, table)) continue;
      if (what.what == element::kind::text) {
        paint.boxed(what, table, 0);
        continue;
      }
      // A box of a yes-or-no value carries any export value.
      const bool yes = what.when.name == what.value && table.get(what.value).text == "true";
      paint.checked(what, yes || holds(what.when, table), 0);
    }
    paint.flush();
  }
}

bool form_template::shows(const std::string& value) const {
  return std::any_of(elements_.begin(), elements_.end(),
                     [&](const placed_element& each) { return each.what.value == value; });
}

std::size_t form_template::medicine_lines() const {
  std::size_t out = 0;
  while (out < k_max_rows && shows("med_" + std::to_string(out + 1))) ++out;
  return out;
}

std::size_t form_template::item_lines() const {
  std::size_t out = 0;
  while (out < k_max_rows && shows("item_" + std::to_string(out + 1) + "_nome")) ++out;
  return out;
}

}  // namespace autocusto::pdf
