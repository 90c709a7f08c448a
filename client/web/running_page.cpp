#include "client/web/running_page.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "shared/json/canonical.hpp"
#include "shared/json/read.hpp"

namespace autocusto::web {
namespace {

constexpr const char* k_socket = "page.sock";
constexpr const char* k_lock = "page.lock";
/// The note of earlier programs, with a secret that is worth nothing any more.
constexpr const char* k_earlier_note = "page.run";
constexpr std::size_t k_most = 4096;
constexpr timeval k_patience{.tv_sec = 2, .tv_usec = 0};

/// A descriptor that closes itself.
class descriptor {
 public:
  explicit descriptor(int fd = -1) : fd_(fd) {}
  ~descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

descriptor open_folder(const std::string& home) {
  return descriptor(::open(home.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

/// The socket's address by way of the open folder: a path of any length fits, and it is this folder
/// whatever its name leads to meanwhile.
sockaddr_un address_in(const descriptor& folder) {
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  const auto path = "/proc/self/fd/" + std::to_string(folder.get()) + "/" + k_socket;
  std::copy_n(path.data(), std::min(path.size(), sizeof at.sun_path - 1), at.sun_path);
  return at;
}

descriptor unix_socket() {
  return descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

template <class Call>
int with_address(Call call, const descriptor& socket, const sockaddr_un& at) {
  return call(socket.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at);
}

/// Whether the process at the other end belongs to this process's user.
bool is_same_user(const descriptor& line) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(line.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
         peer.uid == ::geteuid();
}

error not_answering() {
  return fail(errc::busy,
              "AutoCusto's page runs already but does not answer; end it, then start it again.");
}

/// Everything until the other side closes; empty when that takes too long or is too much.
std::string read_all(const descriptor& line) {
  std::string text;
  std::array<char, 1024> part{};
  for (;;) {
    const auto got = ::recv(line.get(), part.data(), part.size(), 0);
    if (got == 0) return text;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return {};
    text.append(part.data(), static_cast<std::size_t>(got));
    if (text.size() > k_most) return {};
  }
}

}  // namespace

result<std::optional<page_ticket>> ask_running_page(const std::string& home) {
  using nothing = std::optional<page_ticket>;
  const auto folder = open_folder(home);
  const auto line = unix_socket();
  if (!folder || !line) return nothing();
  ::setsockopt(line.get(), SOL_SOCKET, SO_RCVTIMEO, &k_patience, sizeof k_patience);
  ::setsockopt(line.get(), SOL_SOCKET, SO_SNDTIMEO, &k_patience, sizeof k_patience);
  if (with_address(::connect, line, address_in(folder)) != 0) {
    if (errno == EAGAIN) return not_answering();
    return nothing();  // no socket, or that of a process that is gone
  }
  if (!is_same_user(line)) {
    return fail(errc::forbidden,
                "Another user of this machine listens in the folder of this profile; make the "
                "folder yours alone (chmod 700) or use another one.");
  }
  const auto answer = autocusto::json::parse(read_all(line));
  if (!answer || !answer->is_object()) return not_answering();
  autocusto::json::reader in(*answer);
  page_ticket ticket;
  ticket.link = in.string("link", k_most);
  ticket.start_file = in.string("start_file", k_most);
  ticket.wipe_word = in.string("wipe_word", k_most);
  if (in.finish()) return not_answering();
  return nothing(std::move(ticket));
}

class page_socket::impl {
 public:
  impl(descriptor folder, descriptor lock, descriptor socket)
      : folder_(std::move(folder)),
        lock_(std::move(lock)),
        socket_(std::move(socket)),
        stop_(::eventfd(0, EFD_CLOEXEC)) {}

  ~impl() {
    const std::uint64_t one = 1;
    if (stop_) static_cast<void>(::write(stop_.get(), &one, sizeof one) == 0);
    if (thread_.joinable()) thread_.join();
    // The lock is still held: nobody else's socket can stand there.
    if (socket_) ::unlinkat(folder_.get(), k_socket, 0);
  }
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  void serve(std::function<page_ticket()> ticket) {
    if (!socket_ || !stop_) return;
    thread_ = std::thread([this, ticket = std::move(ticket)] { answer_all(ticket); });
  }

 private:
  void answer_all(const std::function<page_ticket()>& ticket) const {
    for (;;) {
      std::array<pollfd, 2> watched{{{.fd = socket_.get(), .events = POLLIN, .revents = 0},
                                     {.fd = stop_.get(), .events = POLLIN, .revents = 0}}};
      if (::poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR) return;
      if (watched[1].revents != 0) return;
      if (watched[0].revents == 0) continue;
      const descriptor line(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!line || !is_same_user(line)) continue;
      const auto now = ticket();
      const auto text =
          nlohmann::json(
              {{"link", now.link}, {"start_file", now.start_file}, {"wipe_word", now.wipe_word}})
              .dump();
      // Far less than a socket's buffer holds, so this waits for nobody.
      if (::send(line.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0) continue;
    }
  }

  descriptor folder_;
  descriptor lock_;
  descriptor socket_;
  descriptor stop_;
  std::thread thread_;
};

page_socket::page_socket(std::unique_ptr<impl> own) : impl_(std::move(own)) {}
page_socket::~page_socket() = default;

result<std::unique_ptr<page_socket>> page_socket::open(const std::string& home) {
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(home).parent_path(), ignored);
  ::mkdir(home.c_str(), 0700);  // what exists stays as it is
  auto folder = open_folder(home);
  descriptor lock(::openat(folder.get(), k_lock, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (lock && ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    return not_answering();
  }
  descriptor socket;
  if (lock) {
    ::unlinkat(folder.get(), k_socket, 0);
    ::unlinkat(folder.get(), k_earlier_note, 0);
    socket = unix_socket();
    const auto at = address_in(folder);
    if (with_address(::bind, socket, at) != 0 || ::fchmodat(folder.get(), k_socket, 0600, 0) != 0 ||
        ::listen(socket.get(), 8) != 0) {
      socket = descriptor();
    }
  }
  return std::unique_ptr<page_socket>(new page_socket(
      std::make_unique<impl>(std::move(folder), std::move(lock), std::move(socket))));
}

void page_socket::serve(std::function<page_ticket()> ticket) {
  impl_->serve(std::move(ticket));
}

}  // namespace autocusto::web
