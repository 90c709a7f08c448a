// sync: once, or watching until stopped.

#include <algorithm>
#include <atomic>
#include <csignal>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "client/cli/app.hpp"
#include "client/cli/text.hpp"
#include "client/replica/edit/editor.hpp"
#include "client/replica/identity/identity_store.hpp"
#include "client/replica/read/reader.hpp"
#include "client/replica/sync/sync_store.hpp"
#include "client/sync/enrollment.hpp"
#include "client/sync/sync_runner.hpp"
#include "client/transport/remote.hpp"
#include "shared/cli/terminal.hpp"
#include "shared/crypto/random.hpp"

namespace autocusto::cli {
namespace {

using nlohmann::json;

/// The running runner, for the signal handler; null while none runs.
std::atomic<engine::sync_runner*> g_running{nullptr};

void on_signal(int /*number*/) {
  if (engine::sync_runner* running = g_running.load(); running != nullptr) running->stop();
}

/// While it lives, SIGINT and SIGTERM end the sync gently: what was received is kept.
class gentle_end {
 public:
  explicit gentle_end(engine::sync_runner& running) {
    g_running = &running;
    std::signal(SIGINT, on_signal);
    std::signal(SIGTERM, on_signal);
  }
  ~gentle_end() {
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
    g_running = nullptr;
  }
  gentle_end(const gentle_end&) = delete;
  gentle_end& operator=(const gentle_end&) = delete;
};

const char* phase_label(engine::phase what) {
  switch (what) {
    case engine::phase::connecting:
      return tr("Connecting");
    case engine::phase::pushing:
      return tr("Sending");
    case engine::phase::pulling:
      return tr("Receiving");
    case engine::phase::watching:
      return tr("Up to date, watching");
    case engine::phase::waiting:
      return tr("Waiting to try again");
  }
  return "";
}

json result_json(const engine::counts& c, std::int64_t conflicts, std::int64_t handed_over) {
  return {{"pushed", c.pushed},        {"accepted", c.accepted}, {"duplicates", c.duplicates},
          {"siblings", c.siblings},    {"merged", c.merged},     {"restored", c.restored},
          {"refused", c.refused},      {"pulled", c.pulled},     {"conflicts", conflicts},
          {"handed_over", handed_over}};
}

std::string result_text(const engine::counts& c, std::int64_t conflicts, std::int64_t handed_over) {
  std::string out = fmt::format(fmt::runtime(tr("Sent {0}, received {1}.\n")), c.pushed, c.pulled);
  if (c.merged > 0) {
    out += fmt::format(fmt::runtime(tr("Merged with other edits: {}.\n")), c.merged);
  }
  if (c.refused > handed_over) {
    out +=
        fmt::format(fmt::runtime(tr("Refused by the server: {}; see `autocusto refused list`.\n")),
                    c.refused - handed_over);
  }
  if (handed_over > 0) {
    out += fmt::format(fmt::runtime(tr("Edits of records that were taken from you: {}; they are "
                                       "kept for the administrator.\n")),
                       handed_over);
  }
  if (conflicts > 0) {
    out += fmt::format(fmt::runtime(tr("Conflicts to resolve: {}; see `autocusto conflicts`.\n")),
                       conflicts);
  }
  return out;
}

/// The notices, which are forgotten once they are told.
std::vector<replica::notice> told(replica::replica_store& replica) {
  auto notices = replica.read().notices();
  if (!notices.empty() && !replica.edit().forget_notices()) return {};
  return notices;
}

int finish(const app& a, const engine::run_result& run, bool watch, std::int64_t handed_over,
           const std::vector<replica::notice>& notices,
           std::optional<std::int64_t> clock_ahead = std::nullopt, bool catalogue_refused = false) {
  const auto& totals = run.how.totals;
  json listed = json::array();
  std::string sentences;
  for (const auto& notice : notices) {
    listed.push_back(notice_json(notice));
    sentences += notice_text(notice);
  }
  sentences += clock_text(clock_ahead);
  if (catalogue_refused) sentences += refused_catalogue_text();
  if (run.how.why && !(watch && run.how.why->code == errc::unreachable)) {
    if (!a.json && totals.pushed + totals.pulled > 0) {
      a.done({}, result_text(totals, run.conflicts, handed_over) + sentences);
    }
    return a.fail(*run.how.why);
  }
  json object = result_json(totals, run.conflicts, handed_over);
  object["notices"] = std::move(listed);
  object["catalogue_refused"] = catalogue_refused;
  object["clock_ahead_seconds"] = clock_ahead ? json(*clock_ahead) : json(nullptr);
  a.done(object, result_text(totals, run.conflicts, handed_over) + sentences);
  return totals.refused > 0 ? exit_code(errc::invalid_field) : 0;
}

int sync(const app& a, bool watch) {
  auto replica = a.open_enrolled();
  if (!replica) return a.fail(replica.error());
  auto address = engine::address_of((*replica)->identity());
  if (!address) return a.fail(address.error());
  transport::remote server(*address);
  auto port = (*replica)->sync();
  engine::sync_runner runner(port, server, crypto::system_random());
  progress bar(!a.json);
  engine::run_options options;
  options.watch = watch;
  options.on_progress = [&bar](const engine::progress& p) {
    bar.show(phase_label(p.what), p.done, p.total);
  };
  options.on_round = [&a, &bar](const std::optional<error>& why) {
    if (!why || a.json) return;
    bar.clear();
    a.fail(*why);
  };
  const auto listed = [&replica] {
    return static_cast<std::int64_t>((*replica)->read().refused().size());
  };
  const std::int64_t listed_before = listed();
  engine::run_result run;
  {
    const gentle_end signals(runner);
    run = runner.run(options);
  }
  bar.clear();
  // An erased laptop has no list: all that was refused was handed over.
  const std::int64_t refused = run.how.totals.refused;
  if (run.how.wiped) return finish(a, run, watch, refused, {});
  // What was refused and is not in the list was of a record that was taken away: it is erased here.
  const auto handed_over =
      std::clamp<std::int64_t>(refused - (listed() - listed_before), 0, refused);
  return finish(a, run, watch, handed_over, told(**replica),
                (*replica)->identity().clock_difference(),
                (*replica)->read().status().catalogue_refused);
}

}  // namespace

void add_sync_command(CLI::App& parser, app& a) {
  const auto watch = std::make_shared<bool>(false);
  auto* command = parser.add_subcommand("sync", tr("Sends what waits and fetches what is new"));
  command->add_flag("--watch", *watch, tr("Go on until stopped, exchanging changes as they come"));
  command->final_callback([&a, watch] { a.action = [&a, watch] { return sync(a, *watch); }; });
}

}  // namespace autocusto::cli
