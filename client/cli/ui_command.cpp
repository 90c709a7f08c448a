// ui: serves the doctor's page and opens it in the browser.

#include <array>
#include <atomic>
#include <csignal>

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
#include "shared/crypto/random.hpp"

extern char** environ;

namespace autocusto::cli {
namespace {

struct ui_options {
  std::uint16_t port = 0;
  bool no_open = false;
};

/// The running server, for the signal handler; null while none runs.
std::atomic<web::page_server*> g_page{nullptr};

void on_page_signal(int /*number*/) {
  if (web::page_server* running = g_page.load(); running != nullptr) running->request_stop();
}

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "laptop";
  return name.data();
}

/// Hands the link to the desktop's browser; false when there is no such program.
bool open_browser(const std::string& link) {
  std::string program = "xdg-open";
  std::string target = link;
  std::array<char*, 3> argv{program.data(), target.data(), nullptr};
  pid_t child = 0;
  if (::posix_spawnp(&child, program.c_str(), nullptr, nullptr, argv.data(), environ) != 0) {
    return false;
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int tell(const app& a, const std::string& link, bool running_already) {
  const std::string text =
      fmt::format(fmt::runtime(tr("AutoCusto is open at {}\nThe link works once. Close this window "
                                  "or press Ctrl+C to end.\n")),
                  link);
  const int done = a.done({{"url", link}, {"already_running", running_already}}, text);
  std::fflush(stdout);
  return done;
}

int ui(const app& a, const ui_options& o) {
  if (!web::has_page()) {
    return a.fail(fail(errc::usage,
                       "This program was built without the page (-DAUTOCUSTO_WEB=OFF). Use the "
                       "commands (`autocusto --help`), or install a build that has it."));
  }
  // A second start of the same profile shows the page that is running already.
  if (const auto link = web::link_of_running_page(a.home)) {
    const int done = tell(a, *link, true);
    if (!o.no_open) open_browser(*link);
    return done;
  }
  speak_both_languages();
  web::page_options options;
  options.home = a.home;
  options.port = o.port;
  options.version = AUTOCUSTO_VERSION;
  options.device_name = host_name();
  options.translate = [](const error& e, std::string_view kind, bool portuguese_wanted) {
    return translate(e, kind, portuguese_wanted);
  };
  const replica::environment env{system_clock_source(), crypto::system_random()};
  auto server = web::page_server::start(std::move(options), env);
  if (!server) return a.fail(server.error());
  g_page = server->get();
  std::signal(SIGINT, on_page_signal);
  std::signal(SIGTERM, on_page_signal);
  std::signal(SIGHUP, on_page_signal);
  const auto link = (*server)->start_link();
  tell(a, link, false);
  if (!o.no_open && !open_browser(link)) {
    a.fail(fail(errc::usage, "No browser could be opened; open the link above in one."));
  }
  (*server)->wait();
  g_page = nullptr;
  return 0;
}

}  // namespace

void add_ui_command(CLI::App& parser, app& a) {
  const auto o = std::make_shared<ui_options>();
  auto* command = parser.add_subcommand("ui", tr("Opens the page in the browser"));
  command->add_option("--port", o->port, tr("The page's port on this laptop; any free one if 0"));
  command->add_flag("--no-open", o->no_open, tr("Print the link instead of opening a browser"));
  command->final_callback([&a, o] { a.action = [&a, o] { return ui(a, *o); }; });
}

}  // namespace autocusto::cli
