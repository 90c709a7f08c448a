#pragma once
// How a repository asks its database: queries with parameters, rows that come back.
//
// A query is a constant text with a name. Parameters are `$1`, `$2` …, typed by the values that are
// given. These forms are expanded for the database at hand:
//
//   {set u: a=$1, b=$2}
//       A table `u` with columns a and b, one row for each element of the list parameters.
//       PostgreSQL gets unnest($1, $2): one round trip for the whole set. SQLite, where a call
//       costs a microsecond, runs the statement once for each element with (SELECT $1 AS a, $2 AS
//       b). So nothing in such a query may count, order or limit over the whole set.
//
//   {rows u: a=$1, b=$2}
//       The same for INSERT ... SELECT and UPDATE, with its FROM. SQLite has the values in place of
//       u.a and u.b (for INSERT in VALUES): an update from a table would cost it a temporary table
//       for each row.
//
//   {all u: key=$1}
//       The same with one integer column, and one statement for the whole set on SQLite, too (its
//       list parameter is made by `sql_integers_at_once`). For deletions of many rows that others
//       refer to.
//
//   {above u: key=$1}
//       A table `u` with the keys of these versions (`sql_integers_at_once`) and of all that they
//       descend from over known parents; one statement.
//
//   {join t a: condition}
//       JOIN t a ON condition. On PostgreSQL a lateral subquery: the rows before it drive the join
//       through an index of `t`, whatever the planner believes about sizes. Plans are kept, and
//       tables grow.
//
//   {lock t}
//       FOR NO KEY UPDATE OF t on PostgreSQL; nothing on SQLite, which has one writer.
//
// A session belongs to one transaction on one connection and to the thread that runs it. Failures
// throw `database_error` with the query's name, never its parameters.

#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "server/store/sql/database_error.hpp"
#include "server/store/sql/statement_counts.hpp"
#include "shared/base/ids.hpp"

namespace autocusto::store {

struct sql_query {
  std::string_view name;  ///< unique; a key of caches and the name in errors
  std::string_view text;
};

enum class sql_type { integer, bytes, text };

struct sql_value {
  bool null = true;
  std::int64_t number = 0;
  std::string_view bytes;  ///< must live until the query has run
};

// What a value of the program is in a query: numbers, flags, enumerations, ids, bytes; a missing
// one is NULL.
template <class T>
concept sql_number = std::is_integral_v<T> || std::is_enum_v<T>;
template <sql_number T>
[[nodiscard]] sql_value value_of(T number) {
  return {false, static_cast<std::int64_t>(number), {}};
}
[[nodiscard]] inline const sql_value& value_of(const sql_value& value) {
  return value;
}
[[nodiscard]] inline sql_value value_of(std::string_view bytes) {
  return {false, 0, bytes};
}
template <class T>
concept sql_identifier = requires(const T& id) {
  { id.raw() } -> std::same_as<std::string_view>;
};
template <sql_identifier Id>
[[nodiscard]] sql_value value_of(const Id& id) {
  return value_of(id.raw());
}
template <class T>
[[nodiscard]] sql_value value_of(const std::optional<T>& value) {
  return value ? value_of(*value) : sql_value{};
}

/// One parameter: one value, or a list of values for `{set}`. Numbers, flags and enumerations are
/// integers, identifiers are bytes; what a string is, `sql_text` and `sql_bytes` say.
struct sql_parameter {
  sql_parameter(sql_type of, bool has_list, std::vector<sql_value> v)
      : type(of), list(has_list), values(std::move(v)) {}
  template <sql_number T>
  sql_parameter(T number) : values{value_of(number)} {}
  sql_parameter(const std::optional<std::int64_t>& number) : values{value_of(number)} {}
  template <sql_identifier Id>
  sql_parameter(const Id& id) : type(sql_type::bytes), values{value_of(id)} {}
  template <sql_identifier Id>
  sql_parameter(const std::optional<Id>& id) : type(sql_type::bytes), values{value_of(id)} {}

