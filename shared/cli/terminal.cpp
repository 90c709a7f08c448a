#include "shared/cli/terminal.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "shared/cli/code_points.hpp"
#include "shared/cli/output.hpp"
#include "shared/domain/text.hpp"

namespace autocusto::cli {
namespace {

constexpr std::int64_t k_redraw_millis = 100;
constexpr std::size_t k_bar_width = 24;

std::int64_t steady_millis() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

/// 1234567 -> "1,234,567"
std::string grouped(std::int64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, 1, ',');
  return text;
}

}  // namespace

void print_json(const nlohmann::json& object) {
  const std::string text =
      cleaned_json(object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)) + '\n';
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

int finish(int status) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return status;
  constexpr std::string_view why =
      "The output could not be written to its end; see whether the disk is full, then run it "
      "again.\n";
  std::fwrite(why.data(), 1, why.size(), stderr);
  return status == 0 ? 1 : status;
}

int print_error(const error& e, bool json) {
  if (json) {
    nlohmann::json body = {{"code", code_name(e.code)}, {"message", e.message}};
    if (!e.field.empty()) body["field"] = e.field;
    if (e.limit) body["limit"] = *e.limit;
    const nlohmann::json whole = {{"error", std::move(body)}};
    print_json(whole);
  } else {
    const std::string line = printable(e.message) + '\n';
    std::fwrite(line.data(), 1, line.size(), stderr);
  }
  return exit_code(e.code);
}

void print_warning(std::string_view sentence) {
  const std::string line = "warning: " + printable(sentence) + '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  detail::for_code_points(text, [&width](utf8proc_int32_t code, std::string_view) {
    width += code < 0 ? 1 : static_cast<std::size_t>(std::max(0, utf8proc_charwidth(code)));
  });
  return width;
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  detail::for_code_points(text, [&out](utf8proc_int32_t code, std::string_view raw) {
    out += code < 0 || domain::is_control_point(code) ? detail::k_replacement : raw;
  });
  return out;
}

std::string table(const std::vector<std::string>& head,
                  const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  std::vector<std::string> clean_head;
  for (const auto& cell : head) {
    clean_head.push_back(printable(cell));
    widths.push_back(display_width(clean_head.back()));
  }
  std::vector<std::vector<std::string>> clean;
  for (const auto& row : rows) {
    auto& line = clean.emplace_back();
    for (std::size_t i = 0; i < row.size(); ++i) {
      line.push_back(printable(row[i]));
      if (i >= widths.size()) widths.push_back(0);
      widths[i] = std::max(widths[i], display_width(line.back()));
    }
  }
  std::string out;
  const auto add = [&out, &widths](const std::vector<std::string>& row) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      out += row[i];
      if (i + 1 < row.size()) out.append(widths[i] - display_width(row[i]) + 2, ' ');
    }
    out += '\n';
  };
  if (!head.empty()) add(clean_head);
  for (const auto& row : clean) add(row);
  return out;
}

progress::progress(bool enabled) : enabled_(enabled && stderr_is_terminal()) {}

progress::~progress() {
  clear();
}

void progress::show(std::string_view label, std::int64_t done, std::int64_t total) {
  if (!enabled_) return;
  const std::int64_t now = steady_millis();
  const bool finished = total > 0 && done >= total;
  if (drawn_ && label == label_ && !finished && now - last_draw_ < k_redraw_millis) return;
  last_draw_ = now;
  label_ = label;
  std::string line = "\r\x1b[K" + std::string(label) + ' ';
  if (total > 0) {
    const auto filled = static_cast<std::size_t>(std::clamp<std::int64_t>(done, 0, total)) *
                        k_bar_width / static_cast<std::size_t>(total);
    line += '[' + std::string(filled, '#') + std::string(k_bar_width - filled, ' ') + "] ";
    line += grouped(done) + '/' + grouped(total);
  } else {
    line += grouped(done);
  }
  std::fwrite(line.data(), 1, line.size(), stderr);
  std::fflush(stderr);
  drawn_ = true;
}

void progress::clear() {
  if (!drawn_) return;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
  drawn_ = false;
}

}  // namespace autocusto::cli
