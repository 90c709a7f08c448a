#include "shared/sqlite/lock_file.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "shared/base/own_files.hpp"

namespace autocusto::sqlite {
namespace {

constexpr std::chrono::milliseconds k_first_pause{2};
constexpr std::chrono::milliseconds k_longest_pause{50};

std::optional<int> read_pid(int fd) {
  std::array<char, 16> text{};
  const ssize_t got = ::pread(fd, text.data(), text.size(), 0);
  if (got <= 0) return std::nullopt;
  int pid = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + got, pid);
  if (wrong != std::errc() || pid <= 0) return std::nullopt;
  return pid;
}

// Only for the message of whoever waits; the lock itself does not depend on it, and a full disk
// must not be in its way.
void write_pid(int fd) {
  const std::string text = std::to_string(::getpid()) + "\n";
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, text.data(), text.size(), 0) < 0) return;
}

error held(const std::string& path, std::optional<int> pid) {
  const std::string who = pid ? "process " + std::to_string(*pid) : "another process";
  return fail(errc::replica_busy, "The lock " + path + " is held by " + who +
                                      "; wait until it has finished, or end it, and try again.");
}

}  // namespace

result<lock_file> lock_file::acquire(const std::string& path, std::chrono::milliseconds wait) {
  const int fd = open_own_file(path, O_RDWR | O_CREAT);
  if (fd < 0) {
    throw std::system_error(
        errno, std::generic_category(),
        "the lock file " + path + " cannot be opened; it must be a file of your own with one name");
  }
  lock_file taken(fd);
  const auto deadline = std::chrono::steady_clock::now() + wait;
  auto pause = k_first_pause;
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) {
      throw std::system_error(errno, std::generic_category(),
                              "the lock file " + path + " cannot be locked");
    }
    if (std::chrono::steady_clock::now() >= deadline) return held(path, read_pid(fd));
    // flock has no wait with a limit, so the lock is tried again after a short pause.
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, k_longest_pause);
  }
  write_pid(fd);
  return taken;
}

std::optional<int> lock_file::holder(const std::string& path) {
  const int fd = open_own_file(path, O_RDONLY);
  if (fd < 0) return std::nullopt;
  const auto pid = read_pid(fd);
  ::close(fd);
  return pid;
}

lock_file::lock_file(lock_file&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

lock_file& lock_file::operator=(lock_file&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

lock_file::~lock_file() {
  if (fd_ >= 0) ::close(fd_);  // gives the lock up, too
}

}  // namespace autocusto::sqlite
