#include "tools/sigtap/table.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "shared/domain/entry.hpp"

namespace autocusto::sigtap {
namespace {

/// Takes the next line off a text, without its end; both kinds of ends are known.
std::string_view take_line(std::string_view& rest) {
  const auto end = std::min(rest.find('\n'), rest.size());
  auto line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> cells_of(std::string_view line) {
  std::vector<std::string_view> out;
  while (true) {
    const auto comma = std::min(line.find(','), line.size());
    out.push_back(trimmed(line.substr(0, comma)));
    if (comma == line.size()) return out;
    line.remove_prefix(comma + 1);
  }
}

std::optional<std::size_t> place(std::string_view text) {
  std::size_t out = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (wrong != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (out < 1 || out > k_longest_line) return std::nullopt;
  return out;
}

result<std::vector<column>> read_layout(const text_file& layout) {
  std::string_view rest = layout.bytes;
  if (take_line(rest) != "Coluna,Tamanho,Inicio,Fim,Tipo") {
    return at_line(layout, 1, "the line is not Coluna,Tamanho,Inicio,Fim,Tipo.");
  }
  std::vector<column> out;
  for (std::size_t number = 2; !rest.empty(); ++number) {
    const auto line = take_line(rest);
    if (trimmed(line).empty()) continue;
    const auto cells = cells_of(line);
    if (cells.size() != 5) return at_line(layout, number, "the line has not five cells.");
    const auto size = place(cells[1]);
    const auto first = place(cells[2]);
    const auto last = place(cells[3]);
    if (!size || !first || !last || *last < *first || *last - *first + 1 != *size) {
      return at_line(layout, number, "size, first and last place do not fit together.");
    }
    out.push_back({std::string(cells[0]), *first - 1, *size});
  }
  return out;
}

/// The places of the wanted columns, in the order in which they are wanted.
result<std::vector<column>> find_columns(const text_file& layout,
                                         const std::vector<std::string>& wanted) {
  const auto all = read_layout(layout);
  if (!all) return all.error();
  std::vector<column> out;
  for (const auto& name : wanted) {
    const auto at = std::find_if(all->begin(), all->end(),
                                 [&](const column& each) { return each.name == name; });
    if (at == all->end()) {
      return fail(errc::malformed, layout.name + ": there is no column " + name + ".");
    }
    out.push_back(*at);
  }
  return out;
}

}  // namespace

error at_line(const text_file& file, std::size_t line, std::string_view what) {
  return fail(errc::malformed,
              file.name + ", line " + std::to_string(line) + ": " + std::string(what));
}

std::string_view row::bytes(std::size_t wanted) const {
  const auto& at = columns_.at(wanted);
  return trimmed(line_.substr(at.from, at.size));
}

std::string row::words(std::size_t wanted) const {
  std::string utf8;
  for (const char c : bytes(wanted)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      utf8 += c;
    } else {
      utf8 += static_cast<char>(0xC0 | (byte >> 6));
      utf8 += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return domain::visible_text(utf8);
}

result<void> read_table(
    const text_file& table, const text_file& layout, const std::vector<std::string>& wanted,
    std::string_view prefix,
    const std::function<result<void>(const row& values, std::size_t line)>& each) {
  const auto columns = find_columns(layout, wanted);
  if (!columns) return columns.error();
  std::size_t needed = 0;
  for (const auto& one : *columns) needed = std::max(needed, one.from + one.size);
  std::string_view rest = table.bytes;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const auto line = take_line(rest);
    if (trimmed(line).empty() || !line.starts_with(prefix)) continue;
    if (line.size() < needed) {
      return at_line(table, number,
                     "the line has " + std::to_string(line.size()) + " bytes, the layout needs " +
                         std::to_string(needed) + ".");
    }
    if (auto done = each(row(line, *columns), number); !done) return done;
  }
  return {};
}

}  // namespace autocusto::sigtap
