#pragma once
// A bounded queue between two threads of one pipeline: who makes waits for who takes.
//
// `close` ends it: `take` gives what is left, then nothing; `put` after `close` is refused, so that
// a failure at the far end stops the near end. Any thread.

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace autocusto::import {

template <class T>
class channel {
 public:
  explicit channel(std::size_t at_most) : at_most_(at_most) {}

  /// False when the channel is closed.
  bool put(T what) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || queue_.size() < at_most_; });
    if (closed_) return false;
    queue_.push_back(std::move(what));
    changed_.notify_all();
    return true;
  }

  std::optional<T> take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || !queue_.empty(); });
    if (queue_.empty()) return std::nullopt;
    std::optional<T> out(std::move(queue_.front()));
    queue_.pop_front();
    changed_.notify_all();
    return out;
  }

  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

 private:
  const std::size_t at_most_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<T> queue_;
  bool closed_ = false;
};

}  // namespace autocusto::import
