#include "server/local/socket.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <future>
#include <optional>
#include <system_error>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "server/local/frames.hpp"

namespace autocusto::local {
namespace {

constexpr int k_silent_millis = 30'000;     // in the middle of a frame
constexpr int k_answer_millis = 600'000;    // a rollback may take long
constexpr int k_accept_retry_millis = 200;  // no descriptor is free
constexpr int k_handover_millis = 2'000;    // the one before has gone, its last batch is written
constexpr std::size_t k_length_bytes = 4;

class file {
 public:
  explicit file(int fd) : fd_(fd) {}
  ~file() {
    if (fd_ >= 0) ::close(fd_);
  }
  file(const file&) = delete;
  file& operator=(const file&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

std::optional<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  if (path.size() >= sizeof at.sun_path) return std::nullopt;
  std::memcpy(at.sun_path, path.c_str(), path.size() + 1);
  return at;
}

error unavailable(const std::string& what) {
  return fail(errc::unavailable, what + ": " + std::strerror(errno) + ".");
}

bool ready(int fd, short events, int millis, int stop = -1) {
  std::array<pollfd, 2> wait{pollfd{fd, events, 0}, pollfd{stop, POLLIN, 0}};
  const int got = ::poll(wait.data(), stop < 0 ? 1 : 2, millis);
  return got > 0 && wait[1].revents == 0 && wait[0].revents != 0;
}

bool read_bytes(int fd, char* to, std::size_t size, int millis, int stop) {
  while (size > 0) {
    if (!ready(fd, POLLIN, millis, stop)) return false;
    const auto got = ::recv(fd, to, size, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    to += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

bool write_bytes(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    if (!ready(fd, POLLOUT, k_silent_millis)) return false;
    const auto sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

/// At most k_frame_bytes.
bool write_frame(int fd, std::string_view body) {
  std::string length;
  for (int shift = 24; shift >= 0; shift -= 8) {
    length.push_back(static_cast<char>(body.size() >> shift));
  }
  return write_bytes(fd, length) && write_bytes(fd, body);
}

std::optional<std::string> read_frame(int fd, int first_millis, int stop) {
  std::array<char, k_length_bytes> head{};
  if (!read_bytes(fd, head.data(), 1, first_millis, stop)) return std::nullopt;
  if (!read_bytes(fd, head.data() + 1, head.size() - 1, k_silent_millis, stop)) return std::nullopt;
  std::size_t size = 0;
  for (const char c : head) size = (size << 8) | static_cast<unsigned char>(c);
  if (size > k_frame_bytes) return std::nullopt;
  std::string body(size, '\0');
  if (!read_bytes(fd, body.data(), size, k_silent_millis, stop)) return std::nullopt;
  return body;
}

/// Only who may read the folder's files anyway.
bool same_user(int fd) {
  ucred who{};
  socklen_t size = sizeof who;
  return ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 && who.uid == ::geteuid();
}

std::string guarded_answer(intake::import_writer& writer, const link_maker& links,
                           std::string_view asked, const listener::problem_handler& on_problem) {
  const auto failed = [&](error e) {
    if (on_problem) on_problem(e.code);
    return pack_failure(e);
  };
  try {
    auto said = answer(writer, links, asked);
    return said.size() <= k_frame_bytes ? said : failed(too_large_for_a_frame());
  } catch (const error_exception& e) {
    return pack_failure(e.get());
  } catch (const store::database_error& e) {
    return failed(fail(errc::database, std::string("The database failed: ") + e.what()));
  } catch (const std::exception&) {
    return failed(fail(errc::internal, "The server could not do this; see its log."));
  }
}

/// The caller who is served, on a thread of its own. Destroying it waits for that thread.
class served_caller {
 public:
  /// Throws std::system_error when no thread can be had.
  served_caller(int fd, std::function<void(int)> serve)
      : fd_(fd), done_(std::async(std::launch::async, std::move(serve), fd)) {}

  [[nodiscard]] bool ended() {
    // Who has closed the connection asks nothing more: a batch that is being written is its last.
    const auto wait = hung_up() ? k_handover_millis : 0;
    return done_.wait_for(std::chrono::milliseconds(wait)) == std::future_status::ready;
  }

 private:
  [[nodiscard]] bool hung_up() const {
    pollfd other{fd_.get(), POLLRDHUP, 0};
    return ::poll(&other, 1, 0) > 0;
  }

  file fd_;  // closed after the thread has ended
  std::future<void> done_;
};

void turn_away(int caller) {
  write_frame(caller, pack_failure(fail(errc::busy,
                                        "An import or another tool is at work at this server; run "
                                        "this again when it has ended.")));
}

class socket_import_writer final : public intake::import_writer {
 public:
  explicit socket_import_writer(int fd) : fd_(fd) {}

  result<intake::run_state> begin(const intake::run_start& start) override {
    const auto got = ask(pack_begin(start));
    return got ? unpack_state(*got) : got.error();
  }
  result<std::vector<intake::account_outcome>> add_accounts(
      store::pk run, const std::vector<intake::account>& accounts) override {
    const auto got = ask(pack_accounts(run, accounts));
    return got ? unpack_accounts(*got) : got.error();
  }
  result<intake::counts> apply(const intake::batch& what,
                               const intake::commit_order& before_feeds) override {
    if (before_feeds) before_feeds();
    const auto got = ask(pack_apply(what));
    return got ? unpack_counts(*got) : got.error();
  }
  result<intake::counts> finish(const intake::run_end& end) override {
    const auto got = ask(pack_finish(end));
    return got ? unpack_counts(*got) : got.error();
  }
  result<intake::rollback_report> rollback(const intake::rollback_request& request) override {
    const auto got = ask(pack_rollback(request));
    return got ? unpack_rollback(*got) : got.error();
  }

  result<std::string> ask(const std::string& question) {
    if (question.size() > k_frame_bytes) return too_large_for_a_frame();
    // A server that turns the caller away answers before it has read the question.
    const bool asked = write_frame(fd_.get(), question);
    if (auto got = read_frame(fd_.get(), asked ? k_answer_millis : k_silent_millis, -1)) {
      return *std::move(got);
    }
    return fail(errc::unavailable,
                "The server that holds the data folder went away; run this again to go on.");
  }

 private:
  file fd_;
};

}  // namespace

std::string socket_path(const std::string& folder) {
  return folder + "/serve.sock";
}

result<std::unique_ptr<listener>> listener::start(const std::string& folder,
                                                  store::database& database,
                                                  problem_handler on_problem, link_maker links) {
  const auto path = socket_path(folder);
  const auto at = address_of(path);
  if (!at) {
    return fail(errc::unavailable, "The data folder's path is too long for a local socket.");
  }
  file fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return unavailable("A local socket cannot be made");
  // Whoever holds the folder's lock is the only server; what is there was left by another.
  ::unlink(path.c_str());
  const auto mask = ::umask(0177);
  const int bound = ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&*at), sizeof *at);
  ::umask(mask);
  if (bound != 0 || ::listen(fd.get(), 1) != 0) {
    return unavailable("The local socket cannot be made");
  }
  const int stop = ::eventfd(0, EFD_CLOEXEC);
  if (stop < 0) return unavailable("The local socket cannot be watched");
  return std::unique_ptr<listener>(
      new listener(path, fd.release(), stop, database, std::move(on_problem), std::move(links)));
}

listener::listener(std::string path, int fd, int stop, store::database& database,
                   problem_handler on_problem, link_maker links)
    : path_(std::move(path)),
      fd_(fd),
      stop_(stop),
      database_(database),
      on_problem_(std::move(on_problem)),
      links_(std::move(links)) {
  thread_ = std::thread([this] { run(); });
}

listener::~listener() {
  const std::uint64_t one = 1;
  // An eventfd takes a first number always.
  [[maybe_unused]] const auto written = ::write(stop_, &one, sizeof one);
  thread_.join();
  ::close(fd_);
  ::close(stop_);
  ::unlink(path_.c_str());
}

void listener::run() {
  std::optional<served_caller> served;
  for (;;) {
    std::array<pollfd, 2> wait{pollfd{fd_, POLLIN, 0}, pollfd{stop_, POLLIN, 0}};
    if (::poll(wait.data(), wait.size(), -1) < 0 && errno != EINTR) return;
    if (wait[1].revents != 0) return;
    if (wait[0].revents == 0) continue;
    file caller(::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC));
    if (caller.get() >= 0 && same_user(caller.get())) {
      if (served && served->ended()) served.reset();
      if (served) {
        turn_away(caller.get());
        continue;
      }
      try {
        served.emplace(caller.release(), [this](int fd) { serve(fd); });
      } catch (const std::system_error&) {
        if (on_problem_) on_problem_(errc::unavailable);
      }
      continue;
    }
    // Whoever calls is still there: asking again at once would spin.
    const bool full = caller.get() < 0 && (errno == EMFILE || errno == ENFILE);
    if (full && ready(stop_, POLLIN, k_accept_retry_millis)) return;
  }
}

void listener::serve(int caller) {
  const auto writer = intake::open_import_writer(database_);
  while (const auto asked = read_frame(caller, k_answer_millis, stop_)) {
    if (!write_frame(caller, guarded_answer(*writer, links_, *asked, on_problem_))) return;
  }
}

namespace {

/// A connection to the server that runs on this folder; owned by the caller.
result<int> connect_to(const std::string& folder) {
  const auto path = socket_path(folder);
  const auto at = address_of(path);
  if (!at) {
    return fail(errc::unavailable, "The data folder's path is too long for a local socket.");
  }
  file fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return unavailable("A local socket cannot be made");
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&*at), sizeof *at) != 0) {
    return unavailable("The server that holds the data folder does not answer on " + path);
  }
  return fd.release();
}

}  // namespace

result<std::unique_ptr<intake::import_writer>> connect_import_writer(const std::string& folder) {
  const auto fd = connect_to(folder);
  if (!fd) return fd.error();
  return std::unique_ptr<intake::import_writer>(new socket_import_writer(*fd));
}

result<admin_link> ask_admin_link(const std::string& folder, const std::string& email) {
  const auto fd = connect_to(folder);
  if (!fd) return fd.error();
  const auto got = socket_import_writer(*fd).ask(pack_admin_link(email));
  return got ? unpack_admin_link(*got) : got.error();
}

}  // namespace autocusto::local
