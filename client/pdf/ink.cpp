#include "client/pdf/ink.hpp"

#include "shared/base/overloaded.hpp"

namespace autocusto::pdf {

void recorded_ink::page(double width, double height, std::optional<background> beneath) {
  ++pages_;
  ops_.emplace_back(page_op{width, height, beneath});
}

void recorded_ink::line(double x1, double y1, double x2, double y2, double width) {
  ops_.emplace_back(line_op{x1, y1, x2, y2, width});
}

void recorded_ink::outline(const rectangle& at, double width) {
  ops_.emplace_back(outline_op{at, width});
}

void recorded_ink::fill(const rectangle& at, double grey) {
  ops_.emplace_back(fill_op{at, grey});
}

void recorded_ink::text(std::span<const text_line> lines) {
  ops_.emplace_back(text_op{{lines.begin(), lines.end()}});
}

void recorded_ink::watermark(std::string_view word) {
  ops_.emplace_back(watermark_op{std::string(word)});
}

void recorded_ink::replay(ink& on) const {
  const overloaded draw{
      [&on](const page_op& op) { on.page(op.width, op.height, op.beneath); },
      [&on](const line_op& op) { on.line(op.x1, op.y1, op.x2, op.y2, op.width); },
      [&on](const outline_op& op) { on.outline(op.at, op.width); },
      [&on](const fill_op& op) { on.fill(op.at, op.grey); },
      [&on](const text_op& op) { on.text(op.lines); },
      [&on](const watermark_op& op) { on.watermark(op.word); },
  };
  for (const auto& op : ops_) std::visit(draw, op);
}

}  // namespace autocusto::pdf
