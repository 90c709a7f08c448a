#pragma once
// What the endpoints of the server are made from, gathered by whoever wires a server together.
//
// Everything is referred to, nothing owned; all of it must outlive the endpoints, and all of it may
// be used from any thread. Handlers of other parts (the administrator's) get the same context and
// hand back lines for the same table (route.hpp).

#include <functional>
#include <string>

#include "server/auth/keys.hpp"
#include "server/auth/rate_limit.hpp"
#include "server/limits/guards.hpp"
#include "server/store/database.hpp"
#include "server/store/journal_entry.hpp"
#include "shared/base/clock.hpp"

namespace autocusto::sync {
class push_service;
class changes_service;
class wait_hub;
}  // namespace autocusto::sync

namespace autocusto::api {

class event_log;
class metrics;

struct context {
  store::database& database;
  const auth::server_keys& keys;
  const clock_source& clock;
  random_source& random;
  event_log& log;
  api::metrics& counts;
  auth::failure_limit& enrollment_limit;
  autocusto::limits::guards& limits;
  sync::push_service& pushes;
  sync::changes_service& changes;
  sync::wait_hub& waits;
  /// The enrollment link for a code: this server's public name and port, and the pin.
  std::function<std::string(const std::string& code)> link;
  /// Appends an act that was committed to this process's journal, before it is answered. Throws
  /// error_exception (unavailable) when it cannot: the act is then done by asking again.
  std::function<void(const store::journal_entry&)> journal;
  /// Does what the journal has and the database lacks, after a sign that the database went back.
  /// Whether that was anything.
  std::function<bool()> catch_up;
  /// Whether requests are welcome: database reachable, schema current, not stopping. Else why not,
  /// in one word.
  std::function<std::string()> not_ready;
  /// Until when codes of an earlier release may be open (auth/code.hpp).
  unix_millis plain_codes_until = 0;
};

}  // namespace autocusto::api
