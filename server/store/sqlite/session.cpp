#include "server/store/sqlite/session.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace autocusto::store {
namespace {

class statement_row final : public sql_row {
 public:
  explicit statement_row(const sqlite::statement& of) : of_(of) {}
  [[nodiscard]] bool is_null(int column) const override { return of_.is_null(column); }
  [[nodiscard]] std::int64_t integer(int column) const override { return of_.column_int(column); }
  [[nodiscard]] std::string_view bytes(int column) const override {
    return of_.column_view(column);
  }

 private:
  const sqlite::statement& of_;
};

void bind(sqlite::statement& to, int index, sql_type type, const sql_value& value) {
  if (value.null) {
    to.bind_null(index);
  } else if (type == sql_type::integer) {
    to.bind_int(index, value.number);
  } else if (type == sql_type::bytes) {
    to.bind_blob_static(index, value.bytes);
  } else {
    to.bind_text_static(index, value.bytes);
  }
}

// How often the statement runs: once, or once for each element of the lists.
std::size_t rounds(const sql_query& query, const sql_parameters& parameters) {
  std::optional<std::size_t> length;
  for (const sql_parameter& p : parameters) {
    if (!p.list || p.at_once) continue;
    if (length && *length != p.values.size()) {
      throw std::logic_error(std::string(query.name) + ": lists of different lengths");
    }
    length = p.values.size();
  }
  return length.value_or(1);
}

std::string render_set(std::string_view alias, std::span<const set_column> columns) {
  std::string out = "(SELECT ";
  for (const set_column& c : columns) {
    if (out.back() != ' ') out += ", ";
    out += "?" + std::to_string(c.parameter) + " AS ";
    out += c.name;
  }
  out += ") AS ";
  out += alias;
  return out;
}

/// The whole list as one JSON text, see `as_json`.
std::string render_all(std::string_view alias, std::span<const set_column> columns) {
  std::string out = "(SELECT value AS ";
  out.append(columns.front().name).append(" FROM json_each(?");
  return out.append(std::to_string(columns.front().parameter)).append(")) AS ").append(alias);
}

std::string render_above(std::string_view alias, std::span<const set_column> columns) {
  const auto& from = columns.front();
  std::string out = "(WITH RECURSIVE up(pk) AS (SELECT value FROM json_each(?";
  out.append(std::to_string(from.parameter));
  out.append(
      ") UNION SELECT v.parent FROM up CROSS JOIN version v ON v.pk=up.pk WHERE v.parent IS NOT "
      "NULL UNION SELECT m.parent FROM up CROSS JOIN version_parent m ON m.version=up.pk WHERE "
      "m.parent IS NOT NULL) SELECT up.pk AS ");
  return out.append(from.name).append(" FROM up) AS ").append(alias);
}

std::string as_json(const sql_parameter& list) {
  std::string out = "[";
  for (const sql_value& value : list.values) {
    if (out.size() > 1) out += ',';
    out += std::to_string(value.number);
  }
  return out + "]";
}

/// CROSS keeps the order of the tables. The set, which has one row here, then runs as a coroutine;
/// else it would be written to a temporary table for each element.
std::string render_join(std::string_view table, std::string_view alias,
                        std::string_view condition) {
  std::string out = "CROSS JOIN ";
  out.append(table).append(" ").append(alias).append(" ON ").append(condition);
  return out;
}

}  // namespace

database_error to_database_error(const sqlite::sqlite_error& e, std::string_view where) {
  return {"The embedded database failed in " + std::string(where) + " (SQLite code " +
              std::to_string(e.extended_code()) + "): " + e.what(),
          e.busy(), false};
}

const std::string& sqlite_session::expanded(const sql_query& query) {
  const auto at = texts_.find(query.text.data());
  if (at != texts_.end()) return at->second;
  static const query_dialect dialect{render_set,   render_all,
                                     render_above, true,
                                     render_join,  [](std::string_view) { return std::string(); }};
  std::string text = expand_query(query.text, dialect);
  // $1 counts by first appearance in SQLite, ?1 by its number.
  std::replace(text.begin(), text.end(), '$', '?');
  return texts_.emplace(query.text.data(), std::move(text)).first->second;
}

void sqlite_session::run(const sql_query& query, const sql_parameters& parameters,
                         const row_callback& on_row) {
  const std::size_t count = rounds(query, parameters);
  if (count == 0) return;
  try {
    sqlite::query loan = on_.ask(expanded(query));
    sqlite::statement& statement = *loan;
    const statement_row row(statement);
    for (std::size_t round = 0; round < count; ++round) {
      if (round > 0) statement.rewind();
      int index = 1;
      for (const sql_parameter& p : parameters) {
        if (p.at_once) {
          if (round == 0) statement.bind_text(index, as_json(p));
        } else if (p.list || round == 0) {
          bind(statement, index, p.type, p.values[p.list ? round : 0]);
        }
        ++index;
      }
      ++counts_.statements;
      for (; statement.step(); ++counts_.rows) on_row(row);
    }
  } catch (const sqlite::sqlite_error& e) {
    throw to_database_error(e, query.name);
  }
}

std::vector<std::int64_t> sqlite_session::allocate(std::string_view table, std::size_t count) {
  std::vector<std::int64_t> keys(count);
  if (count == 0) return keys;
  try {
    // There is one writer, so nobody else takes these.
    sqlite::query ask = on_.ask("SELECT coalesce(max(pk), 0) FROM " + std::string(table));
    ask->step();
    std::int64_t next = ask->column_int(0);
    for (std::int64_t& key : keys) key = ++next;
  } catch (const sqlite::sqlite_error& e) {
    throw to_database_error(e, "allocate");
  }
  return keys;
}

void sqlite_session::removal(bool begins) {
  // The columns of foreign keys that have no index: nothing asks by them but a deletion.
  static constexpr std::pair<const char*, const char*> columns[] = {{"version", "parent"},
                                                                    {"version", "author"},
                                                                    {"version_parent", "parent"},
                                                                    {"feed", "version"},
                                                                    {"feed", "view"},
                                                                    {"conflict", "view"},
                                                                    {"import_view", "view"},
                                                                    {"view", "record"},
                                                                    {"view", "owner"},
                                                                    {"device", "owner"},
                                                                    {"enrollment", "owner"},
                                                                    {"quarantine", "owner"},
                                                                    {"audit_log", "actor"},
                                                                    {"audit_log", "subject_user"},
                                                                    {"import_user", "owner"},
                                                                    {"email_twin", "owner"}};
  try {
    for (const auto& [table, column] : columns) {
      const std::string name = std::string("removal_") + table + "_" + column;
      on_.execute(begins ? "CREATE INDEX " + name + " ON " + table + " (" + column + ")"
                         : "DROP INDEX " + name);
    }
  } catch (const sqlite::sqlite_error& e) {
    throw to_database_error(e, "removal");
  }
}

std::vector<user_id> sqlite_session::take_wakes() {
  return std::exchange(wakes_, {});
}

}  // namespace autocusto::store
