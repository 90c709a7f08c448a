#include "client/sync/sync_runner.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "client/engine/machine.hpp"
#include "shared/base/limits.hpp"
#include "shared/base/overloaded.hpp"
#include "shared/domain/record_kind.hpp"

namespace autocusto::engine {
namespace {

using steady = std::chrono::steady_clock;

/// `stop` may come from a signal handler, which cannot wake a condition variable: so no wait is
/// longer than this without a look at the flag.
constexpr std::chrono::milliseconds k_stop_latency{100};

request_failed lost(const transport::failure& f) {
  return {.what = f.what, .last_push = f.last_push};
}

/// Another text whenever something else waits to be pushed; empty while nothing does.
std::string mark_of(const replica_state& found) {
  if (found.inflight_push) return found.inflight_push->id.text();
  if (found.waiting == 0) return {};
  const auto& last = found.versions.empty() ? found.discards : found.versions;
  return std::to_string(found.waiting) + (last.empty() ? "" : last.back().text());
}

/// What a request brought: an event, and with a page the page itself.
struct response {
  event what;
  std::optional<checked_page> page;
  std::optional<fetched_catalogue> catalogue = std::nullopt;
  std::optional<bool> catalogue_refused = std::nullopt;  ///< nothing: nobody can tell
};

/// The thread that owns the connection: one request at a time.
class request_worker {
 public:
  request_worker() : thread_([this] { work(); }) {}
  request_worker(const request_worker&) = delete;
  request_worker& operator=(const request_worker&) = delete;
  ~request_worker() {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }

  void send(std::function<response()> request) {
    {
      const std::lock_guard lock(mutex_);
      request_ = std::move(request);
    }
    wake_.notify_all();
  }

  /// What the request brought, waiting until then at most. Throws what the request threw.
  std::optional<response> receive(steady::time_point until) {
    std::unique_lock lock(mutex_);
    wake_.wait_until(lock, until, [this] { return response_ || thrown_; });
    if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
    return std::exchange(response_, std::nullopt);
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_.wait(lock, [this] { return closing_ || request_; });
      if (closing_) return;
      const auto request = std::exchange(request_, nullptr);
      lock.unlock();
      std::optional<response> brought;
      std::exception_ptr thrown;
      try {
        brought = request();
      } catch (...) {
        thrown = std::current_exception();
      }
      lock.lock();
      response_ = std::move(brought);
      thrown_ = thrown;
      wake_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::function<response()> request_;
  std::optional<response> response_;
  std::exception_ptr thrown_;
  bool closing_ = false;
  std::thread thread_;
};

}  // namespace

class sync_runner::impl {
 public:
  impl(replica_port& replica, transport::remote_api& server, random_source& random)
      : replica_(replica), server_(server), random_(random) {}

  void stop() noexcept {
    stopping_.store(true);
    server_.interrupt();
  }

  run_result run(const run_options& options) {
    options_ = &options;
    machine_ = {};
    events_.clear();
    pages_.clear();
    packed_.reset();
    result_.reset();
    timer_.reset();
    told_to_stop_ = false;
    if (!stopping_.load()) server_.clear_interrupt();
    // The worker ends with this frame, also when something throws: its request is cut short.
    request_worker worker;
    worker_ = &worker;
    const interrupter ends{server_};
    events_.push_back(begin{.watch = options.watch, .has_session = server_.has_session()});
    while (!result_) {
      auto actions = machine_.on(next_event(), fresh());
      perform(actions);
    }
    if (!result_->how.wiped) {
      if (result_->how.why || !told_to_stop_) replica_.note_sync(result_->how.why);
      result_->conflicts = replica_.open_conflicts();
    }
    return *result_;
  }

 private:
  /// Cuts a request that is still under way when `run` is left, so that its thread can be joined.
  struct interrupter {
    transport::remote_api& server;
    int exceptions = std::uncaught_exceptions();
    ~interrupter() {
      if (std::uncaught_exceptions() > exceptions) server.interrupt();
    }
  };

