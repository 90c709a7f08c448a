#include "server/store/sql/session.hpp"

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

bool continues_name(char c) {
  return c == '_' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

// Every `alias.column` in the text becomes its parameter.
void put_in_place(std::string& text, std::string_view alias, std::span<const set_column> columns) {
  for (const set_column& c : columns) {
    const std::string from = std::string(alias) + "." + std::string(c.name);
    const std::string to = "$" + std::to_string(c.parameter);
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
      const auto after = at + from.size();
      const bool whole = (at == 0 || !continues_name(text[at - 1])) &&
                         (after == text.size() || !continues_name(text[after]));
      if (whole) text.replace(at, from.size(), to);
      at += whole ? to.size() : from.size();
    }
  }
}

// INSERT ... SELECT of one row becomes INSERT ... VALUES: for a SELECT, SQLite keeps a journal of
// its own for each statement, and letting go of it costs time in proportion to everything that the
// savepoint around it has changed.
void select_to_values(std::string& text) {
  constexpr std::string_view select = "SELECT ";
  constexpr std::string_view everything = "WHERE true ";  // parts ON CONFLICT from a FROM
  const auto at = text.find(select);
  if (!text.starts_with("INSERT ") || at == std::string::npos) return;
  text.replace(at, select.size(), "VALUES (");
  const auto where = text.find(everything, at);
  if (where != std::string::npos) text.erase(where, everything.size());
  const auto conflict = text.find("ON CONFLICT", at);
  text.insert(conflict == std::string::npos ? text.size() : conflict, ") ");
}

// `set u: a=$1`, `all u: a=$1`, `above u: a=$1`, `rows u: a=$1`, `join t a: condition` or `lock t`.
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
  if (word == "all") return dialect.all(names, parse_columns(body));
  if (word == "above") return dialect.above(names, parse_columns(body));
  if (word == "set") return dialect.set(names, parse_columns(body));
  if (word == "rows") return "FROM " + dialect.set(names, parse_columns(body));
  const auto between = names.find(' ');
  if (word != "join" || between == std::string_view::npos) {
    throw std::logic_error("an unknown form in a query");
  }
  return dialect.join(names.substr(0, between), names.substr(between + 1), body);
}

}  // namespace

sql_parameter sql_bytes(std::string_view value) {
  return {sql_type::bytes, false, {value_of(value)}};
}

sql_parameter sql_text(std::string_view value) {
  return {sql_type::text, false, {value_of(value)}};
}

sql_parameter sql_integers(std::span<const std::int64_t> values) {
  return sql_list(sql_type::integer, values, std::identity());
}

sql_parameter sql_integers_at_once(std::span<const std::int64_t> values) {
  auto p = sql_integers(values);
  p.at_once = true;
  return p;
}

std::optional<std::int64_t> sql_row::optional_integer(int column) const {
  if (is_null(column)) return std::nullopt;
  return integer(column);
}

std::string expand_query(std::string_view text, const query_dialect& dialect) {
  constexpr std::string_view rows = "rows ";
  std::string out;
  out.reserve(text.size() + 64);
  std::string_view in_place;  // what stands in a {rows} form whose columns go in place
  while (true) {
    const auto open = text.find('{');
    out.append(text.substr(0, open));
    if (open == std::string_view::npos) break;
    const auto close = text.find('}', open);
    if (close == std::string_view::npos) throw std::logic_error("an unclosed form in a query");
    const std::string_view form = text.substr(open + 1, close - open - 1);
    if (dialect.rows_in_place && form.starts_with(rows)) {
      in_place = form.substr(rows.size());
    } else {
      out += expand_form(form, dialect);
    }
    text.remove_prefix(close + 1);
  }
  if (const auto colon = in_place.find(':'); colon != std::string_view::npos) {
    put_in_place(out, trimmed(in_place.substr(0, colon)),
                 parse_columns(in_place.substr(colon + 1)));
    select_to_values(out);
  }
  return out;
}

}  // namespace autocusto::store
