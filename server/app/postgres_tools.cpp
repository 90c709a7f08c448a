#include "server/app/postgres_tools.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <libpq-fe.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared/base/bytes.hpp"

extern char** environ;

namespace autocusto::app {
namespace {

/// A database URL without its password, and the password.
struct split_url {
  std::string safe;
  std::string password;
};

std::string quoted(std::string_view value) {
  std::string out = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

result<split_url> split(const std::string& url) {
  char* problem = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfoParse(url.c_str(), &problem), &PQconninfoFree);
  PQfreemem(problem);  // it may quote the URL
  if (!options) return fail(errc::usage, "The database URL is not one that PostgreSQL takes.");
  split_url out;
  for (const PQconninfoOption* o = options.get(); o->keyword != nullptr; ++o) {
    if (o->val == nullptr) continue;
    if (std::string_view(o->keyword) == "password") {
      out.password = o->val;
    } else {
      out.safe += std::string(out.safe.empty() ? "" : " ") + o->keyword + "=" + quoted(o->val);
    }
  }
  return out;
}

/// A child process with one end of a pipe as its stdin or stdout.
class piped_child {
 public:
  enum class direction { from_child, to_child };

  piped_child(const piped_child&) = delete;
  piped_child& operator=(const piped_child&) = delete;
  ~piped_child() {
    close_pipe();
    if (pid_ > 0) static_cast<void>(wait());
  }

  static result<std::unique_ptr<piped_child>> start(std::vector<std::string> argv,
                                                    const std::string& password, direction way) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return fail(errc::unavailable, "No pipe could be made.");
    const bool reads = way == direction::from_child;
    std::unique_ptr<piped_child> child(new piped_child(reads ? ends[0] : ends[1]));
    const int theirs = reads ? ends[1] : ends[0];

    std::vector<char*> arguments;
    for (auto& a : argv) arguments.push_back(a.data());
    arguments.push_back(nullptr);
    std::string secret = "PGPASSWORD=" + password;
    std::vector<char*> environment;
    // Of two entries of one name the child would take the first.
    constexpr std::string_view name = "PGPASSWORD=";
    for (char** e = environ; *e != nullptr; ++e) {
      if (password.empty() || !std::string_view(*e).starts_with(name)) environment.push_back(*e);
    }
    if (!password.empty()) environment.push_back(secret.data());
    environment.push_back(nullptr);

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, theirs, reads ? STDOUT_FILENO : STDIN_FILENO);
    const int failed = ::posix_spawnp(&child->pid_, argv[0].c_str(), &actions, nullptr,
                                      arguments.data(), environment.data());
    posix_spawn_file_actions_destroy(&actions);
    ::close(theirs);
    wipe(secret);
    if (failed != 0) {
      child->pid_ = -1;
      return fail(errc::unavailable,
                  argv[0] + " cannot be started: " + std::generic_category().message(failed) +
                      ". Install PostgreSQL's client programs.");
    }
    return child;
  }

  /// Up to 256 KiB; empty at the end.
  std::string read() {
    std::string block(std::size_t{256} * 1024, '\0');
    while (true) {
      const ::ssize_t n = ::read(fd_, block.data(), block.size());
      if (n < 0 && errno == EINTR) continue;
      block.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
      return block;
    }
  }
  bool write(std::string_view content) {
    while (!content.empty()) {
      const ::ssize_t n = ::write(fd_, content.data(), content.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return false;
      content.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  /// Ends what the child reads, without which it may take a cut input for a whole one: so only
  /// after everything was written, else `kill`.
  void close_pipe() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  void kill() {
    if (pid_ > 0) ::kill(pid_, SIGKILL);
  }
  /// True if it ended well.
  bool wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }

 private:
  explicit piped_child(int fd) : fd_(fd) {}
  int fd_;
  pid_t pid_ = -1;
};

}  // namespace

result<void> dump_postgres(const std::string& url,
                           const std::function<void(std::string_view)>& out) {
  const auto parts = split(url);
  if (!parts) return parts.error();
  auto child = piped_child::start(
      {"pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--dbname=" + parts->safe},
      parts->password, piped_child::direction::from_child);
  if (!child) return child.error();
  for (auto block = (*child)->read(); !block.empty(); block = (*child)->read()) out(block);
  if (!(*child)->wait()) {
    return fail(errc::unavailable, "pg_dump failed; its own message is above.");
  }
  return {};
}

result<void> restore_postgres(const std::string& url,
                              const std::function<result<std::string>()>& next) {
  const auto parts = split(url);
  if (!parts) return parts.error();
  auto child =
      piped_child::start({"pg_restore", "--format=custom", "--no-owner", "--no-privileges",
                          "--single-transaction", "--exit-on-error", "--dbname=" + parts->safe},
                         parts->password, piped_child::direction::to_child);
  if (!child) return child.error();
  while (true) {
    const auto block = next();
    if (!block) {
      (*child)->kill();
      return block.error();
    }
    if (block->empty() || !(*child)->write(*block)) break;
  }
  (*child)->close_pipe();
  if (!(*child)->wait()) {
    return fail(errc::unavailable,
                "pg_restore failed and took everything back; its own message is above.");
  }
  return {};
}

}  // namespace autocusto::app
