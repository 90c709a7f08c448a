#include "server/store_sql/session.hpp"

#include <charconv>
#include <stdexcept>

namespace autocusto::store {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::vector<set_column> parse_columns(std::string_view list) {
  std::vector<set_column> columns;
  while (!list.empty()) {
    const auto comma = list.find(',');
    const std::string_view one = list.substr(0, comma);
    const auto sign = one.find("=$");
    if (sign == std::string_view::npos) throw std::logic_error("a set column without parameter");
    set_column column;
    column.name = trimmed(one.substr(0, sign));
    const std::string_view number = trimmed(one.substr(sign + 2));
    std::from_chars(number.data(), number.data() + number.size(), column.parameter);
    columns.push_back(column);
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
  }
  return columns;
}

}  // namespace

sql_parameter sql_integer(std::int64_t value) {
  return {sql_type::integer, false, {value_of(value)}};
}

sql_parameter sql_integer(const std::optional<std::int64_t>& value) {
  return {sql_type::integer, false, {value_of(value)}};
}

sql_parameter sql_bytes(std::string_view value) {
  return {sql_type::bytes, false, {value_of(value)}};
}

sql_parameter sql_text(std::string_view value) {
  return {sql_type::text, false, {value_of(value)}};
}

sql_parameter sql_integers(std::span<const std::int64_t> values) {
  return sql_list(sql_type::integer, values, [](std::int64_t v) { return v; });
}

std::optional<std::int64_t> sql_row::optional_integer(int column) const {
  if (is_null(column)) return std::nullopt;
  return integer(column);
}

std::string expand_query(std::string_view text, const set_renderer& render_set,
                         const lock_renderer& render_lock) {
  std::string out;
  out.reserve(text.size() + 64);
  while (true) {
    const auto open = text.find('{');
    out.append(text.substr(0, open));
    if (open == std::string_view::npos) return out;
    const auto close = text.find('}', open);
    if (close == std::string_view::npos) throw std::logic_error("an unclosed form in a query");
    const std::string_view form = text.substr(open + 1, close - open - 1);
    if (form.starts_with("set ")) {
      const auto colon = form.find(':');
      if (colon == std::string_view::npos) throw std::logic_error("a set without columns");
      const auto columns = parse_columns(form.substr(colon + 1));
      out += render_set(trimmed(form.substr(4, colon - 4)), columns);
    } else if (form.starts_with("lock ")) {
      out += render_lock(trimmed(form.substr(5)));
    } else {
      throw std::logic_error("an unknown form in a query");
    }
    text.remove_prefix(close + 1);
  }
}

}  // namespace autocusto::store
