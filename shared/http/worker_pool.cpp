#include "shared/http/worker_pool.hpp"

#include <algorithm>

namespace autocusto::http {

worker_pool::worker_pool(std::size_t threads, std::size_t queue) : room_(queue) {
  threads = std::max<std::size_t>(threads, 1);
  threads_.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

worker_pool::~worker_pool() {
  stop();
}

bool worker_pool::submit(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    // Jobs that idle threads are about to take do not count as waiting.
    const auto idle = threads_.size() - std::min(busy_, threads_.size());
    if (stopped_ || jobs_.size() >= room_ + idle) return false;
    jobs_.push_back(std::move(job));
  }
  wake_.notify_one();
  return true;
}

bool worker_pool::submit_admitted(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return false;
    jobs_.push_back(std::move(job));
  }
  wake_.notify_one();
  return true;
}

std::size_t worker_pool::queued() const {
  const std::lock_guard lock(mutex_);
  return jobs_.size();
}

void worker_pool::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopped_ || !jobs_.empty(); });
    if (stopped_) return;
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    ++busy_;
    lock.unlock();
    job();
    job = nullptr;  // what it holds must go before the lock is taken again
    lock.lock();
    --busy_;
  }
}

void worker_pool::stop() {
  std::deque<std::function<void()>> dropped;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    dropped.swap(jobs_);
  }
  wake_.notify_all();
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

}  // namespace autocusto::http
