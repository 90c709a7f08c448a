// ui: serves the doctor's page and opens it in the browser.

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <optional>
#include <thread>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/cli/app.hpp"
#include "client/cli/text.hpp"
#include "client/web/page_server.hpp"
#include "client/web/running_page.hpp"
#include "shared/base/version.hpp"
#include "shared/crypto/random.hpp"
#include "shared/sandbox/sandbox.hpp"

extern char** environ;

namespace autocusto::cli {
namespace {

struct ui_options {
  std::uint16_t port = 0;
  bool no_open = false;
  bool no_sandbox = false;
};

/// The running server, for the signal handler; null while none runs.
std::atomic<web::page_server*> g_page{nullptr};

/// Whether a signal has asked for the end.
std::atomic<bool> g_stopped{false};

void on_page_signal(int /*number*/) {
  g_stopped = true;
  if (web::page_server* running = g_page.load(); running != nullptr) running->request_stop();
}

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "laptop";
  return name.data();
}

/// After this time without a request of a browser, the terminal says how to open the link by hand.
constexpr std::chrono::seconds k_browser_patience{20};
/// A page that is being started or ended has its lock but answers nobody.
constexpr std::chrono::milliseconds k_between{100};
constexpr int k_most_asked = 30;

/// The program that shows a file in the desktop's browser. Some do not end before the browser does,
/// so nothing waits for their end.
class browser_starter {
 public:
  /// The link itself must not stand on a command line, which everybody on the machine may read.
  explicit browser_starter(const std::string& file) {
    std::string program = "xdg-open";
    std::string target = file;
    std::array<char*, 3> argv{program.data(), target.data(), nullptr};
    if (file.empty() ||
        ::posix_spawnp(&child_, program.c_str(), nullptr, nullptr, argv.data(), environ) != 0) {
      failed_ = true;
    }
  }

  /// Whether it is missing or has ended without success by now.
  bool failed() {
    int status = 0;
    if (child_ > 0 && ::waitpid(child_, &status, WNOHANG) == child_) {
      child_ = 0;
      failed_ = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
    }
    return failed_;
  }
  [[nodiscard]] bool runs() const { return child_ > 0; }

 private:
  pid_t child_ = 0;
  bool failed_ = false;
};

int tell(const app& a, const web::page_ticket& ticket, bool running_already) {
  std::string text = fmt::format(
      fmt::runtime(running_already
                       ? tr("AutoCusto is open already; this link opens it once more: {}\nIt works "
                            "once, within five minutes. The program that was started first goes "
                            "on, and this one has ended.\n")
                       : tr("AutoCusto is open at {}\nThe link works once, within five minutes. "
                            "Close this window or press Ctrl+C to end.\n")),
      ticket.link);
  text += fmt::format(
      fmt::runtime(tr("If the passphrase is forgotten, this word erases the laptop: {}\n")),
      ticket.wipe_word);
  const int done = a.done(
      {{"url", ticket.link}, {"already_running", running_already}, {"wipe_word", ticket.wipe_word}},
      text);
  std::fflush(stdout);
  return done;
}

error no_browser() {
  return fail(errc::usage, "No browser could be opened; open the link above in one.");
}

/// A second start of the same profile shows the page that is running already.
int show_running(const app& a, const ui_options& o, const web::page_ticket& ticket) {
  const int done = tell(a, ticket, true);
  if (o.no_open) return done;
  browser_starter starter(ticket.start_file);
  const auto until = std::chrono::steady_clock::now() + k_browser_patience;
  while (!starter.failed() && starter.runs() && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(k_between);
  }
  if (starter.failed()) a.fail(no_browser());
  return done;
}

/// Says in the terminal when no browser comes. Returns when one has entered, or after some time.
void watch_for_browser(const app& a, web::page_server& server, browser_starter& starter) {
  const auto until = std::chrono::steady_clock::now() + k_browser_patience;
  while (!server.was_entered(k_between)) {
    if (g_stopped.load()) return;
    if (starter.failed()) return static_cast<void>(a.fail(no_browser()));
    if (std::chrono::steady_clock::now() > until) {
      a.fail(fail(errc::usage,
                  "No browser has opened the page yet; one from a snap or flatpak may not read "
                  "this folder. Open the link above in it."));
      return;
    }
  }
}

int serve_page(const app& a, const ui_options& o, web::page_server& server) {
  g_page = &server;
  std::signal(SIGINT, on_page_signal);
  std::signal(SIGTERM, on_page_signal);
  std::signal(SIGHUP, on_page_signal);
  const auto ticket = server.ticket();
  tell(a, ticket, false);
  std::optional<browser_starter> starter;
  if (!o.no_open) starter.emplace(ticket.start_file);
  // The starter is another program by now; nothing else is started.
  if (!o.no_sandbox) {
    if (const auto confined = sandbox::restrict_calls(); !confined) return a.fail(confined.error());
  }
  if (starter) watch_for_browser(a, server, *starter);
  std::signal(SIGCHLD, SIG_IGN);  // a starter that ends later leaves nothing behind
  server.wait();
  g_page = nullptr;
  return 0;
}

int ui(const app& a, const ui_options& o) {
  if (!web::has_page()) {
    return a.fail(fail(errc::usage,
                       "This program was built without the page (-DAUTOCUSTO_WEB=OFF). Use the "
                       "commands (`autocusto --help`), or install a build that has it."));
  }
  speak_both_languages();
  web::page_options options;
  options.home = a.home;
  options.port = o.port;
  options.version = version_number();
  options.device_name = host_name();
  options.translate = [](const error& e, std::string_view kind, bool portuguese_wanted) {
    return translate(e, kind, portuguese_wanted);
  };
  const replica::environment env{system_clock_source(), crypto::system_random()};
  for (int asked = 1;; ++asked) {
    const auto running = web::ask_running_page(a.home);
    if (!running) return a.fail(running.error());
    if (*running) return show_running(a, o, **running);
    auto server = web::page_server::start(options, env);
    if (server) return serve_page(a, o, **server);
    if (server.error().code != errc::busy || asked == k_most_asked) return a.fail(server.error());
    std::this_thread::sleep_for(k_between);
  }
}

}  // namespace

void add_ui_command(CLI::App& parser, app& a) {
  const auto o = std::make_shared<ui_options>();
  auto* command = parser.add_subcommand("ui", tr("Opens the page in the browser"));
  command->add_option("--port", o->port, tr("The page's port on this laptop; any free one if 0"));
  command->add_flag("--no-open", o->no_open, tr("Print the link instead of opening a browser"));
  command->add_flag("--no-sandbox", o->no_sandbox,
                    tr("Keep system calls that the page's server does not need"));
  command->final_callback([&a, o] { a.action = [&a, o] { return ui(a, *o); }; });
}

}  // namespace autocusto::cli
