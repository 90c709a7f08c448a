#include "client/web/background_sync.hpp"

#include <utility>

#include "client/replica/describe_failure.hpp"
#include "client/replica/identity/identity_store.hpp"
#include "client/replica/sync/sync_store.hpp"
#include "client/sync/enrollment.hpp"
#include "client/transport/remote.hpp"

namespace autocusto::web {
namespace {

/// A laptop that comes back to a network should not wait long.
constexpr std::chrono::seconds k_longest_wait{30};
/// After an end that only a person can change.
constexpr std::chrono::minutes k_after_an_end{5};

}  // namespace

background_sync::background_sync(random_source& random, hooks given)
    : random_(random), hooks_(std::move(given)) {}

background_sync::~background_sync() {
  stop();
}

void background_sync::start() {
  stop();
  {
    const std::lock_guard lock(mutex_);
    stopping_ = false;
    again_ = false;
    state_ = {};
  }
  thread_ = std::thread([this] { work(); });
}

void background_sync::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    if (running_ != nullptr) running_->stop();
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void background_sync::try_now() {
  {
    const std::lock_guard lock(mutex_);
    again_ = true;
    if (running_ != nullptr) running_->stop();
  }
  wake_.notify_all();
}

sync_state background_sync::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

void background_sync::set(const std::function<void(sync_state&)>& change) {
  {
    const std::lock_guard lock(mutex_);
    change(state_);
  }
  hooks_.changed();
}

bool background_sync::pause() {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, k_after_an_end, [this] { return stopping_ || again_; });
  again_ = false;
  return !stopping_;
}

void background_sync::work() {
  try {
    auto opened = hooks_.open();
    if (!opened) return set([&](sync_state& s) { s.why = opened.error(); });
    while (run_once(**opened)) {
    }
  } catch (const std::exception& e) {
    set([&](sync_state& s) { s.why = replica::describe_failure(e); });
  }
}

bool background_sync::run_once(replica::replica_store& replica) {
  auto address = engine::address_of(replica.identity());
  if (!address) {
    set([&](sync_state& s) { s.why = address.error(); });
    return pause();
  }
  transport::remote server(*address);
  auto port = replica.sync();
  engine::sync_runner runner(port, server, random_);
  engine::run_options options;
  options.watch = true;
  options.longest_wait = k_longest_wait;
  options.on_progress = [this](const engine::progress& now) {
    set([&](sync_state& s) { s.doing = now; });
  };
  options.on_round = [this](const std::optional<error>& why) {
    set([&](sync_state& s) {
      s.why = why;
      s.online = !why || (why->code != errc::unreachable && why->code != errc::timeout);
    });
  };
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return false;
    again_ = false;
    running_ = &runner;
  }
  engine::run_result run;
  try {
    run = runner.run(options);
  } catch (...) {
    const std::lock_guard lock(mutex_);
    running_ = nullptr;
    throw;
  }
  bool asked = false;
  bool ending = false;
  {
    const std::lock_guard lock(mutex_);
    running_ = nullptr;
    asked = std::exchange(again_, false);
    ending = stopping_;
  }
  if (run.how.wiped) {
    set([&](sync_state& s) {
      s.wiped = true;
      s.why = run.how.why;
    });
    return false;
  }
  if (ending) return false;
  if (asked) return true;
  set([&](sync_state& s) {
    s.why = run.how.why;
    s.doing = {};
  });
  return pause();
}

}  // namespace autocusto::web
