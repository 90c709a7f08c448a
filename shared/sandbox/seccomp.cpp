#include <cerrno>
#include <memory>
#include <span>
#include <system_error>

#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "shared/sandbox/sandbox.hpp"

namespace autocusto::sandbox {

#ifdef AUTOCUSTO_WITHOUT_SANDBOX
result<bool> restrict_calls() {
  return false;
}
#else

namespace {

// Everything that is not named here fails with EPERM. Names, since libseccomp knows their numbers
// on each machine; one that a machine does not have is passed over.
constexpr const char* k_files[] = {"read",       "write",      "readv",     "writev",
                                   "pread64",    "pwrite64",   "preadv",    "pwritev",
                                   "preadv2",    "pwritev2",   "close",     "close_range",
                                   "lseek",      "fsync",      "fdatasync", "sync_file_range",
                                   "ftruncate",  "fallocate",  "fadvise64", "sendfile",
                                   "open",       "openat",     "stat",      "fstat",
                                   "lstat",      "newfstatat", "statx",     "access",
                                   "faccessat",  "faccessat2", "readlink",  "readlinkat",
                                   "getdents64", "getcwd",     "rename",    "renameat",
                                   "renameat2",  "unlink",     "unlinkat",  "mkdir",
                                   "mkdirat",    "fchmod",     "fchown",    "umask",
                                   "statfs",     "fstatfs",    "flock",     "fcntl",
                                   "dup",        "dup2",       "dup3",      "pipe",
                                   "pipe2"};
constexpr const char* k_waiting[] = {
    "poll",      "ppoll",        "select",         "pselect6",        "epoll_create1",
    "epoll_ctl", "epoll_wait",   "epoll_pwait",    "epoll_pwait2",    "eventfd2",
    "eventfd",   "epoll_create", "timerfd_create", "timerfd_settime", "timerfd_gettime"};
constexpr const char* k_connections[] = {"socket",     "socketpair",  "connect",     "accept",
                                         "accept4",    "getsockname", "getpeername", "setsockopt",
                                         "getsockopt", "sendto",      "recvfrom",    "sendmsg",
                                         "recvmsg",    "sendmmsg",    "recvmmsg",    "shutdown"};
constexpr const char* k_memory_and_threads[] = {"munmap",
                                                "mremap",
                                                "madvise",
                                                "brk",
                                                "mlock",
                                                "munlock",
                                                "membarrier",
                                                "set_robust_list",
                                                "get_robust_list",
                                                "rseq",
                                                "set_tid_address",
                                                "futex",
                                                "futex_waitv",
                                                "sched_yield",
                                                "sched_getaffinity",
                                                "sched_getparam",
                                                "sched_getscheduler",
                                                "getcpu",
                                                "exit",
                                                "exit_group",
                                                "restart_syscall"};
constexpr const char* k_about_itself[] = {
    "gettid",        "getpid",          "getppid",      "getuid",
    "geteuid",       "getgid",          "getegid",      "getresuid",
    "getresgid",     "getgroups",       "getrlimit",    "getrusage",
    "rt_sigaction",  "rt_sigprocmask",  "rt_sigreturn", "rt_sigtimedwait",
    "rt_sigpending", "rt_sigsuspend",   "sigaltstack",  "pause",
    "sysinfo",       "uname",           "getrandom",    "clock_gettime",
    "clock_getres",  "clock_nanosleep", "nanosleep",    "gettimeofday",
    "time",          "times",           "wait4"};  // for a child of before

constexpr int k_vma_name = 0x53564d41;  // PR_SET_VMA: the C library names its own memory

struct release {
  void operator()(void* filter) const noexcept { seccomp_release(filter); }
};

class call_filter {
 public:
  call_filter() : filter_(seccomp_init(SCMP_ACT_ERRNO(EPERM))) {}

  void allow(std::span<const char* const> names) {
    for (const char* name : names) allow_if(name, {});
  }
  /// Allowed when all comparisons hold; several calls for one name are alternatives.
  void allow_if(const char* name, std::span<const scmp_arg_cmp> when) {
    add(SCMP_ACT_ALLOW, name, when);
  }
  void refuse(const char* name, int number) {
    add(SCMP_ACT_ERRNO(static_cast<std::uint32_t>(number)), name, {});
  }
  /// 0, or a negative number of an error.
  int load() {
    if (!filter_) return -ENOMEM;
    if (failed_ != 0) return failed_;
    // For all threads, those that run already too.
    if (const int code = seccomp_attr_set(filter_.get(), SCMP_FLTATR_CTL_TSYNC, 1); code != 0)
      return code;
    return seccomp_load(filter_.get());
  }

 private:
  void add(std::uint32_t action, const char* name, std::span<const scmp_arg_cmp> when) {
    if (!filter_ || failed_ != 0) return;
    const int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR) return;
    failed_ = seccomp_rule_add_array(filter_.get(), action, number,
                                     static_cast<unsigned>(when.size()), when.data());
  }

  std::unique_ptr<void, release> filter_;
  int failed_ = 0;
};

scmp_arg_cmp equal(unsigned argument, std::uint64_t value) {
  return {.arg = argument, .op = SCMP_CMP_EQ, .datum_a = value, .datum_b = 0};
}
/// Whether these bits, and no others of the mask, are set.
scmp_arg_cmp masked(unsigned argument, std::uint64_t mask, std::uint64_t value) {
  return {.arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value};
}

/// Calls that are needed with some arguments only.
void allow_parts(call_filter& to) {
  const auto one = [&to](const char* name, scmp_arg_cmp when) {
    to.allow_if(name, std::span(&when, 1));
  };
  // Threads, not processes. clone3 keeps its flags where a filter cannot see them; the C library
  // falls back to clone.
  one("clone", masked(0, CLONE_THREAD, CLONE_THREAD));
  to.refuse("clone3", ENOSYS);
  // Never writable and executable at once, nor executable afterwards.
  constexpr std::uint64_t both = PROT_WRITE | PROT_EXEC;
  for (const std::uint64_t some :
       {std::uint64_t{0}, std::uint64_t{PROT_WRITE}, std::uint64_t{PROT_EXEC}}) {
    one("mmap", masked(2, both, some));
  }
  one("mprotect", masked(2, PROT_EXEC, 0));
  for (const int what : {FIONBIO, FIONREAD, FIOCLEX, TCGETS, TIOCGWINSZ})
    one("ioctl", equal(1, static_cast<std::uint64_t>(what)));
  for (const int what : {PR_SET_NAME, PR_GET_NAME, k_vma_name, PR_GET_DUMPABLE}) {
    one("prctl", equal(0, static_cast<std::uint64_t>(what)));
  }
  // Signals to itself only.
  one("tgkill", equal(0, static_cast<std::uint64_t>(::getpid())));
  // Limits are asked, not set.
  const scmp_arg_cmp asked[] = {equal(0, 0), equal(2, 0)};
  to.allow_if("prlimit64", asked);
}

}  // namespace

result<bool> restrict_calls() {
  if (::prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0) return false;
  call_filter filter;
  filter.allow(k_files);
  filter.allow(k_waiting);
  filter.allow(k_connections);
  filter.allow(k_memory_and_threads);
  filter.allow(k_about_itself);
  allow_parts(filter);
  if (const int code = filter.load(); code != 0) {
    errno = -code;
    return fail(errc::internal,
                "The system calls cannot be restricted; say --no-sandbox to do without.");
  }
  return true;
}

#endif

}  // namespace autocusto::sandbox