  step_input fresh() {
    std::array<std::uint8_t, 4> raw{};
    random_.fill(raw);
    const std::uint32_t number = raw[0] | (std::uint32_t{raw[1]} << 8) |
                                 (std::uint32_t{raw[2]} << 16) | (std::uint32_t{raw[3]} << 24);
    return {.jitter = static_cast<double>(number) / 4294967295.0,
            .fresh_push = random_.make<push_id>(),
            .now_millis = std::chrono::duration_cast<std::chrono::milliseconds>(
                              steady::now().time_since_epoch())
                              .count()};
  }

  event next_event() {
    auto probe = steady::now() + options_->probe_interval;
    for (;;) {
      // Before everything else: that a request was cut by `stop` must not pass for a failure.
      if (stopping_.load() && !told_to_stop_ && machine_.at() != step::idle) {
        told_to_stop_ = true;
        return engine::stop{};
      }
      if (!events_.empty()) {
        auto first = std::move(events_.front());
        events_.pop_front();
        return first;
      }
      const auto now = steady::now();
      if (timer_ && now >= *timer_) {
        timer_.reset();
        return timer_fired{};
      }
      auto until = std::min(now + k_stop_latency, timer_.value_or(steady::time_point::max()));
      if (machine_.at() == step::polling) {
        if (now >= probe) {
          probe = now + options_->probe_interval;
          if (saved_meanwhile()) return local_change{};
        }
        until = std::min(until, probe);
      }
      if (auto brought = worker_->receive(until)) events_.push_back(take(std::move(*brought)));
    }
  }

  bool saved_meanwhile() {
    const auto found = replica_.load_state();
    if (!found) return false;
    auto mark = mark_of(*found);
    if (mark.empty() || mark == mark_) return false;
    mark_ = std::move(mark);
    return true;
  }

  event take(response&& brought) {
    if (std::exchange(cancelled_, false) && !stopping_.load()) server_.clear_interrupt();
    if (std::holds_alternative<session_opened>(brought.what)) {
      // If the replica is busy now, the next session teaches the same again.
      static_cast<void>(replica_.note_learned(server_.last_learned()));
      if (brought.catalogue) static_cast<void>(replica_.keep_catalogue(*brought.catalogue));
      if (brought.catalogue_refused) {
        static_cast<void>(replica_.note_catalogue_refused(*brought.catalogue_refused));
      }
    }
    if (brought.page && !brought.page->page.items.empty()) {
      pages_.push_back(std::move(*brought.page));
    }
    return std::move(brought.what);
  }

  /// Requests leave first, so that they are under way while the replica works.
  void perform(std::vector<action>& actions) {
    const auto remote = [](const action& a) {
      return std::holds_alternative<ask_challenge>(a) || std::holds_alternative<ask_session>(a) ||
             std::holds_alternative<send_push>(a) || std::holds_alternative<ask_receipt>(a) ||
             std::holds_alternative<ask_missing>(a) || std::holds_alternative<send_erasure>(a) ||
             std::holds_alternative<fetch_page>(a);
    };
    std::stable_partition(actions.begin(), actions.end(), remote);
    for (auto& a : actions) std::visit([this](auto& each) { perform(each); }, a);
  }

  template <class T, class Event>
  void local(result<T> done, Event made) {
    if (done) {
      events_.push_back(std::move(made));
    } else {
      events_.push_back(local_failed{done.error()});
    }
  }

  // ---- The network's actions ----

  void perform(const ask_challenge&) {
    worker_->send([this, device = device_]() -> response {
      auto asked = server_.challenge(device);
      if (!asked) return {lost(asked.error()), {}};
      return {challenged{std::move(*asked)}, {}};
    });
  }

