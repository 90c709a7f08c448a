#pragma once
// A fixed number of threads and a bounded queue of jobs.
//
// Jobs run in the order of submission, each on one thread, and must not throw. `stop` lets running
// jobs end and destroys those that have not begun. Owned by the server; any thread may submit.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace autocusto::http {

class worker_pool {
 public:
  /// Room for `queue` jobs that wait while all `threads` (at least 1) are busy.
  worker_pool(std::size_t threads, std::size_t queue);
  worker_pool(const worker_pool&) = delete;
  worker_pool& operator=(const worker_pool&) = delete;
  ~worker_pool();

  /// False, and the job dropped, when the queue is full or the pool has stopped.
  [[nodiscard]] bool submit(std::function<void()> job);
  /// For a request that was admitted before: ignores the queue's bound, which the number of
  /// connections replaces. False only when the pool has stopped.
  bool submit_admitted(std::function<void()> job);

  [[nodiscard]] std::size_t queued() const;

  /// Joins the threads; idempotent. Not from a job.
  void stop();

 private:
  void work();

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  std::size_t room_;
  std::size_t busy_ = 0;
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace autocusto::http
