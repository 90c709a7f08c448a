// What is said to the service manager, and when the watchdog is left without a word.

#include "server/app/service_manager.hpp"

#include <atomic>
#include <cstdlib>
#include <cstring>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace autocusto::app {
namespace {

using std::chrono::milliseconds;

/// The socket of a service manager, with an abstract name.
class manager_socket {
 public:
  manager_socket() : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    std::memcpy(at.sun_path + 1, name_.data(), name_.size());
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name_.size());
    if (::bind(fd_, reinterpret_cast<const sockaddr*>(&at), size) != 0) std::abort();
  }
  ~manager_socket() { ::close(fd_); }
  manager_socket(const manager_socket&) = delete;
  manager_socket& operator=(const manager_socket&) = delete;

  [[nodiscard]] std::string name() const { return "@" + name_; }
  /// What comes next; empty when nothing comes in that time.
  std::string next(milliseconds patience) {
    const timeval wait{patience.count() / 1000, (patience.count() % 1000) * 1000};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    std::string text(1000, '\0');
    const auto size = ::recv(fd_, text.data(), text.size(), 0);
    text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return text;
  }

 private:
  static inline int made_ = 0;
  std::string name_ =
      "autocusto-test-" + std::to_string(::getpid()) + "-" + std::to_string(++made_);
  int fd_;
};

constexpr milliseconds k_patience{20'000};

TEST(service_manager, hears_that_the_program_lives_only_while_it_answers) {
  manager_socket heard;
  std::atomic<bool> answers{true};
  std::atomic<int> asked{0};
  service_manager manager({heard.name(), milliseconds(30)});
  manager.watch([&](milliseconds patience) {
    EXPECT_EQ(patience, milliseconds(10));
    ++asked;
    return answers.load();
  });
  EXPECT_EQ(heard.next(k_patience), "WATCHDOG=1");
  EXPECT_EQ(heard.next(k_patience), "WATCHDOG=1");
  answers = false;
  while (!heard.next(milliseconds(500)).empty()) continue;
  const int before = asked;
  EXPECT_EQ(heard.next(milliseconds(200)), "");
  EXPECT_GT(asked, before) << "it is still asked";
  answers = true;
  EXPECT_EQ(heard.next(k_patience), "WATCHDOG=1");
  answers = false;
  manager.stopping();
  bool stops = false;
  while (!stops) stops = heard.next(k_patience).starts_with("STOPPING=1\n");
  EXPECT_EQ(heard.next(k_patience), "WATCHDOG=1")
      << "what ends answers nobody, and may take a while";
  manager.end_watch();
  const int last = asked;
  while (!heard.next(milliseconds(100)).empty()) continue;
  EXPECT_EQ(asked, last);
}

TEST(service_manager, asks_nobody_where_no_watchdog_is_set) {
  manager_socket heard;
  service_manager manager({heard.name(), std::nullopt});
  manager.watch([](milliseconds) {
    ADD_FAILURE();
    return true;
  });
  manager.ready();
  EXPECT_TRUE(heard.next(k_patience).starts_with("READY=1\n"));
  EXPECT_EQ(heard.next(milliseconds(100)), "");
}

TEST(service_manager, takes_its_wishes_out_of_the_environment) {
  ::setenv("NOTIFY_SOCKET", "/run/notify", 1);
  ::setenv("WATCHDOG_USEC", "3000000", 1);
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  const auto wishes = take_service_wishes();
  EXPECT_EQ(wishes.socket, "/run/notify");
  EXPECT_EQ(wishes.watchdog, std::chrono::seconds(3));
  for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"})
    EXPECT_EQ(std::getenv(name), nullptr) << name;
  const auto none = take_service_wishes();
  EXPECT_EQ(none.socket, "");
  EXPECT_EQ(none.watchdog, std::nullopt);
  for (const char* text : {"", "x", "-1", "0", "3s"}) {
    ::setenv("WATCHDOG_USEC", text, 1);
    EXPECT_EQ(take_service_wishes().watchdog, std::nullopt) << text;
  }
  ::setenv("WATCHDOG_USEC", "3000000", 1);
  ::setenv("WATCHDOG_PID", "1", 1);
  EXPECT_EQ(take_service_wishes().watchdog, std::nullopt) << "meant for another process";
}

}  // namespace
}  // namespace autocusto::app
