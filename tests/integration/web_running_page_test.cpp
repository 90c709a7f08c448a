// One page for one folder: who is asked for a link, who is answered, and what is left by a page
// that was killed.
#include <filesystem>
#include <fstream>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/integration/web_page_fixture.hpp"

namespace autocusto::web {
namespace {

/// A socket that listens on `page.sock` of that folder; -1 when it cannot.
int listen_in(const std::string& home) {
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  const auto path = home + "/page.sock";
  std::copy_n(path.data(), std::min(path.size(), sizeof at.sun_path - 1), at.sun_path);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) return -1;
  return ::listen(fd, 4) == 0 ? fd : -1;
}

/// A user who is nobody here; root alone can become one.
constexpr uid_t k_stranger = 65534;

class running_page : public page_test {
 protected:
  /// Runs `act` as another user, in a process of its own that then waits to be let go.
  template <class Act>
  void as_stranger(Act act, const std::function<void()>& meanwhile) {
    int ready[2];
    int go[2];
    ASSERT_EQ(::pipe2(ready, O_CLOEXEC), 0);
    ASSERT_EQ(::pipe2(go, O_CLOEXEC), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      const bool done = ::setuid(k_stranger) == 0 && act();
      char sign = done ? 'y' : 'n';
      static_cast<void>(::write(ready[1], &sign, 1) == 1);
      static_cast<void>(::read(go[0], &sign, 1) == 1);
      ::_exit(0);
    }
    char sign = 'n';
    EXPECT_EQ(::read(ready[0], &sign, 1), 1);
    EXPECT_EQ(sign, 'y');
    meanwhile();
    EXPECT_EQ(::write(go[1], &sign, 1), 1);
    ::waitpid(child, nullptr, 0);
    for (const int fd : {ready[0], ready[1], go[0], go[1]}) ::close(fd);
  }
};

TEST_F(running_page, gives_a_fresh_link_to_its_own_user) {
  make_replica();
  EXPECT_FALSE(ask_running_page(home()).value());
  open_page();
  const auto first = ask_running_page(home()).value();
  const auto second = ask_running_page(home()).value();
  ASSERT_TRUE(first);
  ASSERT_TRUE(second);
  EXPECT_NE(first->link, second->link);
  EXPECT_EQ(first->wipe_word, page->ticket().wipe_word);
  enter(first->link);
  enter(second->link);
  EXPECT_EQ(state(), "locked");
}

TEST_F(running_page, is_one_for_each_folder) {
  make_replica();
  open_page();
  EXPECT_EQ(page_socket::open(home()).error().code, errc::busy);
  page.reset();
  EXPECT_TRUE(page_socket::open(home()));
}

TEST_F(running_page, works_in_a_folder_with_a_long_name) {
  const std::string deep = home() + "/" + std::string(120, 'd') + "/" + std::string(120, 'e');
  std::filesystem::create_directories(deep);
  auto socket = page_socket::open(deep).value();
  socket->serve([] { return page_ticket{"a link", "a file", "a word"}; });
  EXPECT_EQ(ask_running_page(deep).value()->link, "a link");
}

// What `kill -9` leaves: a socket that nobody serves.
TEST_F(running_page, what_a_killed_page_left_is_not_believed_and_goes) {
  make_replica();
  ::close(listen_in(home()));
  ASSERT_TRUE(std::filesystem::exists(home() + "/page.sock"));
  EXPECT_FALSE(ask_running_page(home()).value());
  open_page();
  EXPECT_TRUE(ask_running_page(home()).value());
}

// The note of earlier programs named a port and a secret. Whoever had that port after a `kill -9`
// was sent the secret, and the doctor was shown their page.
TEST_F(running_page, a_port_that_a_killed_page_had_is_sent_nothing) {
  make_replica();
  const int thief = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  ASSERT_EQ(::bind(thief, reinterpret_cast<sockaddr*>(&at), size), 0);
  ASSERT_EQ(::getsockname(thief, reinterpret_cast<sockaddr*>(&at), &size), 0);
  ASSERT_EQ(::listen(thief, 4), 0);
  std::ofstream(home() + "/page.run") << ntohs(at.sin_port) << " the-secret-of-the-killed-page\n";
  EXPECT_FALSE(ask_running_page(home()).value());
  open_page();
  EXPECT_NE(port, ntohs(at.sin_port));
  EXPECT_EQ(::accept(thief, nullptr, nullptr), -1) << "somebody has called the thief";
  EXPECT_FALSE(std::filesystem::exists(home() + "/page.run")) << "the old note goes";
  ::close(thief);
}

TEST_F(running_page, another_user_is_neither_believed_nor_answered) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can try it as another user";
  make_replica();
  // Worse than anything that the program would make: everybody may enter and write.
  ::chmod(folder.path().c_str(), 0777);
  ::chmod(home().c_str(), 0777);
  as_stranger([this] { return listen_in(home()) >= 0; },
              [this] { EXPECT_EQ(ask_running_page(home()).error().code, errc::forbidden); });
  open_page();
  ::chmod((home() + "/page.sock").c_str(), 0777);
  as_stranger(
      [this] {
        const auto asked = ask_running_page(home());
        return !asked && asked.error().code == errc::forbidden;
      },
      [] {});
  as_stranger(
      [this] {
        const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_un at{};
        at.sun_family = AF_UNIX;
        const auto path = home() + "/page.sock";
        std::copy_n(path.data(), path.size(), at.sun_path);
        char part = 0;
        return ::connect(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0 &&
               ::recv(fd, &part, 1, 0) <= 0;
      },
      [] {});
  EXPECT_TRUE(ask_running_page(home()).value()) << "its own user still is";
}

}  // namespace
}  // namespace autocusto::web
