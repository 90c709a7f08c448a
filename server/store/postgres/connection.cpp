#include "server/store/postgres/connection.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <limits>

#include <libpq-fe.h>
#include <poll.h>

#include "server/store/postgres/encode.hpp"
#include "server/store/postgres/tls_default.hpp"

namespace autocusto::store {
namespace {

using steady = std::chrono::steady_clock;

// The server ends a statement after 30 s; who has no answer then has no server either.
constexpr std::chrono::seconds k_answer_timeout{40};

// What the session needs: bounded statements, locks and idle transactions; commits that are on disk
// before they are acknowledged (a stronger setting than `on` stays); plans that follow the queries'
// form and its indexes rather than estimates, because they are kept while tables grow from nothing;
// no compiler for tiny queries.
constexpr const char* k_session =
    "SET statement_timeout='30s'; SET lock_timeout='10s'; "
    "SET idle_in_transaction_session_timeout='60s'; SET client_min_messages=error; SET jit=off; "
    "SET plan_cache_mode=force_generic_plan; SET enable_seqscan=off; "
    "SELECT set_config('synchronous_commit', 'on', false) "
    "WHERE current_setting('synchronous_commit')='off'";

// Defaults that the URL may override.
struct setting_pair {
  const char* name;
  const char* value;
};
constexpr setting_pair k_defaults[] = {
    {"connect_timeout", "5"},
    {"keepalives", "1"},
    {"keepalives_idle", "15"},
    {"keepalives_interval", "5"},
    {"keepalives_count", "3"},
    {"tcp_user_timeout", "30000"},
    {"client_encoding", "UTF8"},
    {"application_name", "autocusto-server"},
    {"target_session_attrs", "read-write"},
};

class result_row final : public sql_row {
 public:
  explicit result_row(const PGresult* of) : of_(of) {}
  int at = 0;
  [[nodiscard]] bool is_null(int column) const override {
    return PQgetisnull(of_, at, column) != 0;
  }
  [[nodiscard]] std::int64_t integer(int column) const override {
    return decode_integer(bytes(column));
  }
  [[nodiscard]] std::string_view bytes(int column) const override {
    const int length = PQgetlength(of_, at, column);
    return {PQgetvalue(of_, at, column), static_cast<std::size_t>(length)};
  }

