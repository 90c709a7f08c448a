#pragma once
// One prepared statement.
//
// Parameters count from 1, columns from 0. Views that `column_*_view` answers are valid until the
// next step, reset or destruction. A statement belongs to its connection, must not outlive it, and
// is used by one thread at a time (the one that uses the connection). Failures throw
// `sqlite_error`.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3_stmt;

namespace autocusto::sqlite {

class database;

class statement {
 public:
  statement() = default;
  /// Prepares exactly one statement.
  statement(database& on, std::string_view sql);

  // Binding. Bytes are copied; the `_static` forms do not copy: their bytes must live until the
  // statement is reset.
  statement& bind_int(int index, std::int64_t value);
  statement& bind_text(int index, std::string_view value);
  statement& bind_blob(int index, std::string_view value);
  statement& bind_text_static(int index, std::string_view value);
  statement& bind_blob_static(int index, std::string_view value);
  statement& bind_null(int index);
  statement& bind_int(int index, const std::optional<std::int64_t>& value);

  /// True: there is a row to read. False: done.
  bool step();
  /// Steps to the end, dropping rows, then resets (bindings stay).
  void run();
  /// Makes it ready to run again with the same bindings (static ones must still live).
  void rewind() noexcept;
  /// Makes it ready to run again and forgets all bindings. Never throws.
  void reset() noexcept;

  [[nodiscard]] int columns() const;
  [[nodiscard]] int parameters() const;
  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] std::int64_t column_int(int column) const;
  /// Bytes of a text or blob column; empty for NULL.
  [[nodiscard]] std::string column_bytes(int column) const;
  [[nodiscard]] std::string_view column_view(int column) const;

  [[nodiscard]] sqlite3_stmt* handle() const { return handle_.get(); }
  [[nodiscard]] explicit operator bool() const { return handle_ != nullptr; }

 private:
  struct finalizer {
    void operator()(sqlite3_stmt* s) const noexcept;
  };
  void check(int result_code) const;

  std::unique_ptr<sqlite3_stmt, finalizer> handle_;
};

/// A statement on loan from a connection's cache: reset, unbound and given back when it goes out of
/// scope, so that a forgotten reset never pins a snapshot. The same SQL may be on loan several
/// times at once.
class query {
 public:
  query(database& from, std::string_view sql);
  ~query();
  query(const query&) = delete;
  query& operator=(const query&) = delete;

  statement* operator->() { return &statement_; }
  statement& operator*() { return statement_; }

 private:
  static constexpr std::size_t k_spare_statements = 4;  ///< of one text; nesting is shallow

  database& from_;
  std::string_view key_;  // owned by the cache
  statement statement_;
};

}  // namespace autocusto::sqlite
