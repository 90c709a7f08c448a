#include "tools/import/source/connection.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include <libpq-fe.h>

#include "server/store/postgres/encode.hpp"
#include "server/store/postgres/tls_default.hpp"
#include "shared/base/error.hpp"
#include "shared/base/one_line.hpp"
#include "tools/import/rules/rows.hpp"

namespace autocusto::import {
namespace {

constexpr int k_rows_at_a_time = 2000;
// PostgreSQL counts from 2000-01-01.
constexpr std::int64_t k_epoch_2000 = 946'684'800'000'000;
// One moment of the source for everything; whole sorts rather than quick first rows.
constexpr const char* k_begin =
    "SET TimeZone='UTC'; SET client_min_messages=error; SET cursor_tuple_fraction=1; "
    "SET statement_timeout=0; SET idle_in_transaction_session_timeout=0; SET work_mem='32MB'; "
    "SET jit=off; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

[[noreturn]] void fail_reading(const std::string& why) {
  throw error_exception(
      fail(errc::unavailable, "The legacy database cannot be read: " + one_line(why) + "."));
}

void drop_notice(void* /*arg*/, const PGresult* /*result*/) {}

}  // namespace

bool source_row::is_null(int column) const {
  return PQgetisnull(of_, row_, column) != 0;
}

std::string_view source_row::text(int column) const {
  return {PQgetvalue(of_, row_, column), static_cast<std::size_t>(PQgetlength(of_, row_, column))};
}

std::int64_t source_row::integer(int column) const {
  return is_null(column) ? 0 : store::decode_integer(text(column));
}

std::optional<std::int64_t> source_row::optional_integer(int column) const {
  if (is_null(column)) return std::nullopt;
  return integer(column);
}

std::int64_t source_row::time(int column) const {
  const std::int64_t since_2000 = integer(column);
  if (since_2000 > k_last_time - k_epoch_2000) return k_last_time;
  return std::max(since_2000, k_first_time - k_epoch_2000) + k_epoch_2000;
}

void connection::closer::operator()(pg_conn* c) const noexcept {
  PQfinish(c);
}

void connection::clearer::operator()(pg_result* r) const noexcept {
  PQclear(r);
}

connection::connection(const std::string& url) {
  std::vector<const char*> names{"connect_timeout", "keepalives", "keepalives_idle",
                                 "client_encoding", "application_name"};
  std::vector<const char*> values{"10", "1", "30", "UTF8", "autocusto-import"};
  if (store::needs_verified_tls(url)) {
    names.push_back("sslmode");
    values.push_back("verify-full");
  }
  names.push_back("dbname");
  values.push_back(url.c_str());
  names.push_back(nullptr);
  values.push_back(nullptr);
  handle_.reset(PQconnectdbParams(names.data(), values.data(), 1));
  if (!handle_ || PQstatus(handle_.get()) != CONNECTION_OK) {
    fail_reading(handle_ ? PQerrorMessage(handle_.get()) : "out of memory");
  }
  PQsetNoticeReceiver(handle_.get(), drop_notice, nullptr);
  const result_handle begun(PQexec(handle_.get(), k_begin));
  if (PQresultStatus(begun.get()) != PGRES_COMMAND_OK) {
    fail_reading(PQerrorMessage(handle_.get()));
  }
}

connection::result_handle connection::run(const std::string& sql, const std::string* ids) {
  const char* values[] = {ids == nullptr ? nullptr : ids->c_str()};
  result_handle rows(PQexecParams(handle_.get(), sql.c_str(), ids == nullptr ? 0 : 1, nullptr,
                                  values, nullptr, nullptr, 1));
  const auto status = PQresultStatus(rows.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
    const char* primary = PQresultErrorField(rows.get(), PG_DIAG_MESSAGE_PRIMARY);
    fail_reading(primary != nullptr ? primary : PQerrorMessage(handle_.get()));
  }
  return rows;
}

void connection::query(const std::string& sql, const source_callback& each) {
  const auto rows = run(sql, nullptr);
  for (int i = 0; i < PQntuples(rows.get()); ++i) each(source_row(rows.get(), i));
}

void connection::query(const std::string& sql, const std::vector<std::int64_t>& ids,
                       const source_callback& each) {
  std::string list = "{";
  for (const auto id : ids) list.append(list.size() > 1 ? "," : "").append(std::to_string(id));
  list += "}";
  const auto rows = run(sql, &list);
  for (int i = 0; i < PQntuples(rows.get()); ++i) each(source_row(rows.get(), i));
}

cursor::cursor(connection& on, const std::string& sql, int rows_at_a_time) : on_(on) {
  const std::string name = "c" + std::to_string(++on.cursors_);
  static_cast<void>(on.run("DECLARE " + name + " NO SCROLL CURSOR FOR " + sql, nullptr));
  fetch_ = "FETCH " + std::to_string(rows_at_a_time) + " FROM " + name;
}

std::optional<source_row> cursor::current() {
  if (at_ == count_ && !ended_) {
    rows_.reset();  // before the next ones need the room
    rows_ = on_.run(fetch_, nullptr);
    count_ = PQntuples(rows_.get());
    at_ = 0;
    ended_ = count_ == 0;
  }
  if (ended_) return std::nullopt;
  return source_row(rows_.get(), at_);
}

void walk(connection& on, const std::string& sql, const source_callback& each) {
  cursor rows(on, sql, k_rows_at_a_time);
  while (const auto row = rows.current()) {
    each(*row);
    rows.advance();
  }
}

std::string sql_name(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    out.push_back(c);
    if (c == '"') out.push_back(c);
  }
  return out + "\"";
}

}  // namespace autocusto::import
