#pragma once
// The one writing connection of the embedded database, on a thread of its own, with group commit.
//
// Callers hand in work and wait. The thread runs what has gathered, each work in a savepoint of one
// transaction, commits once (one flush to disk for all), and releases the callers. What a work
// throws rolls back its savepoint alone; a commit that fails fails everybody in the group. Between
// transactions the thread moves the write-ahead log into the file; nobody else does.
//
// `run` and `run_alone` may be called from any thread but the writer's own (a work must not write
// through the queue again).

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "server/store/sqlite/session.hpp"
#include "server/store/transaction.hpp"

namespace autocusto::store {

class write_queue {
 public:
  /// Opens the file for writing; throws database_error when that fails. `on_commit` is called on
  /// the writer's thread with the users to wake.
  write_queue(std::string path, bool create,
              std::function<void(const std::vector<user_id>&)> on_commit);
  /// Runs what is waiting, empties the write-ahead log, closes.
  ~write_queue();
  write_queue(const write_queue&) = delete;
  write_queue& operator=(const write_queue&) = delete;

  void run(const std::function<void(transaction&)>& work);
  /// Runs work on the connection outside of any transaction, alone.
  void run_alone(const std::function<void(sqlite::database&)>& work);

  [[nodiscard]] bool healthy() const { return healthy_; }
  [[nodiscard]] std::int64_t waiting() const { return waiting_; }
  [[nodiscard]] std::int64_t transactions() const { return transactions_; }
  [[nodiscard]] double seconds() const;
  [[nodiscard]] statement_counts counts() const { return {statements_, rows_}; }

 private:
  struct job {
    const std::function<void(transaction&)>* work = nullptr;
    const std::function<void(sqlite::database&)>* alone = nullptr;
    std::exception_ptr failure;
    bool done = false;
    std::condition_variable finished;
  };
  struct connection {
    explicit connection(const std::string& path, bool create);
    sqlite::database database;
    sqlite_session session;
    transaction inside;
  };

  void enqueue_and_wait(job& mine);
  void loop();
  job* next_job(bool for_group);
  void run_alone_now(job& one);
  void run_group(job& first);
  void gather(std::vector<job*>& group, job& first, std::vector<user_id>& wakes);
  void run_in_savepoint(job& one, std::vector<user_id>& wakes);
  void fail_group(std::vector<job*>& group, const std::exception_ptr& failure);
  void release(const std::vector<job*>& group);
  void tidy_log();

  const std::string path_;
  const std::function<void(const std::vector<user_id>&)> on_commit_;
  std::unique_ptr<connection> connection_;  // the writer thread's, after construction

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<job*> queue_;
  bool stopping_ = false;

  std::atomic<bool> healthy_ = true;
  std::atomic<std::int64_t> waiting_ = 0;
  std::atomic<std::int64_t> transactions_ = 0;
  std::atomic<std::int64_t> micros_ = 0;
  std::atomic<std::int64_t> statements_ = 0;
  std::atomic<std::int64_t> rows_ = 0;
  std::chrono::steady_clock::time_point began_;  ///< the work under way; the thread's own
  std::thread thread_;
};

}  // namespace autocusto::store
