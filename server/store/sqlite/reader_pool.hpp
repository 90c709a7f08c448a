#pragma once
// Read-only connections to the embedded database, made on demand, lent to one thread at a time.
//
// Any thread may call `read`; beyond the limit callers wait for a connection to come back. Readers
// never write nor checkpoint; each `read` is one short snapshot.

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "server/store/sqlite/session.hpp"
#include "server/store/transaction.hpp"

namespace autocusto::store {

class reader_pool {
 public:
  reader_pool(std::string path, std::size_t at_most);

  void read(const std::function<void(snapshot&)>& work);
  /// Lends the bare connection, without a snapshot around it.
  void with_connection(const std::function<void(sqlite::database&)>& work);

  [[nodiscard]] std::int64_t open() const;
  [[nodiscard]] std::int64_t busy() const;

 private:
  struct connection {
    explicit connection(const std::string& path);
    sqlite::database database;
    sqlite_session session;
    snapshot at;
  };
  class loan;

  std::unique_ptr<connection> take();
  void give_back(std::unique_ptr<connection> one) noexcept;

  const std::string path_;
  const std::size_t at_most_;
  mutable std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<connection>> idle_;
  std::size_t count_ = 0;
};

}  // namespace autocusto::store
