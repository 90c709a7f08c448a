#include "client/pdf/layout.hpp"

#include <algorithm>
#include <cmath>

#include "client/pdf/font.hpp"
#include "shared/json/text.hpp"

namespace autocusto::pdf {
namespace {

constexpr double k_tolerance = 1e-6;

/// Number of bytes of a paragraph that fit on its first line, without trailing blanks.
std::size_t first_line(std::string_view text, face weight, double size, double width) {
  double sum = 0;
  std::size_t last_blank = 0;  // where the last word that fits ends
  std::size_t last_mark = 0;   // behind the last slash, hyphen, comma of the word that does not fit
  std::string_view left = text;
  while (!left.empty()) {
    const std::size_t at = text.size() - left.size();
    const char32_t point = take_code_point(left);
    const std::size_t behind = text.size() - left.size();
    if (point == U' ') {
      last_blank = at;
      last_mark = 0;
    }
    const auto found = find_glyph(weight, point);
    sum += found ? found->advance * size : 0;
    if (sum > width + k_tolerance && point != U' ') {
      if (last_blank > 0) return last_blank;
      if (last_mark > 0) return last_mark;
      return at > 0 ? at : behind;
    }
    const bool digit_follows = !left.empty() && left.front() >= '0' && left.front() <= '9';
    if ((point == U'/' || point == U'-' || point == U';' || point == U'+' || point == U',') &&
        !digit_follows) {
      last_mark = behind;
    }
  }
  return text.size();
}

void wrap_paragraph(std::string_view text, face weight, double size, double width,
                    std::vector<std::string_view>& out) {
  if (text.empty()) {
    out.push_back(text);
    return;
  }
  while (!text.empty()) {
    const std::size_t end = first_line(text, weight, size, width);
    std::string_view line = text.substr(0, end);
    while (!line.empty() && line.back() == ' ') line.remove_suffix(1);
    out.push_back(line);
    text.remove_prefix(end);
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  }
}

}  // namespace

std::vector<std::string_view> wrap_text(std::string_view text, face weight, double size,
                                        double width) {
  std::vector<std::string_view> out;
  if (text.empty()) return out;
  for (;;) {
    const auto end = text.find('\n');
    wrap_paragraph(text.substr(0, end), weight, size, width, out);
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

int lines_within(double height, double size) {
  const double left = height - (k_ascent + k_descent) * size;
  if (left < -k_tolerance) return 0;
  return 1 + static_cast<int>(std::floor((left + k_tolerance) / (k_leading * size)));
}

fitted_text fit_text(std::string_view text, const text_box& box) {
  fitted_text out;
  for (double size = box.size;; size = std::max(size - 0.5, box.min_size)) {
    out.size = size;
    out.lines = wrap_text(text, box.weight, size, box.width);
    const auto room = static_cast<std::size_t>(std::min(box.lines, lines_within(box.height, size)));
    if (out.lines.size() <= room) return out;
    if (size > box.min_size) continue;
    const auto* fits_until = room == 0 ? text.data() : out.lines[room].data();
    out.over = std::max<std::size_t>(
        1, json::code_points(text.substr(static_cast<std::size_t>(fits_until - text.data()))));
    out.lines.resize(room);
    return out;
  }
}

}  // namespace autocusto::pdf
