#pragma once
// Runs the sync machine: its actions against the replica and the server, their results back to it.
//
// The calling thread owns the replica: all of SQLite happens on it. One thread of the runner's own
// owns the connection: it sends, receives, decodes and checks pages, so that the next page is
// fetched and checked while this one is being written. They exchange values only.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "client/engine/messages.hpp"
#include "client/engine/replica_port.hpp"
#include "client/transport/remote_api.hpp"
#include "shared/base/clock.hpp"

namespace autocusto::engine {

struct run_options {
  bool watch = false;  ///< until `stop`
  /// Called on the calling thread.
  std::function<void(const progress&)> on_progress;
  /// Watching: why nothing goes on for now; nothing after a round that went well.
  std::function<void(const std::optional<error>&)> on_round;
  /// How often a watching runner looks for what other processes saved.
  std::chrono::milliseconds probe_interval{1000};
  /// No wait between attempts is longer; tests set it low.
  std::chrono::milliseconds longest_wait = std::chrono::hours(1);
};

struct run_result {
  outcome how;
  std::int64_t conflicts = 0;  ///< open in own views afterwards
};

class sync_runner {
 public:
  /// All must outlive the runner; nobody else uses them while `run` runs.
  sync_runner(replica_port& replica, transport::remote_api& server, random_source& random);
  ~sync_runner();
  sync_runner(const sync_runner&) = delete;
  sync_runner& operator=(const sync_runner&) = delete;

  /// One sync (or watching, until stopped or nothing can go on). Errors of server, network and
  /// rules are in the result; what is broken (full disk, damaged replica) is thrown. May be called
  /// again, unless it was stopped.
  [[nodiscard]] run_result run(const run_options& options);

  /// Ends a running or later `run` soon. Any thread; also inside a signal handler.
  void stop() noexcept;

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace autocusto::engine
