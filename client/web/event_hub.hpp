#pragma once
// Tells waiting pages that something has changed, as a chain of long polls.
//
// The HTTP server answers with whole responses only, and a waiting request holds no thread. So each
// answer holds one event, `{"event": N, "state": {…}}`, and the page asks again at once, naming the
// last event that it has seen. Nothing is lost between two answers, because an event carries no
// change but the state as it is now. `state` is null when a request has waited long enough.
//
// Any thread. The function given to it must not call back into the hub.

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "shared/http/server.hpp"

namespace autocusto::web {

class event_hub {
 public:
  /// `state` gives the JSON text of the state as that session may see it; on a worker's thread.
  explicit event_hub(std::function<std::string(const std::string& session)> state);

  /// Answers when something newer than `seen` is there: at once, or with the next `publish`.
  void wait(std::string session, std::uint64_t seen, const http::responder& answer);
  /// Something has changed.
  void publish();
  /// Answers without a state those who wait longer than is good for a connection. Call it
  /// every second or so; `now` in milliseconds of a clock that never goes back.
  void keep_alive(std::int64_t now);
  [[nodiscard]] std::uint64_t current() const;

 private:
  struct waiter {
    std::string session;
    std::int64_t since = 0;
    http::responder answer;
  };
  void tell(const waiter& to, std::uint64_t number) const;

  std::function<std::string(const std::string&)> state_;
  mutable std::mutex mutex_;
  std::uint64_t number_ = 1;
  std::int64_t now_ = 0;
  std::vector<waiter> waiting_;
};

}  // namespace autocusto::web
