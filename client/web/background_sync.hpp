#pragma once
// Syncs in the background as `sync --watch` does, on a replica object and a thread of its own.
//
// Two objects on one folder work side by side as two processes do (client/replica/replica.hpp):
// what this one applies, the page's sees as a change from elsewhere. When the sync cannot go on
// (access withdrawn, server not trusted), it says why and tries again after a while, or when
// somebody asks.
//
// `start` and `stop` belong to one thread; the others may be called from any.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "client/engine/messages.hpp"
#include "client/replica/replica.hpp"
#include "client/sync/sync_runner.hpp"

namespace autocusto::web {

/// What the sync is doing, for the status line.
struct sync_state {
  engine::progress doing;
  std::optional<error> why;  ///< why nothing goes on for now
  bool online = false;       ///< the last round reached the server
  bool wiped = false;        ///< the server ordered the wipe: nothing is left on this laptop
};

class background_sync {
 public:
  struct hooks {
    /// Opens a replica of its own; on the sync's thread.
    std::function<result<std::unique_ptr<replica::replica_store>>()> open;
    /// The state has changed. On the sync's thread; must be brief.
    std::function<void()> changed;
  };
  /// The random source must outlive it.
  background_sync(random_source& random, hooks given);
  ~background_sync();
  background_sync(const background_sync&) = delete;
  background_sync& operator=(const background_sync&) = delete;

  void start();
  /// Ends the sync under way gently and waits for it. Idempotent.
  void stop();
  /// Tries again now, whatever it waits for.
  void try_now();
  [[nodiscard]] sync_state state() const;

 private:
  void work();
  /// One runner, until it ends. False: there is nothing to go on with.
  bool run_once(replica::replica_store& replica);
  void set(const std::function<void(sync_state&)>& change);
  /// Waits before the next attempt; false when stopping.
  bool pause();

  random_source& random_;
  hooks hooks_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  sync_state state_;
  engine::sync_runner* running_ = nullptr;
  bool stopping_ = false;
  bool again_ = false;
  std::thread thread_;
};

}  // namespace autocusto::web
