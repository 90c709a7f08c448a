#include "server/app/service_manager.hpp"

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

namespace autocusto::app {
namespace {

/// Words of the watchdog in the time that it waits.
constexpr int k_words = 3;

std::string take(const char* name) {
  const char* value = std::getenv(name);
  std::string text = value == nullptr ? "" : value;
  ::unsetenv(name);
  return text;
}

std::optional<std::int64_t> number(const std::string& text) {
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [at, ec] = std::from_chars(text.data(), end, value);
  if (ec != std::errc{} || at != end || value <= 0) return std::nullopt;
  return value;
}

/// A socket that is connected to it; -1 where that cannot be.
int open_socket(const std::string& name) {
  sockaddr_un at{};
  if (name.size() < 2 || name.size() >= sizeof at.sun_path) return -1;
  if (name.front() != '/' && name.front() != '@') return -1;
  const int made = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (made < 0) return -1;
  at.sun_family = AF_UNIX;
  std::memcpy(at.sun_path, name.data(), name.size());
  if (name.front() == '@') at.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  // A service manager that is busy may let a word wait, but not for ever.
  const timeval patience{1, 0};
  static_cast<void>(::setsockopt(made, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience));
  if (::connect(made, reinterpret_cast<const sockaddr*>(&at), size) == 0) return made;
  ::close(made);
  return -1;
}

}  // namespace

service_wishes take_service_wishes() {
  service_wishes wishes;
  wishes.socket = take("NOTIFY_SOCKET");
  const auto silence = number(take("WATCHDOG_USEC"));
  const std::string whom = take("WATCHDOG_PID");
  const bool ours = whom.empty() || number(whom) == std::int64_t{::getpid()};
  if (silence && ours) wishes.watchdog = std::chrono::microseconds(*silence);
  return wishes;
}

service_manager::service_manager(service_wishes wishes)
    : wishes_(std::move(wishes)), socket_(open_socket(wishes_.socket)) {}

service_manager::~service_manager() {
  end_watch();
  if (socket_ >= 0) ::close(socket_);
}

void service_manager::say(std::string_view words) const {
  if (socket_ < 0) return;
  static_cast<void>(::send(socket_, words.data(), words.size(), MSG_NOSIGNAL));
}

void service_manager::ready() {
  say("READY=1\nSTATUS=Accepts requests.");
}

void service_manager::stopping() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  say("STOPPING=1\nSTATUS=Finishes the requests in hand.");
}

void service_manager::watch(std::function<bool(std::chrono::milliseconds)> alive) {
  if (socket_ < 0 || !wishes_.watchdog) return;
  thread_ = std::thread([this, alive = std::move(alive)] { run(alive); });
}

void service_manager::end_watch() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void service_manager::run(const std::function<bool(std::chrono::milliseconds)>& alive) {
  const auto pause = *wishes_.watchdog / k_words;
  const auto patience = std::chrono::duration_cast<std::chrono::milliseconds>(pause);
  std::unique_lock lock(mutex_);
  while (!ended_) {
    const bool asks = !stopping_;
    lock.unlock();
    const bool good = !asks || alive(patience);
    lock.lock();
    if (good || stopping_) say("WATCHDOG=1");
    wake_.wait_for(lock, pause, [this] { return ended_; });
  }
}

}  // namespace autocusto::app
