// What a program can no longer do under the sandbox, and what it still can. Each case runs in a
// child process, since nothing can be taken back.

#include "shared/sandbox/sandbox.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <thread>

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/app/confine.hpp"

namespace autocusto {
namespace {

namespace fs = std::filesystem;

/// "fine", or the name of the error of a call that answers a negative number.
std::string outcome_of(long answer) {
  if (answer >= 0) return "fine";
  const char* name = ::strerrorname_np(errno);
  return name != nullptr ? name : "?";
}

/// Runs `what` in a child and answers what it returned; a child that is killed answers that.
std::string in_child(const std::function<std::string()>& what) {
  std::array<int, 2> line{};
  if (::pipe(line.data()) != 0) return "no pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    std::string said;
    try {
      said = what();
    } catch (const std::exception& e) {
      said = e.what();
    }
    static_cast<void>(::write(line[1], said.data(), said.size()) < 0);
    ::_exit(0);
  }
  ::close(line[1]);
  std::string said;
  std::array<char, 4096> part{};
  for (ssize_t got = 0; (got = ::read(line[0], part.data(), part.size())) > 0;) {
    said.append(part.data(), static_cast<std::size_t>(got));
  }
  ::close(line[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) said += " killed by " + std::to_string(WTERMSIG(status));
  return said;
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return at;
}

using address_call = int (*)(int, const sockaddr*, socklen_t);

std::string with_port(address_call call, std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in at = loopback(port);
  sockaddr generic{};
  std::memcpy(&generic, &at, sizeof at);
  const auto said = outcome_of(call(fd, &generic, sizeof at));
  ::close(fd);
  return said;
}

std::string opened(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
  const auto said = outcome_of(fd);
  if (fd >= 0) ::close(fd);
  return said;
}

std::string put_in_force(const result<int>& landlock) {
  return landlock ? std::to_string(*landlock) : landlock.error().message;
}

class sandboxed : public ::testing::Test {
 protected:
  sandboxed() {
    std::string name = fs::temp_directory_path() / "sandbox-XXXXXX";
    folder = ::mkdtemp(name.data());
    fs::create_directories(data());
    std::ofstream(folder + "/secret") << "secret";
    std::ofstream(data() + "/store") << "store";
  }
  ~sandboxed() override { fs::remove_all(folder); }
  std::string data() const { return folder + "/data"; }

  sandbox::file_rules rules() const {
    sandbox::file_rules out;
    out.read = sandbox::system_files();
    out.write = {data()};
    out.write_files = {"/dev/null"};
    out.connect = false;
    return out;
  }
  /// The version in force, or skips the test: an older kernel, or a build with a sanitizer.
  int version() const {
    const auto said = in_child([this] { return put_in_force(sandbox::restrict_files(rules())); });
    return said.find_first_not_of("0123456789") == std::string::npos ? std::stoi(said) : -1;
  }

