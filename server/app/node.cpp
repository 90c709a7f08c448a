#include "server/app/node.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <nlohmann/json.hpp>

#include "server/admin/routes.hpp"
#include "server/api/endpoints.hpp"
#include "server/api/event_log.hpp"
#include "server/api/metrics.hpp"
#include "server/app/acts_journal.hpp"
#include "server/app/admin_link.hpp"
#include "server/app/certificate.hpp"
#include "server/app/installation.hpp"
#include "server/app/told_time.hpp"
#include "server/auth/code.hpp"
#include "server/local/socket.hpp"
#include "server/store/audit.hpp"
#include "server/store/credentials.hpp"
#include "server/store/settings.hpp"
#include "server/sync/changes_service.hpp"
#include "server/sync/push_service.hpp"
#include "server/sync/wait_hub.hpp"
#include "shared/crypto/random.hpp"

namespace autocusto::app {
namespace {

constexpr std::chrono::hours k_housekeeping_every{1};
/// How often the database is compared with the journal, and how soon after a sign again.
constexpr std::chrono::minutes k_catch_up_every{1};
constexpr std::chrono::seconds k_catch_up_pause{1};
constexpr std::chrono::seconds k_schema_check_every{10};

sync::sync_keys refer_to(const auth::server_keys& keys) {
  return {.server = keys.server,
          .tenant_key = keys.tenant_key.view(),
          .server_secret = keys.server_secret.view(),
          .signing = &keys.signing,
          .retired = keys.retired};
}

/// A page of another site can make a browser on this machine ask by a name that it has pointed
/// here.
error not_by_that_name() {
  return fail(errc::forbidden,
              "The metrics are told under this machine's own address only; ask for "
              "http://127.0.0.1 or http://localhost with their port.");
}

}  // namespace

// Members are in the order of dependence: what is used later in the list is destroyed first.
class node::impl {
 public:
  impl(installation opened, const node_options& options)
      : home(std::move(opened)),
        clock(options.clock != nullptr ? *options.clock : system_clock_source()),
        random(options.random != nullptr ? *options.random : crypto::system_random()),
        log(clock, options.log),
        limits(home.settings.limits),
        sync_keys(refer_to(home.keys)),
        journal_lines(journal_path(home.folder)),
        acts(journal_lines, sync_keys, random),
        pushes(*home.database, sync_keys, clock, random),
        changes(*home.database, sync_keys),
        waits(*home.database),
        endpoints{.database = *home.database,
                  .keys = home.keys,
                  .clock = clock,
                  .random = random,
                  .log = log,
                  .counts = counts,
                  .enrollment_limit = enrollment_limit,
                  .limits = limits,
                  .pushes = pushes,
                  .changes = changes,
                  .waits = waits,
                  .link = [this](const std::string& code) { return link(code); },
                  .journal = [this](const store::journal_entry& entry) { journal(entry); },
                  .catch_up = [this] { return catch_up_soon(); },
                  .not_ready = [this] { return not_ready(); }},
        listen(options.listen.value_or(home.settings.listen)) {
    home.database->on_wake([this](const user_id& user) { waits.wake(user); });
  }
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  ~impl() {
    request_stop();
    wait();
    {
      const std::lock_guard lock(mutex);
      ended = true;
    }
    wake.notify_all();
    if (keeper.joinable()) keeper.join();
    tools_listener.reset();
    metrics_listener.reset();
    listener.reset();
    waits.stop();
    // Its threads may still wake the hub, which is destroyed after it.
    home.database.reset();
  }

  result<void> begin(const std::optional<listen_address>& metrics_at);
  void request_stop();
  void wait();
  void housekeeping();
  std::size_t catch_up();
  /// The one in use stays: a server that was running goes on, and starts again, without the files.
  void note_certificate(const error& problem) {
    log.write(api::log_level::warning, "certificate", {{"code", code_name(problem.code)}});
  }

  listen_address address() const { return {listen.address, listener->port()}; }

