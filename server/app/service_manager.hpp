#pragma once
// What a running server says to the service manager that started it (systemd: sd_notify(3)): that
// it is ready, that it stops, and, where a watchdog is set, that it lives.
//
// Datagrams on the socket that NOTIFY_SOCKET names, so no library is needed. Without that variable
// nothing is said. The socket is opened at once: later the sandbox is in the way. A word that
// cannot be sent within a second is dropped, for the service manager decides what its silence
// means.
//
// The words of the watchdog come from a thread of their own, and each follows a question to the
// program (`alive`): when that gets no answer nothing is said, and the service manager ends the
// program and starts it again. `ready` and `stopping` may be called from any thread.

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace autocusto::app {

/// What the environment asks for.
struct service_wishes {
  std::string socket;                                 ///< a path, or `@name`; empty: none
  std::optional<std::chrono::microseconds> watchdog;  ///< silence that ends the program
};

/// NOTIFY_SOCKET and WATCHDOG_USEC, the latter only where WATCHDOG_PID is unset or this process.
/// Both are removed: they are not meant for programs that this one starts. While there is one
/// thread.
[[nodiscard]] service_wishes take_service_wishes();

class service_manager {
 public:
  explicit service_manager(service_wishes wishes);
  service_manager(const service_manager&) = delete;
  service_manager& operator=(const service_manager&) = delete;
  /// Ends the watch.
  ~service_manager();

  void ready();
  /// From now on the watchdog gets its words without a question: what ends answers nobody.
  void stopping();
  /// Begins the words of the watchdog, three in the time that it waits; `alive` is asked with the
  /// time it may take. Nothing happens when no watchdog is set. Called once.
  void watch(std::function<bool(std::chrono::milliseconds)> alive);
  /// Nobody is asked any more when this returns.
  void end_watch();

 private:
  void say(std::string_view words) const;
  void run(const std::function<bool(std::chrono::milliseconds)>& alive);

  service_wishes wishes_;
  int socket_ = -1;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace autocusto::app
