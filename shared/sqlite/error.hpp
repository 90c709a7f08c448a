#pragma once
// What SQLite reports when something is broken: full disk, damaged file, a lock that was not given
// up in time, or a bug in our own SQL.
//
// It carries the extended result code and SQLite's own text, never bound values. `busy` failures
// may succeed when tried again; after an I/O error the connection must not be trusted with the same
// commit again.

#include <stdexcept>
#include <string>

namespace autocusto::sqlite {

class sqlite_error : public std::runtime_error {
 public:
  sqlite_error(const std::string& what, int extended_code)
      : std::runtime_error(what), code_(extended_code) {}
  /// The extended result code, for example SQLITE_BUSY_SNAPSHOT (517).
  [[nodiscard]] int extended_code() const { return code_; }
  [[nodiscard]] int code() const { return code_ & 0xFF; }
  /// Another connection holds the lock (SQLITE_BUSY, SQLITE_LOCKED).
  [[nodiscard]] bool busy() const { return code() == 5 || code() == 6; }
  /// A uniqueness, foreign key or check rule of the schema was broken (SQLITE_CONSTRAINT).
  [[nodiscard]] bool constraint() const { return code() == 19; }
  /// The file is not a database, or it is damaged (SQLITE_NOTADB, SQLITE_CORRUPT).
  [[nodiscard]] bool damaged() const { return code() == 26 || code() == 11; }

 private:
  int code_;
};

}  // namespace autocusto::sqlite