  std::string folder;
};

#define SKIP_WITHOUT_LANDLOCK(needed) \
  const int in_force = version();     \
  ASSERT_GE(in_force, 0);             \
  if (in_force >= (needed)) {         \
  } else /* NOLINT */                 \
    GTEST_SKIP() << "Landlock " << in_force

TEST_F(sandboxed, keeps_the_data_folder_and_nothing_else) {
  SKIP_WITHOUT_LANDLOCK(3);
  const auto said = in_child([this] {
    std::ostringstream out;
    static_cast<void>(sandbox::restrict_files(rules()).value());
    const std::string fresh = data() + "/fresh";
    out << opened(folder + "/secret", O_RDONLY) << ' '
        << opened(folder + "/new", O_WRONLY | O_CREAT) << ' ' << opened("/etc/passwd", O_RDONLY)
        << ' ' << opened("/etc/passwd", O_WRONLY) << ' ' << opened("/dev/null", O_WRONLY) << ' '
        << opened(data() + "/store", O_RDWR | O_TRUNC) << ' ' << opened(fresh, O_RDWR | O_CREAT)
        << ' ' << outcome_of(::rename(fresh.c_str(), (data() + "/moved").c_str())) << ' '
        << outcome_of(::unlink((data() + "/moved").c_str())) << ' '
        << outcome_of(::symlink("/etc", (data() + "/link").c_str())) << ' '
        << outcome_of(::execl("/bin/true", "true", nullptr));
    return out.str();
  });
  EXPECT_EQ(said, "EACCES EACCES fine EACCES fine fine fine fine fine EACCES EACCES");
}

TEST_F(sandboxed, binds_its_ports_and_connects_to_none) {
  SKIP_WITHOUT_LANDLOCK(4);
  const auto said = in_child([this] {
    auto own = rules();
    own.bind_tcp = {0};
    static_cast<void>(sandbox::restrict_files(own).value());
    return with_port(::bind, 0) + ' ' + with_port(::bind, 54321) + ' ' +
           with_port(::connect, 54321);
  });
  EXPECT_EQ(said, "fine EACCES EACCES");
}

TEST_F(sandboxed, sends_no_signal_to_other_processes) {
  SKIP_WITHOUT_LANDLOCK(6);
  const pid_t parent = ::getpid();
  const auto said = in_child([this, parent] {
    static_cast<void>(sandbox::restrict_files(rules()).value());
    return outcome_of(::kill(parent, 0)) + ' ' + outcome_of(::kill(::getpid(), 0));
  });
  EXPECT_EQ(said, "EPERM fine");
}

TEST_F(sandboxed, a_certificate_can_be_renewed_behind_its_link) {
  SKIP_WITHOUT_LANDLOCK(1);
  // As certbot lays them out: live/x.pem leads to archive/x1.pem, then to archive/x2.pem.
  fs::create_directories(folder + "/live");
  fs::create_directories(folder + "/archive");
  std::ofstream(folder + "/archive/x1.pem") << "one";
  const std::string link = folder + "/live/x.pem";
  fs::create_symlink(folder + "/archive/x1.pem", link);
  app::config settings;
  settings.certificate_file = settings.key_file = link;
  app::node_options options;
  options.folder = data();
  const auto said = in_child([&] {
    // The child renews first: it may not under the rules.
    const auto wanted = app::files_for_serving(settings, options);
    std::ofstream(folder + "/archive/x2.pem") << "two";
    static_cast<void>(sandbox::restrict_files(wanted).value());
    return opened(folder + "/archive/x2.pem", O_RDONLY) + ' ' + opened(link, O_RDONLY) + ' ' +
           opened(link, O_WRONLY) + ' ' + opened(folder + "/secret", O_RDONLY);
  });
  EXPECT_EQ(said, "fine fine EACCES EACCES");
}

TEST_F(sandboxed, restricts_system_calls) {
  const auto probe =
      in_child([] { return std::string(sandbox::restrict_calls().value() ? "on" : "off"); });
  ASSERT_THAT(probe, ::testing::AnyOf("on", "off"));
  if (probe == "off") GTEST_SKIP() << "no seccomp in this kernel or build";
  const auto said = in_child([] {
    std::ostringstream wrong;
    const auto expect = [&wrong](const char* name, const std::string& want, long answer) {
      const auto got = outcome_of(answer);
      if (got != want) wrong << name << ": " << got << "; ";
    };
    const int listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    static_cast<void>(sandbox::restrict_calls().value());
    const std::array<char*, 1> none{nullptr};
    expect("execve", "EPERM", ::execve("/bin/true", none.data(), none.data()));
    expect("fork", "EPERM", ::fork());
    expect("vfork", "EPERM", ::syscall(SYS_vfork));
    expect("clone", "EPERM", ::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
    expect("ptrace", "EPERM", ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr));
    expect("mount", "EPERM", ::mount("none", "/tmp", "tmpfs", 0, nullptr));
    expect("unshare", "EPERM", ::syscall(SYS_unshare, 0x10000000));
    expect("setns", "EPERM", ::syscall(SYS_setns, 0, 0));
    expect("bpf", "EPERM", ::syscall(SYS_bpf, 0, nullptr, 0));
    expect("io_uring_setup", "EPERM", ::syscall(SYS_io_uring_setup, 1, nullptr));
    expect("process_vm_readv", "EPERM",
           ::syscall(SYS_process_vm_readv, ::getppid(), 0, 0, 0, 0, 0));
    expect("keyctl", "EPERM", ::syscall(SYS_keyctl, 0, 0, 0, 0, 0));
    expect("userfaultfd", "EPERM", ::syscall(SYS_userfaultfd, 0));
    expect("kill", "EPERM", ::kill(::getppid(), 0));
    expect("tgkill", "EPERM", ::syscall(SYS_tgkill, ::getppid(), ::getppid(), 0));
    expect("listen", "EPERM", ::listen(listening, 1));
    expect("chroot", "EPERM", ::chroot("/"));
    expect("setuid", "EPERM", ::syscall(SYS_setuid, 0));
    expect("symlink", "EPERM", ::symlink("/etc", "/nowhere/x"));
    expect("dumpable", "EPERM", ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
    rlimit limit{.rlim_cur = 10, .rlim_max = 10};
    expect("setrlimit", "EPERM", ::setrlimit(RLIMIT_NOFILE, &limit));
    expect("getrlimit", "fine", ::getrlimit(RLIMIT_NOFILE, &limit));
    const auto map = [](int protection) {
      void* at = ::mmap(nullptr, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      return at == MAP_FAILED ? -1 : 0;
    };
    expect("mmap", "fine", map(PROT_READ | PROT_WRITE));
    expect("writable and executable", "EPERM", map(PROT_WRITE | PROT_EXEC));
    void* page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect("executable later", "EPERM", ::mprotect(page, 4096, PROT_READ | PROT_EXEC));
    // What serving goes on to need.
    std::atomic<int> ran{0};
    std::thread([&ran] { ran = 1; }).join();
    expect("thread", "fine", ran == 1 ? 0 : -1);
    std::array<char, 16> random{};
    expect("getrandom", "fine", ::syscall(SYS_getrandom, random.data(), random.size(), 0));
    expect("socket", "fine", ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    expect("open", "fine", ::open("/etc/passwd", O_RDONLY | O_CLOEXEC));
    return wrong.str().empty() ? std::string("as it should be") : wrong.str();
  });
  EXPECT_EQ(said, "as it should be");
}

TEST_F(sandboxed, restricts_threads_that_run_already) {
  const auto said = in_child([] {
    std::atomic<bool> on{false};
    std::string of_thread;
    std::thread earlier([&] {
      while (!on) std::this_thread::yield();
      of_thread = outcome_of(::fork());
    });
    const bool calls = sandbox::restrict_calls().value();
    on = true;
    earlier.join();
    return calls ? of_thread : std::string("off");
  });
  if (said == "off") GTEST_SKIP() << "no seccomp in this kernel or build";
  EXPECT_EQ(said, "EPERM");
}

}  // namespace
}  // namespace autocusto
