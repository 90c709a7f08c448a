#pragma once
// What one process of a real_server has in memory, wired together as the server's node does it, and
// the journal that it keeps on its own disk. Owned by the real_server; one thread.

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "server/admin/routes.hpp"
#include "server/api/endpoints.hpp"
#include "server/api/event_log.hpp"
#include "server/api/metrics.hpp"
#include "server/sync/changes_service.hpp"
#include "server/sync/journal.hpp"
#include "server/sync/push_service.hpp"
#include "server/sync/wait_hub.hpp"
#include "tests/simulation/real_server.hpp"

namespace autocusto::simulation {

inline sync::sync_keys refer_to(const auth::server_keys& keys) {
  return {.server = keys.server,
          .tenant_key = keys.tenant_key.view(),
          .server_secret = keys.server_secret.view(),
          .signing = &keys.signing};
}

/// The file of a journal, on a disk that does not fail.
class real_server::journal_disk final : public sync::journal_file {
 public:
  std::vector<std::string> lines() override { return text; }
  result<void> append(const std::string& line) override {
    text.push_back(line);
    return {};
  }
  std::vector<std::string> text;
};

/// What a server process has in memory.
struct real_server::process {
  process(real_server& of, sync::journal_file& file)
      : clock(of.clock_),
        database(of.database_.get()),
        log(of.clock_, &of.log_),
        keys(refer_to(of.keys_)),
        acts(file, keys, of.random_),
        pushes(*database, keys, of.clock_, of.random_),
        changes(*database, keys),
        waits(*database),
        context{.database = *database,
                .keys = of.keys_,
                .clock = of.clock_,
                .random = of.random_,
                .log = log,
                .counts = counts,
                .enrollment_limit = enrollment_limit,
                .limits = limits,
                .pushes = pushes,
                .changes = changes,
                .waits = waits,
                .link = [](const std::string& code) { return code; },
                .journal =
                    [this](const store::journal_entry& entry) {
                      if (!acts.note(entry)) throw std::logic_error("the journal took no line");
                    },
                .catch_up = [this] { return catch_up() > 0; },
                .not_ready = [] { return std::string(); }} {
    auto table = api::core_routes(context);
    for (auto& line : admin::routes(context)) table.push_back(std::move(line));
    endpoints = api::make_endpoints(context, std::move(table));
  }
  ~process() { waits.stop(); }
  std::size_t catch_up() { return acts.apply(*database, clock.now()); }

  const clock_source& clock;
  store::database* database;
  api::event_log log;
  api::metrics counts;
  auth::failure_limit enrollment_limit;
  /// The plan's clock stands still while thousands of requests are made.
  autocusto::limits::guards limits{autocusto::limits::no_limits()};
  sync::sync_keys keys;
  sync::journal acts;
  sync::push_service pushes;
  sync::changes_service changes;
  sync::wait_hub waits;
  api::context context;
  std::vector<http::endpoint> endpoints;
};

}  // namespace autocusto::simulation