 private:
  const PGresult* of_;
};

void drop_notice(void* /*arg*/, const PGresult* /*result*/) {}

std::string render_set(std::string_view alias, std::span<const set_column> columns) {
  std::string values;
  std::string names;
  for (const set_column& c : columns) {
    if (!values.empty()) {
      values += ", ";
      names += ", ";
    }
    values += "$" + std::to_string(c.parameter);
    names += c.name;
  }
  return "unnest(" + values + ") AS " + std::string(alias) + "(" + names + ")";
}

std::string render_above(std::string_view alias, std::span<const set_column> columns) {
  const auto& from = columns.front();
  std::string out = "(WITH RECURSIVE up(pk) AS (SELECT unnest($";
  out.append(std::to_string(from.parameter));
  out.append(
      "::bigint[]) UNION SELECT e.parent FROM up CROSS JOIN LATERAL (SELECT v.parent FROM version "
      "v "
      "WHERE v.pk=up.pk AND v.parent IS NOT NULL UNION ALL SELECT m.parent FROM version_parent m "
      "WHERE m.version=up.pk AND m.parent IS NOT NULL) e) SELECT up.pk AS ");
  return out.append(from.name).append(" FROM up) AS ").append(alias);
}

std::string render_join(std::string_view table, std::string_view alias,
                        std::string_view condition) {
  // OFFSET 0 keeps the subquery apart: it runs once for each row before it.
  std::string out = "CROSS JOIN LATERAL (SELECT ";
  out.append(alias).append(".* FROM ").append(table).append(" ").append(alias).append(" WHERE ");
  return out.append(condition).append(" OFFSET 0) AS ").append(alias);
}

std::string render_lock(std::string_view alias) {
  // Not FOR UPDATE: that would make foreign key checks of other transactions wait.
  return "FOR NO KEY UPDATE OF " + std::string(alias);
}

// Errors after which the server closes the connection: shutdown, crash, idle in transaction.
bool ends_connection(std::string_view sqlstate) {
  return sqlstate.starts_with("08") || sqlstate.starts_with("57P") || sqlstate == "25P03";
}

}  // namespace

postgres_error::postgres_error(const std::string& what, std::string sqlstate, bool lost)
    : database_error(what,
                     lost || sqlstate == "40001" || sqlstate == "40P01" || sqlstate == "55P03" ||
                         sqlstate == "57014",
                     false),
      sqlstate_(std::move(sqlstate)),
      lost_(lost) {}

void pg_connection::closer::operator()(pg_conn* c) const noexcept {
  PQfinish(c);
}

void pg_connection::clearer::operator()(pg_result* r) const noexcept {
  PQclear(r);
}

pg_connection::pg_connection(const std::string& url) {
  std::vector<const char*> names;
  std::vector<const char*> values;
  for (const setting_pair& s : k_defaults) {
    names.push_back(s.name);
    values.push_back(s.value);
  }
  if (needs_verified_tls(url)) {
    names.push_back("sslmode");
    values.push_back("verify-full");
  }
  names.push_back("dbname");
  values.push_back(url.c_str());
  names.push_back(nullptr);
  values.push_back(nullptr);
  handle_.reset(PQconnectdbParams(names.data(), values.data(), 1));
  if (!handle_ || PQstatus(handle_.get()) != CONNECTION_OK) {
    fail_lost("connect", handle_ ? PQerrorMessage(handle_.get()) : "out of memory");
  }
  PQsetNoticeReceiver(handle_.get(), drop_notice, nullptr);
  execute("session", k_session);
}

void pg_connection::fail_lost(std::string_view name, const std::string& why) {
  lost_ = true;
  std::string text = "The connection to PostgreSQL failed in " + std::string(name) + ": " + why;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  throw postgres_error(text, "08006", true);
}

void pg_connection::fail(std::string_view name, const pg_result* result) {
  const auto field = [result](int code) {
    const char* text = PQresultErrorField(result, code);
    return std::string(text == nullptr ? "" : text);
  };
  const std::string sqlstate = field(PG_DIAG_SQLSTATE);
  if (sqlstate.empty()) fail_lost(name, PQerrorMessage(handle_.get()));
  if (ends_connection(sqlstate)) lost_ = true;
  std::string text = "PostgreSQL failed in " + std::string(name) + " (" + sqlstate +
                     "): " + field(PG_DIAG_MESSAGE_PRIMARY);
  throw postgres_error(text, sqlstate, lost_);
}

void pg_connection::wait_for_input(std::string_view name) {
  const auto deadline = steady::now() + k_answer_timeout;
  while (PQisBusy(handle_.get()) != 0) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - steady::now());
    if (left.count() <= 0 && !unlimited_) fail_lost(name, "no answer in time");
    pollfd wait{PQsocket(handle_.get()), POLLIN, 0};
    const int ready = ::poll(&wait, 1, unlimited_ ? -1 : static_cast<int>(left.count()));
    if (ready < 0 && errno != EINTR) fail_lost(name, "waiting failed");
    if (ready > 0 && PQconsumeInput(handle_.get()) == 0) {
      fail_lost(name, PQerrorMessage(handle_.get()));
    }
  }
}

pg_connection::result_handle pg_connection::finish(std::string_view name, bool sent) {
  if (!sent) fail_lost(name, PQerrorMessage(handle_.get()));
  result_handle last;
  result_handle failed;
  while (true) {
    wait_for_input(name);
    result_handle next(PQgetResult(handle_.get()));
    if (!next) break;
    const auto status = PQresultStatus(next.get());
    const bool good =
        status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
    if (good) {
      last = std::move(next);
    } else if (!failed) {
      failed = std::move(next);
    }
    if (PQstatus(handle_.get()) == CONNECTION_BAD) {
      lost_ = true;
      break;
    }
  }
  if (failed) fail(name, failed.get());
  if (lost_ || !last) fail_lost(name, PQerrorMessage(handle_.get()));
  return last;
}