  void perform(const ask_session& a) {
    auto proof = replica_.sign("session", wire::encode_object(a.what));
    auto have = replica_.catalogue_hash();
    worker_->send([this, proof = std::move(proof), have]() -> response {
      auto opened = server_.open_session(proof);
      if (!opened) return {lost(opened.error()), {}};
      response out{session_opened{.scope = opened->scope,
                                  .prev_push = opened->prev_push,
                                  .last_push = opened->last_push,
                                  .wipe = opened->wipe,
                                  .server_behind = !domain::covers(
                                      opened->kinds.value_or(domain::first_revisions()),
                                      domain::known_revisions())},
                   {}};
      // The sync goes on without a catalogue; the next session asks for it again.
      if (opened->catalogue && opened->catalogue != have) {
        auto fetched = server_.catalogue(have);
        if (fetched) {
          out.catalogue = *std::move(fetched);
        } else if (fetched.error().what.code == errc::untrusted_server) {
          out.catalogue_refused = true;
        }
      } else {
        out.catalogue_refused = false;
      }
      return out;
    });
  }

  void perform(const send_push& a) {
    auto ready = ready_push(a.id);
    if (!ready || !*ready) {
      // Another process has finished it, or the replica cannot be read now: look again later.
      auto why = ready ? fail(errc::busy, "Another process of this laptop is syncing; sync again.")
                       : ready.error();
      return events_.push_back(request_failed{.what = std::move(why), .last_push = {}});
    }
    worker_->send([this, request = std::move(**ready), surrender = a.surrender]() -> response {
      auto receipt = surrender ? server_.surrender(request) : server_.push(request);
      if (!receipt) return {lost(receipt.error()), {}};
      return {receipt_arrived{std::move(*receipt)}, {}};
    });
  }

  void perform(const ask_receipt& a) {
    worker_->send([this, id = a.id]() -> response {
      auto receipt = server_.receipt(id);
      if (!receipt) return {lost(receipt.error()), {}};
      return {receipt_arrived{std::move(*receipt)}, {}};
    });
  }

  result<std::optional<transport::packed_push>> ready_push(const push_id& id) {
    auto ahead = std::exchange(packed_, std::nullopt);
    if (ahead && ahead->first == id && replica_.keeps_push(id)) {
      return std::optional(std::move(ahead->second));
    }
    const auto kept = replica_.kept_push(id);
    if (!kept) return kept.error();
    if (!*kept) return std::optional<transport::packed_push>();
    return std::optional(transport::pack(**kept));
  }

  /// Makes the bytes of a push that is to follow another while that one is at the server.
  void pack_ahead(const push_id& id) {
    const auto kept = replica_.kept_push(id);
    if (kept && *kept) packed_.emplace(id, transport::pack(**kept));
  }

  void perform(const ask_missing&) {
    worker_->send([this, held = replica_.held_versions()]() -> response {
      auto told = server_.missing(held);
      if (!told) return {lost(told.error()), {}};
      return {missing_told{std::move(*told)}, {}};
    });
  }

  void perform(const send_erasure&) {
    auto receipt = replica_.erasure();
    if (!receipt) {
      return events_.push_back(request_failed{.what = receipt.error(), .last_push = {}});
    }
    if (!*receipt) return events_.push_back(erasure_taken{});
    worker_->send([this, receipt = std::move(**receipt)]() -> response {
      // What the server calls unknown it never asked for; to say it again would not help.
      auto taken = server_.send_erasure(receipt.signed_form);
      if (!taken) return {lost(taken.error()), {}};
      return {erasure_taken{receipt.object}, {}};
    });
  }

  void perform(const fetch_page& a) {
    worker_->send([this, a]() -> response {
      constexpr auto limit = static_cast<std::int64_t>(limits::batch_versions);
      auto page = server_.changes(a.from, limit, a.wait_seconds, a.unsent_seconds, a.own);
      if (!page) return {lost(page.error()), {}};
      auto checked = check_page(std::move(*page), a.from);
      if (!checked) return {request_failed{checked.error(), {}}, {}};
      page_arrived arrived{.next = checked->page.next,
                           .items = checked->page.items.size(),
                           .more = checked->page.more};
      return {arrived, std::move(*checked)};
    });
  }

  void perform(const cancel_request&) {
    cancelled_ = true;
    server_.interrupt();
  }

