#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shared/sandbox/sandbox.hpp"

namespace autocusto::sandbox {
namespace {

#ifndef AUTOCUSTO_WITHOUT_SANDBOX

// The kernel's interface (include/uapi/linux/landlock.h); Debian 12's header ends with version 2 of
// it.
struct ruleset_attr {
  std::uint64_t handled_access_fs = 0;
  std::uint64_t handled_access_net = 0;  // since version 4
  std::uint64_t scoped = 0;              // since version 6
};
struct [[gnu::packed]] path_attr {
  std::uint64_t allowed_access = 0;
  std::int32_t parent_fd = -1;
};
struct port_attr {
  std::uint64_t allowed_access = 0;
  std::uint64_t port = 0;
};
constexpr unsigned k_ask_version = 1;
constexpr int k_rule_path = 1;
constexpr int k_rule_port = 2;

constexpr std::uint64_t bit(int number) {
  return std::uint64_t{1} << number;
}
// Rights on files: 0 execute, 1 write, 2 read, 3 list, 4 remove folder, 5 remove file, 6 to 12 make
// (char device, folder, file, socket, fifo, block device, link), 13 link or rename across folders,
// 14 truncate, 15 device ioctl.
constexpr std::uint64_t k_write_file = bit(1) | bit(14);
constexpr std::uint64_t k_read_file = bit(2);
constexpr std::uint64_t k_read_folder = bit(2) | bit(3);
constexpr std::uint64_t k_write_folder = k_read_folder | k_write_file | bit(5) | bit(8) | bit(9);
constexpr std::uint64_t k_bind = bit(0);
constexpr std::uint64_t k_connect = bit(1);
constexpr std::uint64_t k_abstract_sockets = bit(0);
constexpr std::uint64_t k_signals = bit(1);

/// All rights on files that a version knows.
constexpr std::uint64_t all_files(int version) {
  constexpr std::array<int, 6> bits{0, 13, 14, 15, 15, 16};
  const auto at = static_cast<std::size_t>(std::min(version, 5));
  return bit(bits[at]) - 1;
}

int landlock_version() {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, k_ask_version);
  return version > 0 ? static_cast<int>(version) : 0;
}

error refused(const std::string& what) {
  return fail(errc::unavailable, "Landlock cannot be put in force (" + what + ": " +
                                     std::generic_category().message(errno) +
                                     "); say --no-sandbox to do without.");
}

class ruleset {
 public:
  ruleset(int version, const file_rules& rules) : files_(all_files(version)), version_(version) {
    ruleset_attr attr{.handled_access_fs = files_, .handled_access_net = 0, .scoped = 0};
    if (version >= 4) attr.handled_access_net = k_bind | (rules.connect ? 0 : k_connect);
    if (version >= 6) attr.scoped = k_signals | (rules.connect ? 0 : k_abstract_sockets);
    std::size_t size = sizeof attr.handled_access_fs;
    if (version >= 4) size += sizeof attr.handled_access_net;
    if (version >= 6) size += sizeof attr.scoped;
    fd_ = static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attr, size, 0));
  }
  ruleset(const ruleset&) = delete;
  ruleset& operator=(const ruleset&) = delete;
  ~ruleset() {
    if (fd_ >= 0) ::close(fd_);
  }

  [[nodiscard]] bool made() const { return fd_ >= 0; }

  /// What does not exist, or cannot be looked at, stays forbidden.
  [[nodiscard]] bool allow(const std::string& path, std::uint64_t in_folder,
                           std::uint64_t on_file) const {
    const int at = ::open(path.c_str(), O_PATH | O_CLOEXEC);
    if (at < 0) return true;
    struct stat info {};
    bool done = ::fstat(at, &info) == 0;
    if (done) {
      const std::uint64_t wanted = (S_ISDIR(info.st_mode) ? in_folder : on_file) & files_;
      const path_attr rule{.allowed_access = wanted, .parent_fd = at};
      done = wanted == 0 || ::syscall(SYS_landlock_add_rule, fd_, k_rule_path, &rule, 0) == 0;
    }
    const int number = errno;
    ::close(at);
    errno = number;
    return done;
  }

  [[nodiscard]] bool allow_bind(std::uint16_t port) const {
    if (version_ < 4) return true;
    const port_attr rule{.allowed_access = k_bind, .port = port};
    return ::syscall(SYS_landlock_add_rule, fd_, k_rule_port, &rule, 0) == 0;
  }

  [[nodiscard]] bool enforce() const {
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::syscall(SYS_landlock_restrict_self, fd_, 0) == 0;
  }

 private:
  std::uint64_t files_;
  int version_;
  int fd_ = -1;
};

#endif

}  // namespace

std::vector<std::string> system_files() {
  return {"/etc",
          "/usr",
          "/lib",
          "/lib64",
          "/proc/self",
          "/proc/sys/kernel",
          "/proc/meminfo",
          "/sys/devices/system",
          "/dev/null",
          "/dev/urandom",
          "/dev/random",
          "/run/systemd/resolve",
          "/run/resolvconf",
          "/run/nscd",
          "/var/lib/ca-certificates"};
}

#ifdef AUTOCUSTO_WITHOUT_SANDBOX
result<int> restrict_files(const file_rules& /*rules*/) {
  return 0;
}
#else
result<int> restrict_files(const file_rules& rules) {
  const int version = landlock_version();
  if (version == 0) return 0;
  const ruleset made(version, rules);
  if (!made.made()) return refused("making the rules");
  for (const auto& path : rules.read) {
    if (!made.allow(path, k_read_folder, k_read_file)) return refused(path);
  }
  for (const auto& path : rules.write) {
    if (!made.allow(path, k_write_folder, 0)) return refused(path);
  }
  for (const auto& path : rules.write_files) {
    if (!made.allow(path, 0, k_write_file | k_read_file)) return refused(path);
  }
  for (const auto port : rules.bind_tcp) {
    if (!made.allow_bind(port)) return refused("port " + std::to_string(port));
  }
  if (!made.enforce()) return refused("putting them in force");
  return version;
}
#endif

}  // namespace autocusto::sandbox
