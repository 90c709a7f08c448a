#include "client/engine/machine.hpp"

#include <stdexcept>
#include <utility>

#include "client/engine/failure.hpp"
#include "shared/base/overloaded.hpp"

namespace autocusto::engine {
namespace {

template <class T, class Variant>
struct position;
template <class T, class... Rest>
struct position<T, std::variant<T, Rest...>> {
  static constexpr std::size_t value = 0;
};
template <class T, class First, class... Rest>
struct position<T, std::variant<First, Rest...>> {
  static constexpr std::size_t value = 1 + position<T, std::variant<Rest...>>::value;
};
/// Where an event stands in the variant.
template <class T>
constexpr std::size_t k_index = position<T, event>::value;

/// The event that will answer an action, and whether the network or the replica brings it.
struct reply {
  std::optional<std::size_t> network;
  std::optional<std::size_t> local;
};

reply reply_to(const action& a) {
  const auto network = [](std::size_t index) { return reply{.network = index, .local = {}}; };
  const auto local = [](std::size_t index) { return reply{.network = {}, .local = index}; };
  return std::visit(overloaded{
                        [&](const load_state&) { return local(k_index<replica_state>); },
                        [&](const ask_challenge&) { return network(k_index<challenged>); },
                        [&](const ask_session&) { return network(k_index<session_opened>); },
                        [&](const save_push&) { return local(k_index<push_saved>); },
                        [&](const prepare_push&) { return local(k_index<push_prepared>); },
                        [&](const send_push&) { return network(k_index<receipt_arrived>); },
                        [&](const ask_receipt&) { return network(k_index<receipt_arrived>); },
                        [&](const apply_receipt&) { return local(k_index<receipt_applied>); },
                        [&](const drop_push&) { return local(k_index<push_dropped>); },
                        [&](const begin_recovery&) { return local(k_index<recovery_begun>); },
                        [&](const ask_missing&) { return network(k_index<missing_told>); },
                        [&](const mark_missing&) { return local(k_index<missing_marked>); },
                        [&](const restart_feed&) { return local(k_index<feed_restarted>); },
                        [&](const fetch_page&) { return network(k_index<page_arrived>); },
                        [&](const apply_page&) { return local(k_index<page_applied>); },
                        [&](const erase_removed&) { return local(k_index<removed_erased>); },
                        [&](const close_replica&) { return local(k_index<replica_closed>); },
                        [&](const reopen_replica&) { return local(k_index<replica_reopened>); },
                        [&](const erase_everything&) { return local(k_index<everything_erased>); },
                        [&](const send_erasure&) { return network(k_index<erasure_taken>); },
                        [&](const note_erasure&) { return local(k_index<erasure_noted>); },
                        [&](const wipe_replica&) { return local(k_index<wiped>); },
                        [](const auto&) { return reply{}; },
                    },
                    a);
}

bool from_network(const event& what) {
  const auto i = what.index();
  return i == k_index<challenged> || i == k_index<session_opened> ||
         i == k_index<receipt_arrived> || i == k_index<missing_told> ||
         i == k_index<page_arrived> || i == k_index<erasure_taken> || i == k_index<request_failed>;
}

bool from_outside(const event& what) {
  const auto i = what.index();
  return i == k_index<begin> || i == k_index<timer_fired> || i == k_index<local_change> ||
         i == k_index<stop>;
}

[[noreturn]] void unexpected() {
  throw std::logic_error("the sync machine was told something that it had not asked for");
}

}  // namespace

std::vector<action> machine::on(const event& what, const step_input& input) {
  if (step_ == step::done) return {};
  input_ = input;
  expect(what);
  if (std::holds_alternative<stop>(what) && run_ == run_state::running) {
    run_ = run_state::stopping;
    if (network_) do_next(cancel_request{});
  }
  if (run_ == run_state::stopping) {
    if (const auto* page = std::get_if<page_applied>(&what)) {
      totals_.pulled += static_cast<std::int64_t>(page->new_versions);
    }
    if (!network_ && !local_) end(watch_ ? std::nullopt : std::optional(interrupted()));
  } else {
    dispatch(what);
  }
  return std::exchange(out_, {});
}

/// Holds the runner to the contract, and notes that what was under way has ended.
void machine::expect(const event& what) {
  if (from_outside(what)) {
    const bool starts = std::holds_alternative<begin>(what);
    const bool timer = std::holds_alternative<timer_fired>(what);
    if (starts != (step_ == step::idle) && !std::holds_alternative<stop>(what)) unexpected();
    if (timer && step_ != step::backing_off) unexpected();
    return;
  }
  auto& under_way = from_network(what) ? network_ : local_;
  const bool failure =
      std::holds_alternative<request_failed>(what) || std::holds_alternative<local_failed>(what);
  if (!under_way || (!failure && *under_way != what.index())) unexpected();
  under_way.reset();
}

void machine::dispatch(const event& what) {
  std::visit(overloaded{
                 [this](const begin& e) {
                   watch_ = e.watch;
                   session_.open = e.has_session;
                   load_replica();
                 },
                 [this](const replica_state& e) { state_loaded(e); },
                 [this](const challenged& e) {
                   step_ = step::asking_session;
                   ask_session next;
                   next.what.server = e.challenge.server;
                   next.what.device = here_.device;
                   next.what.challenge = e.challenge.challenge;
                   next.what.prev_push = here_.last_push;
                   do_next(std::move(next));
                 },
                 [this](const session_opened& e) { got_session(e); },
                 [this](const push_saved&) { send_inflight(); },
                 [this](const push_prepared& e) { got_ready(e); },
                 [this](const receipt_arrived& e) {
                   pushes_.answer = e;
                   push_on();
                 },
                 [this](const receipt_applied&) { receipt_done(); },
                 [this](const push_dropped&) { load_replica(); },
                 [this](const recovery_begun&) { load_replica(); },
                 [this](const missing_told& e) {
                   recovery_.asked_missing = true;
                   step_ = step::marking_missing;
                   do_next(mark_missing{e.versions});
                 },
                 [this](const missing_marked&) { load_replica(); },
                 [this](const feed_restarted&) {
                   pages_.due = true;
                   load_replica();
                 },
                 [this](const page_arrived& e) { got_page(e); },
                 [this](const page_applied& e) { page_done(e); },
                 [this](const removed_erased& e) {
                   hand_over_.erase = erase_due::none;
                   if (e.offered > 0 || e.erased > 0) reload_ = true;
                   round_done();
                 },
                 [this](const replica_closed&) { load_replica(); },
                 [this](const replica_reopened&) {
                   here_.closed = false;
                   if (hand_over_.reopening.prev_push == wire::push_memory::ok)
                     return load_replica();
                   go_on(hand_over_.reopening);
                 },
                 [this](const everything_erased& e) { all_erased(e); },
                 [this](const erasure_taken& e) { acknowledged(e); },
                 [this](const erasure_noted&) {
                   if (!hand_over_.everything_receipted) return load_replica();
                   step_ = step::wiping;
                   do_next(wipe_replica{});
                 },
                 [this](const wiped&) {
                   run_ = run_state::wiped;
                   end(access_withdrawn(0));
                 },
                 [this](const request_failed& e) { request_lost(e); },
                 [this](const local_failed& e) { local_lost(e.what); },
                 [this](const timer_fired&) { load_replica(); },
                 [this](const local_change&) {
                   reload_ = true;
                   unblock();
                   offer_left_out();
                   if (step_ == step::polling) do_next(cancel_request{});
                 },
                 [](const stop&) {},
             },
             what);
}

void machine::do_next(action a) {
  const reply expected = reply_to(a);
  if (expected.network) network_ = expected.network;
  if (expected.local) local_ = expected.local;
  out_.push_back(std::move(a));
}

void machine::show(phase what, std::int64_t done, std::int64_t total) {
  do_next(report{{.what = what, .done = done, .total = total}});
}

void machine::end(std::optional<error> why) {
  step_ = step::done;
  do_next(finish{{.totals = totals_, .why = std::move(why), .wiped = run_ == run_state::wiped}});
}

void machine::load_replica() {
  step_ = step::loading_state;
  reload_ = false;
  do_next(load_state{size_.bounds});
}

void machine::state_loaded(const replica_state& found) {
  here_ = found;
  const bool told = !here_.inflight_push && here_.waiting == 0;  // else nothing is said of it
  if (told && !here_.awaited) recovery_.asked_awaited = false;
  // Enrolled again meanwhile, by another process: the session was the old device's.
  if (session_.device && session_.device != here_.device) session_.open = false;
  if (const auto late = std::exchange(recovery_.catch_up, std::nullopt)) {
    // Another process of this laptop may have pushed meanwhile; then the replica knows that push.
    const bool known = here_.last_push == late->server_last || answer_was_lost(late->server_last);
    if (!late->server_last || !known) return end(late->why);
  }
  decide();
}

void machine::decide() {
  // A closed laptop asks anew what it may do, whatever token it has.
  if (here_.closed && !withdrawn()) session_.open = false;
  if (!session_.open) {
    step_ = step::asking_challenge;
    show(phase::connecting, 0, 0);
    do_next(ask_challenge{});
  } else if (withdrawn()) {
    give_up();
  } else if (here_.recovering && !recovery_.asked_missing) {
    step_ = step::asking_missing;
    do_next(ask_missing{});
  } else if (!back_off_.pushing && here_.inflight_push && size_.oversized) {
    halve();
  } else if (!back_off_.pushing && here_.inflight_push) {
    pushes_.inflight = *here_.inflight_push;
    pushes_.more_wait = false;  // known only after its receipt
    send_inflight();
  } else if (!back_off_.pushing && !(here_.versions.empty() && here_.discards.empty())) {
    build_push();
  } else if (here_.recovering) {
    step_ = step::restarting_feed;
    do_next(restart_feed{});
  } else if (pages_.due) {
    start_pull();
  } else if (here_.unpulled || (here_.awaited && !recovery_.asked_awaited)) {
    check_acknowledged();
  } else if (here_.erasure_due && !hand_over_.receipt_refused) {
    acknowledge();
  } else {
    recovery_.pulled_twice = false;
    all_done();
  }
}

/// The server acknowledged or gave a version, and its feed, read to the end, does not have it.
/// Another process of this laptop may have pushed or pulled it while the last page was on its way:
/// so once more. What was given without an item is asked about once; it is a head of a view, which
/// a page may have brought before a server went back whose feed it had not read so far.
void machine::check_acknowledged() {
  if (!std::exchange(recovery_.pulled_twice, true)) return start_pull();
  recovery_.pulled_twice = false;
  recovery_.asked_awaited = here_.awaited;
  recover(std::nullopt);
}

void machine::recover(const std::optional<std::optional<push_id>>& server_last) {
  if (++recovery_.in_a_row > k_recoveries) return end(server_went_back());
  recovery_.asked_missing = false;
  pages_.due = true;
  unblock();
  step_ = step::beginning_recovery;
  do_next(begin_recovery{server_last});
}

/// Nothing is left to push or pull.
void machine::all_done() {
  const auto& why = back_off_.pushing ? back_off_.pushing : size_.left_out;
  if (!watch_) return end(why);
  // What is left out for its size says nothing of where the server stands.
  if (!back_off_.pushing) recovery_.in_a_row = 0;
  if (why) {
    do_next(note_failure{*why});
  } else {
    do_next(note_success{});
  }
  step_ = step::polling;
  pages_.next = here_.cursor;
  show(phase::watching, 0, 0);
  fetch(poll_seconds());
}

void machine::got_session(const session_opened& answer) {
  session_.open = true;
  session_.device = here_.device;
  session_.challenge_repeated = false;
  session_.granted = answer.wipe              ? granted_access::erase
                     : answer.scope != "full" ? granted_access::hand_over
                                              : granted_access::full;
  if (withdrawn()) return access_gone(answer);
  if (here_.erased) {
    // The access came back too late: nothing is left to work with.
    step_ = step::wiping;
    return do_next(wipe_replica{});
  }
  if (here_.closed) {
    step_ = step::reopening;
    hand_over_.reopening = answer;
    return do_next(reopen_replica{});
  }
  go_on(answer);
}

/// With full access: first whatever the server remembers of this device's pushes.
void machine::go_on(const session_opened& answer) {
  switch (answer.prev_push) {
    case wire::push_memory::ok:
      if (size_.oversized) size_.oversized->not_taken = true;
      return answer.server_behind ? load_replica() : decide();
    case wire::push_memory::unknown:
      if (answer_was_lost(answer.last_push)) return decide();
      return recover(std::optional(answer.last_push));
    case wire::push_memory::old:
      if (answer_was_lost(answer.last_push)) return decide();
      if (was_halved(answer.last_push)) return recover(std::optional(answer.last_push));
      recovery_.catch_up = {.why = folder_was_copied(), .server_last = answer.last_push};
      return load_replica();
  }
}

/// Whether the server's last push is one that is still kept here: sending it again brings the
/// answer. Of two kept pushes the server may have both, while the first one's answer is not here.
bool machine::answer_was_lost(const std::optional<push_id>& server_last) const {
  if (!server_last || !here_.inflight_push) return false;
  return here_.inflight_push->id == *server_last || here_.queued_push == server_last;
}

}  // namespace autocusto::engine
