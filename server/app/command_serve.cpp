#include <atomic>
#include <csignal>
#include <iostream>
#include <thread>

#include <malloc.h>
#include <nlohmann/json.hpp>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include "server/app/commands.hpp"
#include "server/app/confine.hpp"
#include "server/app/node.hpp"
#include "server/app/service_manager.hpp"
#include "shared/cli/terminal.hpp"

namespace autocusto::app {
namespace {

/// Exit status after a second signal, as a shell says it.
constexpr int k_interrupted = 130;

/// SIGTERM and SIGINT, taken from all threads (made before them) and given to one: the first asks
/// the node to stop, the second ends the process.
class signal_watch {
 public:
  signal_watch() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  }
  signal_watch(const signal_watch&) = delete;
  signal_watch& operator=(const signal_watch&) = delete;
  ~signal_watch() {
    ended_ = true;
    if (!thread_.joinable()) return;
    pthread_kill(thread_.native_handle(), SIGTERM);
    thread_.join();
  }

  void watch(node& served, service_manager& manager) {
    thread_ = std::thread([this, &served, &manager] { run(served, manager); });
  }

 private:
  void run(node& served, service_manager& manager) {
    int seen = 0;
    while (true) {
      int number = 0;
      if (sigwait(&signals_, &number) != 0) continue;
      if (ended_) return;
      if (++seen > 1) ::_exit(k_interrupted);
      manager.stopping();
      served.request_stop();
    }
  }

  sigset_t signals_{};
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

/// Every thread that answers requests would otherwise get a heap of its own from the C library and
/// keep there what its largest push needed: memory in proportion to threads, not to work. Before
/// any thread is made.
void share_heaps() {
#ifdef __GLIBC__
  mallopt(M_ARENA_MAX, 2);
#endif
}

/// Every connection takes a file descriptor; the usual soft limit is for a thousand.
void allow_connections() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == files.rlim_max) return;
  files.rlim_cur = files.rlim_max;
  // Where this is refused the limit stays as it was, and later connections wait.
  static_cast<void>(::setrlimit(RLIMIT_NOFILE, &files));
}

void announce(const node& served, bool json) {
  const std::string at = listen_text(served.address());
  const auto metrics = served.metrics_address();
  if (json) {
    nlohmann::json line{{"listening", at}};
    if (metrics) line["metrics"] = listen_text(*metrics);
    std::cout << line.dump() << std::endl;
    return;
  }
  std::cout << "listening on " << at << std::endl;
  if (metrics) std::cout << "metrics on " << listen_text(*metrics) << std::endl;
}

}  // namespace

result<void> run_serve(const common_options& common, const serve_options& options) {
  node_options wanted;
  wanted.folder = common.data;
  if (!options.listen.empty()) {
    const auto at = parse_listen(options.listen);
    if (!at) return at.error();
    wanted.listen = *at;
  }
  if (!options.metrics.empty()) {
    const auto at = parse_listen(options.metrics);
    if (!at) return at.error();
    wanted.metrics = *at;
  }
  service_manager manager(take_service_wishes());
  share_heaps();
  allow_connections();
  confinement confined(!options.no_sandbox);
  if (auto done = confined.before_threads(wanted); !done) return done;
  signal_watch signals;
  auto served = node::start(wanted);
  if (!served) return served.error();
  signals.watch(**served, manager);
  if (auto done = confined.when_ready(); !done) return done;
  confined.tell();
  announce(**served, common.json);
  manager.ready();
  manager.watch([&node = **served](auto within) { return node.answers(within); });
  (*served)->wait();
  manager.end_watch();
  return {};
}

}  // namespace autocusto::app
