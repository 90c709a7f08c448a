#include "server/store/postgres/pool.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace autocusto::store {
namespace {

constexpr std::chrono::seconds k_longest_wait{10};

}  // namespace

pg_pool::pg_pool(std::string url, int at_most)
    : url_(std::move(url)), at_most_(static_cast<std::size_t>(std::max(1, at_most))) {
  idle_.reserve(at_most_);  // giving back must not allocate
}

pg_pool::loan pg_pool::take() {
  std::unique_lock lock(mutex_);
  ++waiting_;
  const bool got = returned_.wait_for(lock, k_longest_wait,
                                      [this] { return !idle_.empty() || count_ < at_most_; });
  --waiting_;
  if (!got) {
    throw database_error("All connections to PostgreSQL are busy; try again in a moment.", true,
                         false);
  }
  if (!idle_.empty()) {
    auto one = std::move(idle_.back());
    idle_.pop_back();
    return {*this, std::move(one)};
  }
  ++count_;
  lock.unlock();
  try {
    return {*this, std::make_unique<pg_connection>(url_)};
  } catch (...) {
    give_back(nullptr);
    throw;
  }
}

void pg_pool::give_back(std::unique_ptr<pg_connection> one) noexcept {
  std::vector<std::unique_ptr<pg_connection>> closing;  // outside of the lock
  {
    const std::lock_guard lock(mutex_);
    if (one && one->reusable()) {
      idle_.push_back(std::move(one));
    } else {
      --count_;
      if (one && one->lost()) {
        count_ -= idle_.size();
        closing.swap(idle_);
      }
    }
    if (idle_.capacity() < at_most_) idle_.reserve(at_most_);
  }
  returned_.notify_all();
}

std::int64_t pg_pool::open() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::int64_t>(count_);
}

std::int64_t pg_pool::busy() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::int64_t>(count_ - idle_.size());
}

}  // namespace autocusto::store