void pg_connection::execute(std::string_view name, const std::string& script) {
  static_cast<void>(finish(name, PQsendQuery(handle_.get(), script.c_str()) == 1));
}

const std::string& pg_connection::prepared(const sql_query& query,
                                           const sql_parameters& parameters) {
  const auto at = statements_.find(query.text.data());
  if (at != statements_.end()) return at->second;
  static const query_dialect dialect{render_set, render_set,  render_above,
                                     false,      render_join, render_lock};
  const std::string text = expand_query(query.text, dialect);
  const std::string name = "q" + std::to_string(statements_.size());
  std::vector<Oid> types;
  for (const sql_parameter& p : parameters) types.push_back(postgres_type(p));
  const int sent = PQsendPrepare(handle_.get(), name.c_str(), text.c_str(),
                                 static_cast<int>(types.size()), types.data());
  static_cast<void>(finish(query.name, sent == 1));
  return statements_.emplace(query.text.data(), name).first->second;
}

void pg_connection::run(const sql_query& query, const sql_parameters& parameters,
                        const row_callback& on_row) {
  // An empty set means nothing to do, as on the other database.
  const auto empty = [](const sql_parameter& p) { return p.list && p.values.empty(); };
  if (std::any_of(parameters.begin(), parameters.end(), empty)) return;
  const std::string& name = prepared(query, parameters);
  std::vector<encoded_parameter> encoded;
  encoded.reserve(parameters.size());
  std::vector<const char*> values;
  std::vector<int> lengths;
  for (const sql_parameter& p : parameters) {
    encoded.push_back(encode_parameter(p));
    if (encoded.back().bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
      throw database_error("A set of rows is too large for one statement.", false, false);
    }
    values.push_back(encoded.back().is_null ? nullptr : encoded.back().bytes.data());
    lengths.push_back(static_cast<int>(encoded.back().bytes.size()));
  }
  const std::vector<int> formats(parameters.size(), 1);
  const int sent =
      PQsendQueryPrepared(handle_.get(), name.c_str(), static_cast<int>(parameters.size()),
                          values.data(), lengths.data(), formats.data(), 1);
  const result_handle rows = finish(query.name, sent == 1);
  result_row row(rows.get());
  const int count = PQntuples(rows.get());
  for (row.at = 0; row.at < count; ++row.at) on_row(row);
}

void pg_connection::commit() {
  const result_handle done = finish("commit", PQsendQuery(handle_.get(), "COMMIT") == 1);
  if (std::string_view(PQcmdStatus(done.get())) != "COMMIT") {
    throw database_error("PostgreSQL rolled the transaction back; nothing was saved.", true, false);
  }
}

void pg_connection::rollback() noexcept {
  if (lost_) return;
  try {
    execute("rollback", "ROLLBACK");
  } catch (const std::exception&) {
    lost_ = true;  // closing it rolls back, too
  }
}

bool pg_connection::reusable() const {
  return !lost_ && PQstatus(handle_.get()) == CONNECTION_OK &&
         PQtransactionStatus(handle_.get()) == PQTRANS_IDLE;
}

int pg_connection::backend_pid() const {
  return PQbackendPID(handle_.get());
}

int pg_connection::socket() const {
  return PQsocket(handle_.get());
}

void pg_connection::read_notifications(const std::function<void(int, std::string_view)>& each) {
  if (PQconsumeInput(handle_.get()) == 0) fail_lost("listen", PQerrorMessage(handle_.get()));
  while (PGnotify* note = PQnotifies(handle_.get())) {
    const std::unique_ptr<PGnotify, decltype(&PQfreemem)> guard(note, &PQfreemem);
    each(note->be_pid, note->extra);
  }
}

}  // namespace autocusto::store
