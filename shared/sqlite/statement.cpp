#include "shared/sqlite/statement.hpp"

#include <limits>
#include <stdexcept>

#include <sqlite3.h>

#include "shared/sqlite/database.hpp"

namespace autocusto::sqlite {
namespace {

// SQLITE_TRANSIENT is a C cast in a macro; this is the same value (-1: SQLite copies).
const sqlite3_destructor_type k_copy =
    reinterpret_cast<sqlite3_destructor_type>(std::intptr_t{-1});  // NOLINT

// A null pointer would bind NULL: an empty string has to point somewhere.
const char* address(std::string_view value) {
  return value.data() == nullptr ? "" : value.data();
}

}  // namespace

void statement::finalizer::operator()(sqlite3_stmt* s) const noexcept {
  sqlite3_finalize(s);
}

statement::statement(database& on, std::string_view sql) {
  if (sql.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    throw sqlite_error("an SQL text is too long", SQLITE_TOOBIG);
  }
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(on.handle(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  handle_.reset(raw);
  if (code != SQLITE_OK) {
    throw sqlite_error(
        "an SQL statement cannot be prepared: " + std::string(sqlite3_errmsg(on.handle())),
        sqlite3_extended_errcode(on.handle()));
  }
  if (!handle_) throw std::logic_error("an SQL text without a statement in it");
}

void statement::check(int result_code) const {
  if (result_code == SQLITE_OK) return;
  sqlite3* db = sqlite3_db_handle(handle_.get());
  throw sqlite_error("the database failed: " + std::string(sqlite3_errmsg(db)),
                     sqlite3_extended_errcode(db));
}

statement& statement::bind_int(int index, std::int64_t value) {
  check(sqlite3_bind_int64(handle_.get(), index, value));
  return *this;
}

statement& statement::bind_int(int index, const std::optional<std::int64_t>& value) {
  return value ? bind_int(index, *value) : bind_null(index);
}

statement& statement::bind_text(int index, std::string_view value) {
  check(
      sqlite3_bind_text64(handle_.get(), index, address(value), value.size(), k_copy, SQLITE_UTF8));
  return *this;
}

statement& statement::bind_blob(int index, std::string_view value) {
  check(sqlite3_bind_blob64(handle_.get(), index, address(value), value.size(), k_copy));
  return *this;
}

statement& statement::bind_text_static(int index, std::string_view value) {
  check(sqlite3_bind_text64(handle_.get(), index, address(value), value.size(), nullptr,
                            SQLITE_UTF8));
  return *this;
}

statement& statement::bind_blob_static(int index, std::string_view value) {
  check(sqlite3_bind_blob64(handle_.get(), index, address(value), value.size(), nullptr));
  return *this;
}

statement& statement::bind_null(int index) {
  check(sqlite3_bind_null(handle_.get(), index));
  return *this;
}

bool statement::step() {
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  check(code);
  return false;
}

void statement::run() {
  while (step()) {
  }
  sqlite3_reset(handle_.get());
}

void statement::rewind() noexcept {
  // The result of a reset is the failure of the step before, which was thrown already.
  sqlite3_reset(handle_.get());
}

void statement::reset() noexcept {
  rewind();
  sqlite3_clear_bindings(handle_.get());
}

int statement::columns() const {
  return sqlite3_column_count(handle_.get());
}

int statement::parameters() const {
  return sqlite3_bind_parameter_count(handle_.get());
}

bool statement::is_null(int column) const {
  return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}

std::int64_t statement::column_int(int column) const {
  return sqlite3_column_int64(handle_.get(), column);
}

std::string_view statement::column_view(int column) const {
  // column_blob answers the bytes of a text column, too, without converting them.
  const auto* data = static_cast<const char*>(sqlite3_column_blob(handle_.get(), column));
  const int size = sqlite3_column_bytes(handle_.get(), column);
  return data == nullptr ? std::string_view() : std::string_view(data, static_cast<size_t>(size));
}

std::string statement::column_bytes(int column) const {
  return std::string(column_view(column));
}

query::query(database& from, std::string_view sql) : from_(from) {
  auto at = from.cache_.find(sql);
  if (at == from.cache_.end()) {
    at = from.cache_.emplace(std::string(sql), std::vector<statement>()).first;
    // Giving a statement back happens in a destructor and must not allocate.
    at->second.reserve(k_spare_statements);
  }
  key_ = at->first;
  if (at->second.empty()) {
    statement_ = statement(from, sql);
  } else {
    statement_ = std::move(at->second.back());
    at->second.pop_back();
  }
}

query::~query() {
  if (!statement_) return;
  statement_.reset();
  const auto at = from_.cache_.find(key_);
  if (at != from_.cache_.end() && at->second.size() < k_spare_statements) {
    at->second.push_back(std::move(statement_));
  }
}

}  // namespace autocusto::sqlite