  // ---- The replica's actions ----

  void perform(const load_state& a) {
    replica_.bound_batches(a.bounds);
    auto found = replica_.load_state();
    if (!found) return events_.push_back(local_failed{found.error()});
    device_ = found->device;
    mark_ = mark_of(*found);
    events_.push_back(std::move(*found));
  }

  void perform(const save_push& a) { local(replica_.save_push(a.what), push_saved{}); }
  void perform(const prepare_push& a) {
    const auto ready = replica_.prepare_push(a.what);
    if (!ready) return events_.push_back(local_failed{ready.error()});
    if (ready->what) pack_ahead(ready->what->id);
    events_.push_back(*ready);
  }
  void perform(const apply_receipt& a) { local_event(replica_.apply_receipt(a.receipt)); }
  void perform(const begin_recovery& a) {
    packed_.reset();
    local(replica_.begin_recovery(a.server_last), recovery_begun{});
  }
  void perform(const mark_missing& a) {
    local(replica_.mark_missing(a.versions), missing_marked{});
  }
  void perform(const restart_feed&) { local(replica_.restart_feed(), feed_restarted{}); }
  void perform(const drop_push& a) {
    packed_.reset();
    local(replica_.drop_push(a.id), push_dropped{});
  }

  void perform(const apply_page&) {
    const auto page = std::move(pages_.front());
    pages_.pop_front();
    local_event(replica_.apply_page(page));
  }

  void perform(const discard_pages&) { pages_.clear(); }
  template <class Event>
  void local_event(const result<Event>& done) {
    if (done) {
      events_.push_back(*done);
    } else {
      events_.push_back(local_failed{done.error()});
    }
  }
  void perform(const erase_removed& a) { local_event(replica_.erase_removed(a.offer_again)); }
  void perform(const close_replica&) {
    packed_.reset();
    local(replica_.close(), replica_closed{});
  }
  void perform(const reopen_replica&) { local(replica_.reopen(), replica_reopened{}); }
  void perform(const erase_everything& a) {
    packed_.reset();
    local_event(replica_.erase_everything(a.in_any_case));
  }
  void perform(const note_erasure& a) { local(replica_.note_erasure(a.what), erasure_noted{}); }
  void perform(const wipe_replica&) { local(replica_.wipe(), wiped{}); }

  // ---- Everything else ----

  void perform(const wait_for& a) {
    const auto wait = std::min(std::chrono::milliseconds(a.millis), options_->longest_wait);
    timer_ = steady::now() + wait;
  }

  void perform(const report& a) {
    if (options_->on_progress) options_->on_progress(a.what);
  }

  void perform(const note_success&) {
    replica_.note_sync(std::nullopt);
    if (options_->on_round) options_->on_round(std::nullopt);
  }

  void perform(const note_failure& a) {
    replica_.note_sync(a.why);
    if (options_->on_round) options_->on_round(a.why);
  }

  void perform(const finish& a) { result_ = run_result{.how = a.result, .conflicts = 0}; }

  replica_port& replica_;
  transport::remote_api& server_;
  random_source& random_;
  std::atomic<bool> stopping_{false};

  // Of one run.
  const run_options* options_ = nullptr;
  request_worker* worker_ = nullptr;
  machine machine_;
  std::deque<event> events_;
  std::deque<checked_page> pages_;
  std::optional<std::pair<push_id, transport::packed_push>> packed_;  ///< made ahead
  std::optional<run_result> result_;
  std::optional<steady::time_point> timer_;
  std::string mark_;
  device_id device_;
  bool told_to_stop_ = false;
  bool cancelled_ = false;
};

sync_runner::sync_runner(replica_port& replica, transport::remote_api& server,
                         random_source& random)
    : impl_(std::make_unique<impl>(replica, server, random)) {}
sync_runner::~sync_runner() = default;

run_result sync_runner::run(const run_options& options) {
  return impl_->run(options);
}

void sync_runner::stop() noexcept {
  impl_->stop();
}

}  // namespace autocusto::engine
