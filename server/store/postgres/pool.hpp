#pragma once
// A bounded pool of PostgreSQL connections, made on demand.
//
// Any thread may take one; beyond the limit callers wait, but not for ever. A connection that comes
// back broken or inside a transaction is closed. When one is found lost, the idle ones are closed,
// too: the server has probably gone away under all of them.

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "server/store/postgres/connection.hpp"

namespace autocusto::store {

class pg_pool {
 public:
  pg_pool(std::string url, int at_most);

  class loan {
   public:
    loan(pg_pool& from, std::unique_ptr<pg_connection> one) : from_(from), one_(std::move(one)) {}
    ~loan() { from_.give_back(std::move(one_)); }
    loan(const loan&) = delete;
    loan& operator=(const loan&) = delete;
    pg_connection& operator*() { return *one_; }
    pg_connection* operator->() { return one_.get(); }

   private:
    pg_pool& from_;
    std::unique_ptr<pg_connection> one_;
  };

  /// Throws database_error (retryable) when none comes free in time or none can be made.
  [[nodiscard]] loan take();

  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] std::int64_t open() const;
  [[nodiscard]] std::int64_t busy() const;
  [[nodiscard]] std::int64_t waiting() const { return waiting_; }

 private:
  void give_back(std::unique_ptr<pg_connection> one) noexcept;

  const std::string url_;
  const std::size_t at_most_;
  mutable std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<pg_connection>> idle_;
  std::size_t count_ = 0;
  std::atomic<std::int64_t> waiting_ = 0;
};

}  // namespace autocusto::store
