#pragma once
// The source: one connection, one read-only repeatable-read transaction, nothing else.
//
// Everything is read as of the moment of `begin`; nothing can be written through this class.
// Results travel in binary form; texts are UTF-8 unless the source has no encoding. Large answers
// come through cursors, so memory stays flat. Failures throw `error_exception` (unavailable) with
// PostgreSQL's sentence and never a value. One thread.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct pg_conn;
struct pg_result;

namespace autocusto::import {

/// One row of an answer; views are valid until the callback returns.
class source_row {
 public:
  source_row(const pg_result* of, int row) : of_(of), row_(row) {}
  [[nodiscard]] bool is_null(int column) const;
  /// NULL is 0.
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::optional<std::int64_t> optional_integer(int column) const;
  /// NULL is empty.
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] bool boolean(int column) const { return integer(column) != 0; }
  /// Microseconds since 1970; infinities are the ends of years 0 to 9999.
  [[nodiscard]] std::int64_t time(int column) const;

 private:
  const pg_result* of_;
  int row_;
};
using source_callback = std::function<void(const source_row&)>;

class connection {
 public:
  /// Connects and begins.
  explicit connection(const std::string& url);

  /// A query with all its rows at once: for small answers. Parameters are lists of ids.
  void query(const std::string& sql, const source_callback& each);
  void query(const std::string& sql, const std::vector<std::int64_t>& ids,
             const source_callback& each);

 private:
  friend class cursor;
  struct closer {
    void operator()(pg_conn* c) const noexcept;
  };
  struct clearer {
    void operator()(pg_result* r) const noexcept;
  };
  using result_handle = std::unique_ptr<pg_result, clearer>;
  result_handle run(const std::string& sql, const std::string* ids);

  std::unique_ptr<pg_conn, closer> handle_;
  int cursors_ = 0;
};

/// Rows of a query, some at a time. The connection must outlive it.
class cursor {
 public:
  cursor(connection& on, const std::string& sql, int rows_at_a_time);
  cursor(const cursor&) = delete;
  cursor& operator=(const cursor&) = delete;

  /// The row it stands on, or nothing at the end.
  [[nodiscard]] std::optional<source_row> current();
  void advance() { ++at_; }

 private:
  connection& on_;
  std::string fetch_;
  connection::result_handle rows_;
  int at_ = 0;
  int count_ = 0;
  bool ended_ = false;
};

/// All rows of a large answer, in order.
void walk(connection& on, const std::string& sql, const source_callback& each);

/// The name as SQL wants it.
[[nodiscard]] std::string sql_name(std::string_view name);

}  // namespace autocusto::import
