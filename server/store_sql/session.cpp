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

// `set u: a=$1`, `join t a: condition` or `lock t`.
std::string expand_form(std::string_view form, const query_dialect& dialect) {
  const auto space = form.find(' ');
  const std::string_view word = form.substr(0, space);
  if (space == std::string_view::npos) throw std::logic_error("an empty form in a query");
  const std::string_view rest = trimmed(form.substr(space));
  const auto colon = rest.find(':');
  if (word == "lock") return dialect.lock(rest);
  if (colon == std::string_view::npos) throw std::logic_error("a form in a query has no colon");
  const std::string_view names = rest.substr(0, colon);
  const std::string_view body = trimmed(rest.substr(colon + 1));
  if (word == "set") return dialect.set(names, parse_columns(body));
  const auto between = names.find(' ');
  if (word != "join" || between == std::string_view::npos) {
    throw std::logic_error("an unknown form in a query");
  }
  return dialect.join(names.substr(0, between), names.substr(between + 1), body);
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

std::string expand_query(std::string_view text, const query_dialect& dialect) {
  std::string out;
  out.reserve(text.size() + 64);
  while (true) {
    const auto open = text.find('{');
    out.append(text.substr(0, open));
    if (open == std::string_view::npos) return out;
    const auto close = text.find('}', open);
    if (close == std::string_view::npos) throw std::logic_error("an unclosed form in a query");
    out += expand_form(text.substr(open + 1, close - open - 1), dialect);
    text.remove_prefix(close + 1);
  }
}

}  // namespace autocusto::store
