#include "tests/support/process.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <stdexcept>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace autocusto::test {
namespace {

using clock = std::chrono::steady_clock;

struct pipe_ends {
  int read = -1;
  int write = -1;
};

pipe_ends make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  return {ends[0], ends[1]};
}

/// Starts a program; the given descriptors become its stdin, stdout and stderr.
pid_t spawn(const std::vector<std::string>& argv, const environment& env, int in, int out,
            int err) {
  std::vector<char*> arguments;
  for (const auto& a : argv) arguments.push_back(const_cast<char*>(a.c_str()));
  arguments.push_back(nullptr);
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("cannot fork");
  if (child > 0) return child;
  for (const auto& [name, value] : env) {
    if (value.empty()) {
      ::unsetenv(name.c_str());
    } else {
      ::setenv(name.c_str(), value.c_str(), 1);
    }
  }
  ::dup2(in, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  ::execvp(arguments[0], arguments.data());
  ::_exit(127);
}

int exit_of(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int milliseconds_left(clock::time_point until) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - clock::now());
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

/// Reads what is there; false at the end.
bool read_some(int fd, std::string& into) {
  std::array<char, 65536> buffer{};
  const ssize_t n = ::read(fd, buffer.data(), buffer.size());
  if (n > 0) into.append(buffer.data(), static_cast<std::size_t>(n));
  return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

/// Feeds stdin and collects stdout and stderr until both end; false when the deadline passed.
bool exchange(int in, int out, int err, const std::string& input, outcome& result,
              clock::time_point until) {
  std::size_t written = 0;
  bool out_open = true;
  bool err_open = true;
  bool in_open = true;
  while (out_open || err_open) {
    if (in_open && written == input.size()) {
      ::close(in);
      in_open = false;
    }
    std::array<pollfd, 3> fds{pollfd{out_open ? out : -1, POLLIN, 0},
                              pollfd{err_open ? err : -1, POLLIN, 0},
                              pollfd{in_open ? in : -1, POLLOUT, 0}};
    if (::poll(fds.data(), fds.size(), milliseconds_left(until)) == 0) {
      if (in_open) ::close(in);
      return false;
    }
    if (fds[0].revents != 0) out_open = read_some(out, result.out);
    if (fds[1].revents != 0) err_open = read_some(err, result.err);
    if (fds[2].revents != 0) {
      const ssize_t n = ::write(in, input.data() + written, input.size() - written);
      if (n > 0) written += static_cast<std::size_t>(n);
      if (n < 0 && errno != EINTR && errno != EAGAIN) written = input.size();
    }
  }
  if (in_open) ::close(in);
  return true;
}

}  // namespace

outcome run(const std::vector<std::string>& argv, const run_options& options) {
  ::signal(SIGPIPE, SIG_IGN);
  const pipe_ends in = make_pipe();
  const pipe_ends out = make_pipe();
  const pipe_ends err = make_pipe();
  ::fcntl(in.write, F_SETFL, O_NONBLOCK);
  const pid_t child = spawn(argv, options.env, in.read, out.write, err.write);
  ::close(in.read);
  ::close(out.write);
  ::close(err.write);
  outcome result;
  const bool ended = exchange(in.write, out.read, err.read, options.input, result,
                              clock::now() + options.deadline);
  if (!ended) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  ::close(out.read);
  ::close(err.read);
  if (!ended) {
    throw std::runtime_error(argv[0] + " did not end in time; it printed:\n" + result.out +
                             result.err);
  }
  result.exit = exit_of(status);
  return result;
}

background::background(const std::vector<std::string>& argv, const environment& env) {
  const pipe_ends out = make_pipe();
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  pid_ = spawn(argv, env, nothing, out.write, out.write);
  ::close(nothing);
  ::close(out.write);
  pipe_ = out.read;
  ::fcntl(pipe_, F_SETFL, O_NONBLOCK);
}

background::~background() {
  if (running()) {
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
    }
  }
  ::close(pipe_);
}

void background::pump(std::chrono::milliseconds patience) {
  pollfd fd{pipe_, POLLIN, 0};
  if (::poll(&fd, 1, static_cast<int>(patience.count())) > 0) read_some(pipe_, output_);
}

std::string background::wait_for(const std::string& text, std::chrono::milliseconds deadline) {
  const auto until = clock::now() + deadline;
  for (;;) {
    const std::size_t at = output_.find(text, searched_);
    const std::size_t end = at == std::string::npos ? at : output_.find('\n', at);
    if (end != std::string::npos) {
      const std::size_t line_break = output_.rfind('\n', at);
      const std::size_t begin = line_break == std::string::npos ? 0 : line_break + 1;
      searched_ = end + 1;
      return output_.substr(begin, end - begin);
    }
    const bool alive = running();
    pump(std::chrono::milliseconds(alive ? 20 : 0));
    const bool nothing_new = output_.find(text, searched_) == std::string::npos;
    if (nothing_new && (!alive || clock::now() > until)) {
      throw std::runtime_error("waited in vain for '" + text + "'; the program printed:\n" +
                               output_);
    }
  }
}

void background::skip() {
  searched_ = output().size();
}

void background::signal(int number) const {
  if (!reaped_) ::kill(pid_, number);
}

bool background::running() {
  if (!reaped_ && ::waitpid(pid_, &status_, WNOHANG) == pid_) reaped_ = true;
  return !reaped_;
}

int background::wait(std::chrono::milliseconds deadline) {
  const auto until = clock::now() + deadline;
  while (running()) {
    pump(std::chrono::milliseconds(10));
    if (clock::now() > until) {
      throw std::runtime_error("the program did not end in time; it printed:\n" + output_);
    }
  }
  pump(std::chrono::milliseconds(0));
  return exit_of(status_);
}

const std::string& background::output() {
  pump(std::chrono::milliseconds(0));
  return output_;
}

temporary_folder::temporary_folder(const std::string& name) {
  std::string pattern = (std::filesystem::temp_directory_path() / (name + "-XXXXXX")).string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = pattern;
}

temporary_folder::~temporary_folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string program(const std::string& name) {
  return std::string(AUTOCUSTO_PROGRAMS) + "/" + name;
}

std::string real_program(const std::string& name) {
  return std::string(AUTOCUSTO_REAL_PROGRAMS) + "/" + name;
}

}  // namespace autocusto::test