  sql_type type = sql_type::integer;
  bool list = false;
  std::vector<sql_value> values;
  bool at_once = false;  ///< the parameter of an `{all}`
};

[[nodiscard]] sql_parameter sql_text(std::string_view value);
[[nodiscard]] sql_parameter sql_bytes(std::string_view value);
[[nodiscard]] sql_parameter sql_integers(std::span<const std::int64_t> values);
/// For `{all}`.
[[nodiscard]] sql_parameter sql_integers_at_once(std::span<const std::int64_t> values);

/// Values that may be handed over by value: they own no bytes that a query could refer to.
template <class T>
inline constexpr bool k_no_bytes =
    sql_number<T> || std::is_same_v<T, std::string_view> || std::is_same_v<T, sql_value> ||
    std::is_same_v<T, std::optional<std::int64_t>>;

/// A list parameter with `get(item)` for each item, or that member of it: something that `value_of`
/// takes. Bytes must live until the query has run.
template <class Items, class Get>
[[nodiscard]] sql_parameter sql_list(sql_type type, const Items& items, Get get) {
  sql_parameter p(type, true, {});
  using value = decltype(std::invoke(get, *std::begin(items)));
  static_assert(std::is_reference_v<value> || k_no_bytes<value>, "bytes would dangle");
  p.values.reserve(std::size(items));
  for (const auto& item : items) p.values.push_back(value_of(std::invoke(get, item)));
  return p;
}
/// A list of identifiers or byte strings.
template <class Items>
[[nodiscard]] sql_parameter sql_bytes_of(const Items& items) {
  return sql_list(sql_type::bytes, items, std::identity());
}

/// One row of an answer; views are valid until the row callback returns.
class sql_row {
 public:
  virtual ~sql_row() = default;
  [[nodiscard]] virtual bool is_null(int column) const = 0;
  [[nodiscard]] virtual std::int64_t integer(int column) const = 0;
  [[nodiscard]] virtual std::string_view bytes(int column) const = 0;

  [[nodiscard]] std::optional<std::int64_t> optional_integer(int column) const;
  /// An identifier; throws database_error when the column has another size.
  template <class Id>
  [[nodiscard]] Id id(int column) const {
    const auto found = Id::from_raw(bytes(column));
    if (!found) throw database_error("a stored identifier has a wrong size", false, false);
    return *found;
  }
  template <class Id>
  [[nodiscard]] std::optional<Id> optional_id(int column) const {
    if (is_null(column)) return std::nullopt;
    return id<Id>(column);
  }
};

/// The first column of a row: a key or another number.
[[nodiscard]] inline std::int64_t read_key(const sql_row& row) {
  return row.integer(0);
}
/// The first column of a row: an identifier.
template <class Id>
[[nodiscard]] Id read_id(const sql_row& row) {
  return row.id<Id>(0);
}

using sql_parameters = std::vector<sql_parameter>;
using row_callback = std::function<void(const sql_row&)>;

class sql_session {
 public:
  virtual ~sql_session() = default;
  /// Runs the query; the callback sees every row. With list parameters (all of one length) see
  /// above; empty lists run nothing.
  virtual void run(const sql_query& query, const sql_parameters& parameters,
                   const row_callback& on_row) = 0;
  /// For a query whose rows nobody wants.
  void run(const sql_query& query, const sql_parameters& parameters) {
    run(query, parameters, [](const sql_row&) {});
  }
  /// The rows of a query, each made by `make(row)`.
  template <class Make>
  auto list(const sql_query& query, const sql_parameters& parameters, Make make) {
    std::vector<decltype(make(std::declval<const sql_row&>()))> found;
    run(query, parameters, [&](const sql_row& row) { found.push_back(make(row)); });
    return found;
  }
  /// The last row of a query that has at most one.
  template <class Make>
  auto one(const sql_query& query, const sql_parameters& parameters, Make make) {
    std::optional<decltype(make(std::declval<const sql_row&>()))> found;
    run(query, parameters, [&](const sql_row& row) { found = make(row); });
    return found;
  }
  /// The number, such as a new key, that a query with exactly one row answers.
  std::int64_t number(const sql_query& query, const sql_parameters& parameters) {
    return one(query, parameters, read_key).value();
  }
  /// `count` keys for new rows of a table with a generated `pk`, never used before.
  virtual std::vector<std::int64_t> allocate(std::string_view table, std::size_t count) = 0;
  /// Notes a user to wake after the commit.
  virtual void wake(const user_id& user) = 0;
  /// Many rows are going to be deleted (or have been): makes (or drops) what checking the
  /// references to them would otherwise cost a walk through whole tables for.
  virtual void removal(bool begins) { static_cast<void>(begins); }
  /// Statements run and rows read since the session was made.
  [[nodiscard]] const statement_counts& counts() const { return counts_; }

 protected:
  statement_counts counts_;
};

/// One `name=$parameter` of a form.
struct set_column {
  std::string_view name;
  int parameter = 0;
};
using set_renderer =
    std::function<std::string(std::string_view alias, std::span<const set_column> columns)>;
using lock_renderer = std::function<std::string(std::string_view alias)>;
using join_renderer = std::function<std::string(std::string_view table, std::string_view alias,
                                                std::string_view condition)>;
struct query_dialect {
  set_renderer set;
  set_renderer all;
  set_renderer above;
  bool rows_in_place = false;  ///< {rows} vanishes, its columns become their parameters
  join_renderer join;
  lock_renderer lock;
};
/// The text with its forms written out in one database's dialect.
[[nodiscard]] std::string expand_query(std::string_view text, const query_dialect& dialect);

}  // namespace autocusto::store
