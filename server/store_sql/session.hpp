#pragma once
// The seam between the store's queries, written once, and the two databases that run them.
//
// A query is a constant text with a name. Parameters are `$1`, `$2` …, typed by the values that are
// given. Two forms are expanded for the database at hand:
//
//   {set u: a=$1, b=$2}   a table `u` with columns a and b, one row for each element of the list
//                         parameters. PostgreSQL gets unnest($1, $2): one round trip for the whole
//                         set. SQLite, where a call costs a microsecond, runs the statement once
//                         for each element with (SELECT $1 AS a, $2 AS b); so nothing in such a
//                         query may count, order or limit over the whole set.
//   {rows u: a=$1, b=$2}  the same for INSERT ... SELECT and UPDATE, with its FROM. SQLite has the
//                         values in place of u.a and u.b (for INSERT in VALUES): an update from a
//                         table would cost it a temporary table for each row.
//   {all u: key=$1}       the same with one integer column, and one statement for the whole set on
//                         SQLite, too (its list parameter is made by `sql_integers_at_once`): for
//                         deletions of many rows that others refer to.
//   {above u: key=$1}     a table `u` with the keys of these versions (`sql_integers_at_once`) and
//   of
//                         all that they descend from over known parents; one statement.
//   {join t a: condition}  JOIN t a ON condition. On PostgreSQL a lateral subquery, so that the
//   rows
//                         before it drive the join through an index of `t`, whatever the planner
//                         believes about sizes: plans are kept, and tables grow.
//   {lock t}              FOR NO KEY UPDATE OF t on PostgreSQL; nothing on SQLite, which has one
//                         writer.
//
// A session belongs to one transaction on one connection and to the thread that runs it. Failures
// throw `database_error` with the query's name, never its parameters.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "server/store/store.hpp"

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

/// One parameter: one value, or a list of values for `{set}`.
struct sql_parameter {
  sql_type type = sql_type::integer;
  bool list = false;
  std::vector<sql_value> values;
  bool at_once = false;  ///< the parameter of an `{all}`
};

[[nodiscard]] sql_parameter sql_integer(std::int64_t value);
[[nodiscard]] sql_parameter sql_integer(const std::optional<std::int64_t>& value);
[[nodiscard]] sql_parameter sql_bytes(std::string_view value);
[[nodiscard]] sql_parameter sql_text(std::string_view value);
[[nodiscard]] sql_parameter sql_integers(std::span<const std::int64_t> values);
/// For `{all}`.
[[nodiscard]] sql_parameter sql_integers_at_once(std::span<const std::int64_t> values);
/// The raw bytes of an identifier, or NULL.
template <class Id>
[[nodiscard]] sql_parameter sql_id(const std::optional<Id>& id) {
  sql_parameter p = sql_bytes({});
  if (id) p.values[0].bytes = id->raw();
  p.values[0].null = !id;
  return p;
}

[[nodiscard]] inline sql_value value_of(std::int64_t number) {
  return {false, number, {}};
}
[[nodiscard]] inline sql_value value_of(const std::optional<std::int64_t>& number) {
  return {!number, number.value_or(0), {}};
}
[[nodiscard]] inline sql_value value_of(std::string_view bytes) {
  return {false, 0, bytes};
}

/// A list parameter with `get(item)` for each item: something that `value_of` takes, or a
/// `sql_value`. Bytes must live until the query has run.
template <class Items, class Get>
[[nodiscard]] sql_parameter sql_list(sql_type type, const Items& items, Get get) {
  sql_parameter p{type, true, {}, false};
  p.values.reserve(std::size(items));
  for (const auto& item : items) {
    if constexpr (std::is_same_v<decltype(get(item)), sql_value>) {
      p.values.push_back(get(item));
    } else {
      p.values.push_back(value_of(get(item)));
    }
  }
  return p;
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

/// The one column of a row, a key.
[[nodiscard]] inline pk read_key(const sql_row& row) {
  return row.integer(0);
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
  /// `count` keys for new rows of a table with a generated `pk`, never used before.
  virtual std::vector<pk> allocate(std::string_view table, std::size_t count) = 0;
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

/// All queries, over a session that must outlive it.
[[nodiscard]] std::unique_ptr<writer> make_sql_writer(sql_session& session);

/// The text with `{set}`, `{join}` and `{lock}` written out in one database's dialect.
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
[[nodiscard]] std::string expand_query(std::string_view text, const query_dialect& dialect);

}  // namespace autocusto::store
