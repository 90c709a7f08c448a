#include "server/sync/wait_hub.hpp"

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "server/store/feed.hpp"

namespace autocusto::sync {

using steady = std::chrono::steady_clock;

class wait_hub::state {
 public:
  state(store::database& db, std::chrono::milliseconds poll_every)
      : db_(db), poll_every_(poll_every), thread_([this] { run(); }) {}
  ~state() { stop(); }
  state(const state&) = delete;
  state& operator=(const state&) = delete;

  ticket add(store::pk user, const user_id& id, std::int64_t after,
             std::chrono::milliseconds timeout, callback done) {
    ticket mine = 0;
    bool taken = false;
    {
      const std::lock_guard lock(mutex_);
      mine = ++last_ticket_;
      taken = !stopped_;
      if (taken) {
        const auto deadline = steady::now() + timeout;
        waiters_.emplace(mine, waiter{user, id, after, deadline, std::move(done)});
        by_deadline_.emplace(deadline, mine);
        by_user_[id].push_back(mine);
        changed_.notify_one();
      }
    }
    if (taken) {
      look_at_once(mine, user, after);
    } else {
      done(wait_end::stopped);
    }
    return mine;
  }

  bool cancel(ticket which) {
    const std::lock_guard lock(mutex_);
    return take(which).has_value();
  }

  void wake(const user_id& user) {
    std::vector<callback> calls;
    {
      const std::lock_guard lock(mutex_);
      std::vector<ticket> woken;
      if (user == user_id{}) {
        for (const auto& [which, w] : waiters_) woken.push_back(which);
      } else if (const auto at = by_user_.find(user); at != by_user_.end()) {
        woken = at->second;
      }
      for (const auto which : woken) {
        if (auto w = take(which)) calls.push_back(std::move(w->done));
      }
    }
    for (const auto& call : calls) call(wait_end::moved);
  }

  void stop() {
    std::vector<callback> calls;
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
      for (auto& [which, w] : waiters_) calls.push_back(std::move(w.done));
      waiters_.clear();
      by_deadline_.clear();
      by_user_.clear();
      changed_.notify_one();
    }
    for (const auto& call : calls) call(wait_end::stopped);
    const std::lock_guard joining(join_mutex_);
    if (thread_.joinable()) thread_.join();
  }

  std::size_t waiting() const {
    const std::lock_guard lock(mutex_);
    return waiters_.size();
  }

 private:
  struct waiter {
    store::pk user = 0;
    user_id id;
    std::int64_t after = 0;
    steady::time_point deadline;
    callback done;
  };

  /// Takes a waiter out of all lists; nothing if it is gone already. Under the lock.
  std::optional<waiter> take(ticket which) {
    const auto at = waiters_.find(which);
    if (at == waiters_.end()) return std::nullopt;
    waiter out = std::move(at->second);
    waiters_.erase(at);
    const auto [from, to] = by_deadline_.equal_range(out.deadline);
    for (auto each = from; each != to; ++each) {
      if (each->second != which) continue;
      by_deadline_.erase(each);
      break;
    }
    const auto list = by_user_.find(out.id);
    std::erase(list->second, which);
    if (list->second.empty()) by_user_.erase(list);
    return out;
  }

  void finish(ticket which, wait_end how) {
    std::optional<waiter> w;
    {
      const std::lock_guard lock(mutex_);
      w = take(which);
    }
    if (w) w->done(how);
  }

  /// What was committed between the caller's reading and the registration woke nobody.
  void look_at_once(ticket which, store::pk user, std::int64_t after) {
    bool moved = false;
    try {
      db_.read([&](store::feed::reads feed) { moved = feed.head(user).seq > after; });
    } catch (const store::database_error&) {
      return;  // the poll looks again, and the deadline holds in any case
    }
    if (moved) finish(which, wait_end::moved);
  }

  void run() {
    auto next_poll = steady::now() + poll_every_;
    std::unique_lock lock(mutex_);
    while (!stopped_) {
      const auto first =
          by_deadline_.empty() ? next_poll : std::min(next_poll, by_deadline_.begin()->first);
      if (waiters_.empty()) {
        changed_.wait(lock);
        next_poll = std::max(next_poll, steady::now());
        continue;
      }
      changed_.wait_until(lock, first);
      if (stopped_) break;
      const auto now = steady::now();
      auto late = take_late(now);
      const bool poll_now = now >= next_poll;
      lock.unlock();
      for (const auto& call : late) call(wait_end::deadline);
      if (poll_now) {
        poll();
        next_poll = steady::now() + poll_every_;
      }
      lock.lock();
    }
  }

  std::vector<callback> take_late(steady::time_point now) {
    std::vector<callback> out;
    while (!by_deadline_.empty() && by_deadline_.begin()->first <= now) {
      if (auto w = take(by_deadline_.begin()->second)) out.push_back(std::move(w->done));
    }
    return out;
  }

  /// One snapshot for all waiters: whose feed is further than their client's cursor?
  void poll() {
    std::vector<std::pair<ticket, std::pair<store::pk, std::int64_t>>> asked;
    {
      const std::lock_guard lock(mutex_);
      for (const auto& [which, w] : waiters_) asked.push_back({which, {w.user, w.after}});
    }
    if (asked.empty()) return;
    std::vector<ticket> moved;
    try {
      db_.read([&](store::feed::reads feed) {
        moved.clear();
        std::unordered_map<store::pk, std::int64_t> heads;
        for (const auto& [which, at] : asked) {
          const auto [head, is_new] = heads.try_emplace(at.first, 0);
          if (is_new) head->second = feed.head(at.first).seq;
          if (head->second > at.second) moved.push_back(which);
        }
      });
    } catch (const store::database_error&) {
      return;  // the next poll looks again
    }
    for (const auto which : moved) finish(which, wait_end::moved);
  }

  store::database& db_;
  const std::chrono::milliseconds poll_every_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ = false;
  ticket last_ticket_ = 0;
  std::map<ticket, waiter> waiters_;
  std::multimap<steady::time_point, ticket> by_deadline_;
  std::unordered_map<user_id, std::vector<ticket>> by_user_;
  std::mutex join_mutex_;
  std::thread thread_;  // last: it uses everything above
};

wait_hub::wait_hub(store::database& db, std::chrono::milliseconds poll_every)
    : state_(std::make_unique<state>(db, poll_every)) {}

wait_hub::~wait_hub() = default;

wait_hub::ticket wait_hub::add(store::pk user, const user_id& id, std::int64_t after,
                               std::chrono::milliseconds timeout, callback done) {
  return state_->add(user, id, after, timeout, std::move(done));
}

bool wait_hub::cancel(ticket which) {
  return state_->cancel(which);
}

void wait_hub::wake(const user_id& user) {
  state_->wake(user);
}

void wait_hub::stop() {
  state_->stop();
}

std::size_t wait_hub::waiting() const {
  return state_->waiting();
}

}  // namespace autocusto::sync
