#include "client/pdf/draw.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "client/pdf/font.hpp"

namespace autocusto::pdf {
namespace {

double line_width(const text_line& line) {
  return text_width(line.weight, line.size, line.text);
}

/// The names between braces.
std::vector<std::string_view> names_in(std::string_view text) {
  std::vector<std::string_view> out;
  for (auto open = text.find('{'); open != std::string_view::npos;
       open = text.find('{', open + 1)) {
    const auto close = text.find('}', open);
    if (close == std::string_view::npos) break;
    out.push_back(text.substr(open + 1, close - open - 1));
  }
  return out;
}

text_box box_of(const element& from) {
  return {from.at.width, from.at.height, from.size,
          from.min_size, from.lines,     from.bold ? face::bold : face::regular};
}

/// The lines of one flow at one size, as (sheet, line); nothing when more than `max_sheets` are
/// needed.
class flow_setter {
 public:
  flow_setter(const element& flow, double size) : flow_(flow), size_(size) {
    sheets_.emplace_back();
  }

  void add(const flow_block& block) {
    const double needed = height_of(block);
    const bool begun = !sheets_.back().empty();
    if (begun && y_ + needed > flow_.at.height && needed <= flow_.at.height) next_sheet();
    begins_ = true;
    for (const auto& piece : block) add_piece(piece);
  }
  [[nodiscard]] std::vector<flow_sheet>& sheets() { return sheets_; }

 private:
  [[nodiscard]] std::vector<std::string_view> lines_of(const flow_piece& piece) const {
    return wrap_text(piece.text, piece.bold ? face::bold : face::regular, size_,
                     flow_.at.width - piece.indent);
  }
  [[nodiscard]] double height_of(const flow_block& block) const {
    double out = 0;
    for (const auto& piece : block) {
      out += piece.gap + static_cast<double>(lines_of(piece).size()) * k_leading * size_;
    }
    return out;
  }
  void next_sheet() {
    sheets_.emplace_back();
    y_ = 0;
  }
  void add_piece(const flow_piece& piece) {
    if (!sheets_.back().empty()) y_ += piece.gap;
    for (const auto line : lines_of(piece)) {
      if (y_ + (k_ascent + k_descent) * size_ > flow_.at.height) next_sheet();
      sheets_.back().push_back(
          {piece.indent, y_ + k_ascent * size_, size_, piece.bold, begins_, std::string(line)});
      y_ += k_leading * size_;
      begins_ = false;
    }
  }

