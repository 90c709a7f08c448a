#pragma once
// Transactions as scopes: what is not committed by name is rolled back.
//
// `transaction` writes (BEGIN IMMEDIATE: it waits for the lock at its start, within the busy
// timeout, and never fails half-way with a stale snapshot). `snapshot` reads (BEGIN DEFERRED; keep
// it short, a long reader keeps the WAL from being reused). `savepoint` is a part of a transaction
// that can fail alone. All belong to the thread that uses the connection.

#include <string>

#include "shared/sqlite/database.hpp"

namespace autocusto::sqlite {

class transaction {
 public:
  explicit transaction(database& on);
  ~transaction();  ///< rolls back unless committed; never throws
  transaction(const transaction&) = delete;
  transaction& operator=(const transaction&) = delete;

  /// On return everything is on disk. A second commit is a std::logic_error. When it throws,
  /// nothing of the transaction is kept.
  void commit();

 private:
  database& on_;
  bool done_ = false;
};

class snapshot {
 public:
  explicit snapshot(database& on);
  ~snapshot();
  snapshot(const snapshot&) = delete;
  snapshot& operator=(const snapshot&) = delete;

 private:
  database& on_;
};

class savepoint {
 public:
  explicit savepoint(database& on);
  ~savepoint();  ///< rolls back to its start unless released; never throws
  savepoint(const savepoint&) = delete;
  savepoint& operator=(const savepoint&) = delete;

  void release();

 private:
  database& on_;
  bool done_ = false;
};

}  // namespace autocusto::sqlite