  installation home;
  const clock_source& clock;
  random_source& random;
  api::event_log log;
  api::metrics counts;
  auth::failure_limit enrollment_limit;
  autocusto::limits::guards limits;
  sync::sync_keys sync_keys;
  acts_journal journal_lines;
  sync::journal acts;
  sync::push_service pushes;
  sync::changes_service changes;
  sync::wait_hub waits;
  api::context endpoints;
  listen_address listen;
  listen_address metrics_listen;
  std::unique_ptr<http::server> listener;
  std::unique_ptr<http::server> metrics_listener;
  std::unique_ptr<local::listener> tools_listener;  ///< none on PostgreSQL

 private:
  http::server_options options_for(const listen_address& at);
  std::string link(const std::string& code) const;
  std::string not_ready();
  bool schema_is_current();
  std::string metrics_text();
  void keep();
  void renew_certificate();
  void watch_time();
  void keep_time();
  void chain_log();
  result<local::admin_link> admin_link(const std::string& email);
  void journal(const store::journal_entry& entry);
  bool catch_up_soon();

  std::atomic<unix_millis> time_ahead{0};  ///< by how much the latest time told is in the future
  std::mutex catch_up_mutex;
  std::optional<std::chrono::steady_clock::time_point> caught_up;
  std::atomic<bool> stopping{false};
  std::mutex schema_mutex;
  std::optional<std::chrono::steady_clock::time_point> schema_checked;
  bool schema_good = false;
  std::mutex mutex;
  std::condition_variable wake;
  bool ended = false;
  std::thread keeper;
};

http::server_options node::impl::options_for(const listen_address& at) {
  http::server_options options;
  options.address = at.address;
  options.port = at.port;
  options.on_error = [this](std::string_view request_id, std::string_view /*what*/) {
    // What broke may quote what somebody sent; handlers log their own failures in safe words.
    log.write(api::log_level::error, "http", {{"request_id", request_id}});
  };
  return options;
}

result<void> node::impl::begin(const std::optional<listen_address>& metrics_at) {
  if (acts.skipped() > 0) {
    log.write(api::log_level::warning, "journal", {{"skipped", acts.skipped()}});
  }
  // Before anybody is let in: a database that went back knows no revocations since.
  catch_up();
  chain_log();
  watch_time();
  endpoints.plain_codes_until = auth::plain_codes_until(*home.database, clock.now());
  auto options = options_for(listen);
  options.certificate_chain = home.keys.leaf.certificate;
  options.private_key = home.keys.leaf.private_key;
  options.workers = static_cast<std::size_t>(home.settings.workers);
  options.max_connections_per_address =
      static_cast<std::size_t>(home.settings.limits.connections.address);
  options.max_unowned_per_address =
      static_cast<std::size_t>(home.settings.limits.connections_without_token.address);
  options.on_access = [this](const http::access_record& done) {
    counts.request(done);
    log.request(done);
  };
  auto table = api::core_routes(endpoints);
  for (auto& line : admin::routes(endpoints)) table.push_back(std::move(line));
  auto started =
      http::server::start(std::move(options), api::make_endpoints(endpoints, std::move(table)));
  if (!started) return started.error();
  listener = std::move(*started);
  if (home.settings.embedded()) {
    auto tools = local::listener::start(
        home.folder, *home.database,
        [this](errc code) {
          log.write(api::log_level::error, "tool", {{"code", code_name(code)}});
        },
        [this](const std::string& email) { return admin_link(email); });
    if (!tools) return tools.error();
    tools_listener = std::move(*tools);
  }

  if (metrics_at) {
    metrics_listen = *metrics_at;
    http::endpoint page;
    page.method = "GET";
    page.path = "/metrics";
    page.handler = http::blocking_handler([this](const http::request& asked) {
      return api::guarded(endpoints, asked, [this, &asked] {
        const auto host = http::find_header(asked.headers, "host");
        if (!host || !names_loopback(*host)) return api::problem(not_by_that_name(), asked);
        http::response answer;
        answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
        answer.body = metrics_text();
        return answer;
      });
    });
    auto plain = options_for(*metrics_at);
    plain.workers = 1;
    auto metrics_started = http::server::start(std::move(plain), {std::move(page)});
    if (!metrics_started) return metrics_started.error();
    metrics_listener = std::move(*metrics_started);
    metrics_listen.port = metrics_listener->port();
  }
  keeper = std::thread([this] { keep(); });
  log.write(api::log_level::info, "started", {{"port", listener->port()}});
  return {};
}

std::string node::impl::link(const std::string& code) const {
  return auth::enrollment_link(home.keys, home.settings.names.front(), home.settings.port, code);
}

std::string node::impl::not_ready() {
  if (stopping) return "stopping";
  if (!home.database->healthy()) return "database unreachable";
  return schema_is_current() ? std::string{} : "schema not current";
}

/// Asked of the database once in a while only: it takes a connection of its own there, and probes
/// come every second.
bool node::impl::schema_is_current() {
  const std::lock_guard lock(schema_mutex);
  const auto now = std::chrono::steady_clock::now();
  if (!schema_checked || now - *schema_checked > k_schema_check_every) {
    schema_good = check_schema(*home.database).has_value();
    schema_checked = now;
  }
  return schema_good;
}

std::string node::impl::metrics_text() {
  api::gauges now;
  if (listener) now.http = listener->stats();
  now.database = home.database->metrics();
  now.pushes = &pushes.counters();
  now.long_polls = waits.waiting();
  now.log_lines_dropped = log.dropped();
  now.limited = limits.used.refusals();
  now.long_polls_ended = limits.polls.ended();
  now.parallel_pushes = limits.pushes.refused();
  now.time_ahead_seconds = time_ahead / 1000;
  now.ready = not_ready().empty();
  if (now.ready)
    home.database->read([&](store::settings::reads settings) { now.stored = settings.stats(); });
  return counts.text(now, clock.now());
}

void node::impl::request_stop() {
  if (stopping.exchange(true)) return;
  waits.stop();
  if (listener) listener->request_stop();
}

void node::impl::wait() {
  if (listener) listener->wait();
  if (metrics_listener) {
    metrics_listener->request_stop();
    metrics_listener->wait();
  }
}

void node::impl::housekeeping() {
  try {
    const unix_millis now = clock.now();
    home.database->write(
        [now](store::credentials::writes credentials) { credentials.purge_expired(now); });
    watch_time();
    renew_certificate();
  } catch (const std::exception& e) {
    log.exception("", e);
  }
}

/// Says loudly that the database holds times from the future: this clock is behind, or one was
/// ahead.
void node::impl::watch_time() {
  const unix_millis now = clock.now();
  const unix_millis ahead = remember_time(*home.database, now) - now;
  time_ahead = ahead > k_clock_tolerance ? ahead : 0;
  if (time_ahead == 0) return;
  log.write(api::log_level::error, "clock",
            {{"ahead_seconds", ahead / 1000},
             {"told_until", format_time(now + ahead)},
             {"message",
              "The database holds times from the future. Compare this machine's clock with others: "
              "it is behind, or one was ahead when they were written."}});
}

/// An own certificate covers the latest time told: laptops judge it by that.
void node::impl::renew_certificate() {
  const unix_millis now = clock.now();
  const auto changed =
      look_after_certificate(home.folder, home.settings, home.keys, now, now + time_ahead);
  if (!changed) {
    log.write(api::log_level::warning, "certificate", {{"code", code_name(changed.error().code)}});
  } else if (*changed) {
    const auto& leaf = home.keys.leaf;
    const auto set = listener->set_certificate(leaf.certificate, leaf.private_key);
    log.write(set ? api::log_level::info : api::log_level::error, "certificate",
              {{"renewed", set.has_value()}});
  }
}

/// Lines of the audit log from before there was a chain; some at a time, for others write, too.
void node::impl::chain_log() {
  constexpr std::int64_t at_once = 1000;
  std::int64_t chained = at_once;
  while (chained == at_once) {
    home.database->write([&](store::audit::writes audit) { chained = audit.chain_audit(at_once); });
  }
}

/// Every minute: a clock that jumps is noticed before many have heard of it, and when it is back.
void node::impl::keep_time() {
  const unix_millis now = clock.now();
  const bool was_ahead = time_ahead != 0;
  const bool is_ahead = remember_time(*home.database, now) - now > k_clock_tolerance;
  if (was_ahead != is_ahead) watch_time();
  if (home.keys.ca) renew_certificate();
}

result<local::admin_link> node::impl::admin_link(const std::string& email) {
  const auto made = make_admin_code(*home.database, home.keys, random, email, clock.now());
  if (!made) return made.error();
  return local::admin_link{link(made->code), made->email, made->expires_at};
}

void node::impl::journal(const store::journal_entry& entry) {
  const auto done = acts.note(entry);
  if (done) return;
  log.write(api::log_level::error, "journal", {{"code", code_name(done.error().code)}});
  throw error_exception(fail(errc::unavailable,
                             "The server could not write this act down beside its database; it is "
                             "done, and asking again confirms it."));
}

/// Does what the journal has and the database lacks.
std::size_t node::impl::catch_up() {
  const auto count = acts.apply(*home.database, clock.now());
  if (count > 0) log.write(api::log_level::warning, "journal", {{"applied", count}});
  return count;
}

/// After a sign that the database went back; many devices show it at once.
bool node::impl::catch_up_soon() {
  const std::lock_guard lock(catch_up_mutex);
  const auto now = std::chrono::steady_clock::now();
  if (caught_up && now - *caught_up < k_catch_up_pause) return false;
  caught_up = now;
  return catch_up() > 0;
}

void node::impl::keep() {
  std::unique_lock lock(mutex);
  auto next = std::chrono::steady_clock::now() + k_housekeeping_every;
  while (!wake.wait_for(lock, k_catch_up_every, [this] { return ended; })) {
    lock.unlock();
    if (std::chrono::steady_clock::now() >= next) {
      next += k_housekeeping_every;
      housekeeping();
    }
    try {
      catch_up();
      keep_time();
    } catch (const std::exception& e) {
      log.exception("", e);
    }
    lock.lock();
  }
}

result<std::unique_ptr<node>> node::start(const node_options& options) {
  if (options.metrics && !is_loopback(*options.metrics)) {
    return fail(errc::usage,
                "Metrics are served without encryption, so only on a loopback address such as "
                "127.0.0.1:9464.",
                "metrics");
  }
  auto opened = open_installation(options.folder, folder_use::serving);
  if (!opened) return opened.error();
  const unix_millis now = (options.clock != nullptr ? *options.clock : system_clock_source()).now();
  const unix_millis told = remember_time(*opened->database, now);
  const auto certificate =
      look_after_certificate(opened->folder, opened->settings, opened->keys, now, told);
  auto state = std::make_unique<impl>(std::move(*opened), options);
  if (!certificate) state->note_certificate(certificate.error());
  if (auto begun = state->begin(options.metrics); !begun) return begun.error();
  return std::unique_ptr<node>(new node(std::move(state)));
}

node::node(std::unique_ptr<impl> state) : impl_(std::move(state)) {}
node::~node() = default;

listen_address node::address() const {
  return impl_->address();
}

std::optional<listen_address> node::metrics_address() const {
  if (!impl_->metrics_listener) return std::nullopt;
  return impl_->metrics_listen;
}

bool node::answers(std::chrono::milliseconds within) const {
  return impl_->listener->answers(within);
}

store::database& node::database() {
  return *impl_->home.database;
}

void node::request_stop() {
  impl_->request_stop();
}

void node::wait() {
  impl_->wait();
}

void node::housekeeping() {
  impl_->housekeeping();
}

}  // namespace autocusto::app
