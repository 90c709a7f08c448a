#pragma once
// Wake-ups between server processes: NOTIFY and LISTEN on one connection, on a thread of its own.
//
// A notification carries the user id only. It is sent after the commit, in one statement for all
// that have gathered: NOTIFY inside the transactions themselves would make PostgreSQL commit them
// one after the other. A notification that is lost with a process costs time only, because waiting
// readers also look by themselves. When the connection was lost and is back, the callback gets an
// empty id: something may have been missed. Notifications of this process are not called back; it
// has woken its own readers already.
//
// `notify` may be called from any thread; the callback runs on the waker's thread.

#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "server/store/postgres/connection.hpp"

namespace autocusto::store {

class pg_waker {
 public:
  pg_waker(std::string url, std::function<void(const user_id&)> callback);
  /// Sends what is waiting, then ends.
  ~pg_waker();
  pg_waker(const pg_waker&) = delete;
  pg_waker& operator=(const pg_waker&) = delete;

  void notify(const std::vector<user_id>& users);

 private:
  void loop();
  void connect();
  void send_waiting();
  void receive();
  /// Until there is input, something to send, the end, or the time is over.
  void wait(int milliseconds);
  void signal() const noexcept;

  const std::string url_;
  const std::function<void(const user_id&)> callback_;
  std::unique_ptr<pg_connection> connection_;
  bool connected_before_ = false;
  int event_ = -1;

  std::mutex mutex_;
  std::set<user_id> waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace autocusto::store