  const element& flow_;
  double size_;
  double y_ = 0;
  bool begins_ = true;
  std::vector<flow_sheet> sheets_;
};

}  // namespace

std::vector<flow_sheet> spread(std::span<const flow_block> blocks, const element& flow) {
  for (double size = flow.size;; size = std::max(size - 0.5, flow.min_size)) {
    flow_setter setter(flow, size);
    for (const auto& block : blocks) setter.add(block);
    if (setter.sheets().size() == 1 || size <= flow.min_size) return std::move(setter.sheets());
  }
}

bool holds(const condition& what, const value_table& table) {
  if (what.name.empty()) return true;
  const auto& value = table.get(what.name);
  return what.value ? value.text == *what.value : !value.text.empty() || !value.valid;
}

void form_painter::page(const form& drawn, value_table& table, const flow_sheet& flow) {
  on_.page(drawn.width, drawn.height, std::nullopt);
  if (draft_) on_.watermark("RASCUNHO");
  coarse_ = drawn.copies.size() > 1;
  for (std::size_t copy = 0; copy < drawn.copies.size(); ++copy) {
    const auto& [dx, label] = drawn.copies[copy];
    table.set("via", label);
    table.set("via_numero", std::to_string(copy + 1));
    for (const auto& each : drawn.elements) {
      if (!holds(each.only_if, table)) continue;
      const rectangle at{each.at.x + dx, each.at.y, each.at.width, each.at.height};
      switch (each.what) {
        case element::kind::text:
          boxed(each, table, dx);
          break;
        case element::kind::line:
          on_.line(at.x, at.y, at.x + at.width, at.y + at.height, each.stroke);
          break;
        case element::kind::outline:
          on_.outline(at, each.stroke);
          break;
        case element::kind::fill:
          on_.fill(at, each.grey);
          break;
        case element::kind::check:
          on_.outline(at, each.stroke);
          checked(each, holds(each.when, table), dx);
          break;
        case element::kind::need:
          require(each, table);
          break;
        case element::kind::flow:
          draw_flow(each, flow, dx);
          break;
      }
    }
    flush();
  }
}

void form_painter::boxed(const element& box, const value_table& table, double dx) {
  auto text = filled(box, table);
  if (!text || text->empty()) return;
  if (box.lines <= 2) std::replace(text->begin(), text->end(), '\n', ' ');
  const auto placed = fit_text(*text, box_of(box));
  if (placed.over > 0) {
    const auto names = names_in(box.text);
    note(problem_code::too_long, box, names.empty() ? std::string_view(box.text) : names.front(),
         {}, placed.over);
    return;
  }
  const double height =
      (k_ascent + k_descent + k_leading * static_cast<double>(placed.lines.size() - 1)) *
      placed.size;
  const double top = box.lines <= 2 ? box.at.y + (box.at.height - height) / 2 : box.at.y;
  // A label begins a paragraph, unless it goes on in the row of the one before. A prescription's
  // head and foot are one each: thousands of small paragraphs would be half of the file, and most
  // of the memory of a batch.
  const double first = top + k_ascent * placed.size;
  const bool same_row = !paragraph_.empty() && std::abs(paragraph_.back().baseline - first) < 3;
  if (names_in(box.text).empty() && !same_row && !coarse_) flush();
  for (std::size_t i = 0; i < placed.lines.size(); ++i) {
    text_line line{box.at.x + dx,
                   top + (k_ascent + k_leading * static_cast<double>(i)) * placed.size, placed.size,
                   box.bold ? face::bold : face::regular, std::string(placed.lines[i])};
    const double left = box.at.width - line_width(line);
    if (box.side != align::left) line.x += box.side == align::centre ? left / 2 : left;
    if (!line.text.empty()) paragraph_.push_back(std::move(line));
  }
}

void form_painter::checked(const element& box, bool crossed, double dx) {
  if (!crossed) return;
  const double size = std::min(box.at.width, box.at.height) * 1.1;
  text_line cross{0, box.at.y + box.at.height / 2 + 0.35 * size, size, face::bold, "X"};
  cross.x = box.at.x + dx + (box.at.width - line_width(cross)) / 2;
  paragraph_.push_back(std::move(cross));
}

void form_painter::flush() {
  if (!paragraph_.empty()) on_.text(paragraph_);
  paragraph_.clear();
}

std::optional<std::string> form_painter::filled(const element& box, const value_table& table) {
  std::string out;
  bool fine = true;
  std::size_t from = 0;
  for (const auto name : names_in(box.text)) {
    const auto& value = table.get(name);
    if (value.text.empty() && value.valid && box.required) note(problem_code::missing, box, name);
    fine = inspect(name, value, box) && fine;
    const auto at = static_cast<std::size_t>(name.data() - box.text.data());
    out.append(box.text, from, at - 1 - from).append(value.text);
    from = at + name.size() + 1;
  }
  out.append(box.text, from);
  return fine ? std::optional(out) : std::nullopt;
}

bool form_painter::inspect(std::string_view field, const drawable_value& value,
                           const element& box) {
  if (!value.valid) note(problem_code::bad_text, box, field);
  for (const auto& point : value.missing) note(problem_code::glyph_missing, box, field, point);
  return value.valid && value.missing.empty();
}

void form_painter::require(const element& box, const value_table& table) {
  const auto& value = table.get(box.value);
  if (value.text.empty() && value.valid) note(problem_code::missing, box, box.value);
}

void form_painter::note(problem_code code, const element& box, std::string_view field,
                        std::string detail, std::size_t over) {
  if (draft_ && code == problem_code::missing) return;
  const bool known = std::any_of(problems_.begin(), problems_.end(), [&](const problem& each) {
    const bool here = each.document == document_ || code != problem_code::too_long;
    return here && each.code == code && each.field == field && each.detail == detail;
  });
  if (known) return;
  problems_.push_back(
      {code, document_, box.box, box.label, std::string(field), over, std::move(detail)});
}

void form_painter::draw_flow(const element& flow, const flow_sheet& lines, double dx) {
  for (const auto& line : lines) {
    if (line.begins) flush();
    if (line.text.empty()) continue;
    paragraph_.push_back({flow.at.x + dx + line.x, flow.at.y + line.baseline, line.size,
                          line.bold ? face::bold : face::regular, line.text});
  }
  flush();
}

}  // namespace autocusto::pdf
