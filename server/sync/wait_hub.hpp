#pragma once
// Long polls: who waits for news of which user, without a thread each.
//
// A waiter is a user, the position that its client has, a deadline and a callback. The callback is
// called exactly once, on some thread, without any lock held: when the user's feed moved past that
// position (told by the store's wake-ups, at once; found by a poll behind them, within 5 s), when
// the deadline passed, or when the hub stops. It must be quick (post the work elsewhere) and must
// not throw.
//
// Wiring: `db.on_wake([&hub](const user_id& u) { hub.wake(u); })`. The hub has one timer thread. It
// must be stopped (or destroyed) before the database is, and must outlive the last wake-up.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "server/store/database.hpp"
#include "server/store/rows.hpp"

namespace autocusto::sync {

enum class wait_end {
  moved,     ///< the feed moved, or may have: read the changes again
  deadline,  ///< nothing came
  stopped,   ///< the server shuts down
};

class wait_hub {
 public:
  using callback = std::function<void(wait_end)>;
  using ticket = std::uint64_t;

  explicit wait_hub(store::database& db,
                    std::chrono::milliseconds poll_every = std::chrono::seconds(5));
  ~wait_hub();
  wait_hub(const wait_hub&) = delete;
  wait_hub& operator=(const wait_hub&) = delete;

  /// Waits until the feed of the user goes beyond `after`. Looks once by itself after registering,
  /// so nothing that happened between the caller's own reading and this call is missed; `done` may
  /// be called before `add` returns. After `stop` it is answered at once.
  ticket add(store::pk user, const user_id& id, std::int64_t after,
             std::chrono::milliseconds timeout, callback done);

  /// Forgets a waiter whose client went away. True if its callback will not be called any more.
  bool cancel(ticket which);

  /// News of one user; an empty id means that anybody may have news. Any thread.
  void wake(const user_id& user);

  /// Answers all waiters and ends the timer thread; idempotent. Not from inside a callback.
  void stop();

  [[nodiscard]] std::size_t waiting() const;

 private:
  class state;
  std::unique_ptr<state> state_;
};

}  // namespace autocusto::sync
