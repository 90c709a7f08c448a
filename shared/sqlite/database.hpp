#pragma once
// One connection to an SQLite file, opened the one way that this project trusts.
//
// Every connection has: WAL, synchronous=FULL (read back, because builds differ), foreign_keys=ON,
// trusted_schema=OFF, DEFENSIVE, mmap off, temp_store=MEMORY, cell_size_check, a busy timeout, and
// extended result codes. No connection checkpoints by itself: only the one writing connection of a
// file does, between transactions, by `checkpoint` (two connections that write or checkpoint at
// once can corrupt a WAL in the SQLite versions that we run on).
//
// A connection and everything made from it is used by one thread at a time. Failures throw
// `sqlite_error`. SQL with values in it is never built: values are bound.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "shared/sqlite/error.hpp"
#include "shared/sqlite/statement.hpp"

struct sqlite3;

namespace autocusto::sqlite {

enum class open_mode {
  read_only,   ///< the file must exist; the connection never writes nor checkpoints
  read_write,  ///< the file must exist
  create,      ///< made (mode 0600) when it is missing
  /// As read_write, where there is no room for the shared index of the write-ahead log (-shm): the
  /// index is in this process's memory, and no other connection gets at the file meanwhile (busy).
  alone,
  /// A file that nobody can write, on a disk that is read-only, and without a write-ahead log:
  /// SQLite makes no file beside it and takes no lock. Never for a file that may change.
  frozen,
};

struct open_options {
  open_mode mode = open_mode::read_only;
  /// Deleted content is overwritten with zeros in the file.
  bool secure_delete = false;
  /// How long a lock of another connection is waited for.
  std::chrono::milliseconds busy_timeout{5000};
  /// Page cache of this connection, at most.
  std::int64_t cache_bytes = std::int64_t{8} * 1024 * 1024;
};

/// Opens the file for work (`options.mode` read_write) as it can be opened now: as always; `alone`
/// when a full disk is in the way; `frozen`, for reading, on a disk that cannot be written. Throws
/// sqlite_error when nothing of that goes; with READONLY when the last changes stand in a log that
/// cannot be read on such a disk.
class database;
[[nodiscard]] std::unique_ptr<database> open_as_possible(const std::string& path,
                                                         const open_options& options);

enum class checkpoint_mode {
  passive,   ///< what can be done without waiting for readers
  truncate,  ///< everything; the WAL file is then empty. Waits up to the busy timeout.
};

class database {
 public:
  /// Throws error_exception when the file, or one that SQLite keeps beside it, is a link or may be
  /// written by others.
  database(const std::string& path, const open_options& options);
  ~database();
  database(const database&) = delete;
  database& operator=(const database&) = delete;

  /// Runs a script of any number of statements; rows are dropped.
  void execute(const std::string& sql);
  /// A statement from the cache: `auto q = db.ask("SELECT …"); q->bind_int(1, x); while
  /// (q->step()) …`. Use only with constant texts: each distinct text stays prepared.
  [[nodiscard]] query ask(std::string_view sql) { return {*this, sql}; }

  /// Rows changed by the statement that ran last.
  [[nodiscard]] std::int64_t changes() const;
  /// Rows changed by this connection so far.
  [[nodiscard]] std::int64_t total_changes() const;
  [[nodiscard]] bool in_transaction() const;
  [[nodiscard]] const std::string& path() const { return path_; }
  /// Bytes of the write-ahead log at the last commit of this connection.
  [[nodiscard]] std::int64_t wal_bytes() const;

  /// Moves the WAL into the file. Only for the one writing connection, outside transactions. True
  /// if everything was moved.
  bool checkpoint(checkpoint_mode mode);
  /// Makes statements that run on this connection fail; may be called from any thread.
  void interrupt() noexcept;

  [[nodiscard]] sqlite3* handle() const { return handle_.get(); }

 private:
  friend class query;
  struct closer {
    void operator()(sqlite3* db) const noexcept;
  };
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const noexcept {
      return std::hash<std::string_view>{}(s);
    }
  };

  void configure(const open_options& options);

  std::string path_;
  std::unique_ptr<sqlite3, closer> handle_;
  std::int64_t wal_bytes_ = 0;
  std::unordered_map<std::string, std::vector<statement>, text_hash, std::equal_to<>> cache_;
};

/// Copies the whole database, as of one moment, into the file `to` (which must not exist) with
/// SQLite's online backup. The copy is a single file without WAL, mode 0600, flushed to
/// disk. `from` may be any connection; a writer may go on meanwhile.
void backup(database& from, const std::string& to);

}  // namespace autocusto::sqlite
