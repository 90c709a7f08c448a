// The machine's pushing, pulling and failing.
#include <algorithm>
#include <utility>

#include "client/engine/failure.hpp"
#include "client/engine/machine.hpp"
#include "shared/base/overloaded.hpp"

namespace autocusto::engine {

// ---- Pushing ----

/// An empty push of this device behind another one.
wire::push_object machine::push_after(const std::optional<push_id>& previous) const {
  wire::push_object out;
  out.server = here_.server;
  out.device = here_.device;
  out.actor = here_.user;
  out.id = input_.fresh_push;
  out.prev_push = previous;
  return out;
}

void machine::build_push() {
  step_ = step::saving_push;
  save_push next{push_after(here_.last_push)};
  next.what.versions = here_.versions;
  next.what.discards = here_.discards;
  pushes_.inflight = {
      .id = next.what.id, .versions = here_.versions.size(), .discards = here_.discards.size()};
  pushes_.more_wait = here_.waiting > static_cast<std::int64_t>(pushes_.inflight.versions +
                                                                pushes_.inflight.discards);
  do_next(std::move(next));
}

void machine::send_inflight() {
  step_ = step::pushing;
  pushes_.queued.reset();
  send_inflight_now();
  push_on();
}

void machine::send_inflight_now() {
  const auto batch =
      static_cast<std::int64_t>(pushes_.inflight.versions + pushes_.inflight.discards);
  pushes_.goal = std::max(pushes_.goal, totals_.pushed + std::max(here_.waiting, batch));
  show(phase::pushing, totals_.pushed, pushes_.goal);
  do_next(send_push{.id = pushes_.inflight.id, .surrender = withdrawn()});
}

/// While a push is at the server the replica is free: it prepares the next one. Whatever the
/// network brings meanwhile waits for the replica.
void machine::push_on() {
  if (local_) return;
  const bool lost = pushes_.answer && std::holds_alternative<request_failed>(*pushes_.answer);
  if (pushes_.more_wait && !pushes_.queued && !lost && !deferred_) {
    return do_next(prepare_push{push_after(pushes_.inflight.id)});
  }
  if (network_) return;
  const auto answer = std::exchange(pushes_.answer, std::nullopt);
  if (const auto why = std::exchange(deferred_, std::nullopt)) return failed(*why);
  if (!answer) return;
  std::visit(overloaded{[this](const receipt_arrived& e) { take_receipt(e); },
                        [this](const request_failed& e) { push_lost(e); }},
             *answer);
}

void machine::got_ready(const push_prepared& next) {
  pushes_.queued = next.what;
  pushes_.more_wait = next.what && next.more;
  push_on();
}

void machine::take_receipt(const receipt_arrived& answer) {
  const auto& results = answer.receipt.results;
  if (answer.receipt.id != pushes_.inflight.id ||
      results.size() != pushes_.inflight.versions + pushes_.inflight.discards) {
    return failed(not_understood("its receipt is for another push"));
  }
  back_off_.attempts = 0;
  pushes_.too_late = 0;
  session_.renewed = false;
  pages_.due = true;
  size_.oversized.reset();
  if (size_.grows) {
    size_.bounds.at_most = std::min<std::size_t>(size_.bounds.at_most * 2, limits::batch_versions);
  }
  for (std::size_t i = 0; i < pushes_.inflight.versions; ++i) count(results[i].outcome);
  if (!pushes_.queued) {
    step_ = step::applying_receipt;
    return do_next(apply_receipt{answer.receipt});
  }
  here_.waiting -= static_cast<std::int64_t>(results.size());
  pushes_.inflight = *std::exchange(pushes_.queued, std::nullopt);
  send_inflight_now();
  pushes_.applying_receipt = true;
  do_next(apply_receipt{answer.receipt});
}

void machine::count(wire::push_outcome outcome) {
  using wire::push_outcome;
  totals_.pushed += 1;
  totals_.duplicates += outcome == push_outcome::duplicate;
  totals_.siblings += outcome == push_outcome::sibling;
  totals_.merged += outcome == push_outcome::merged;
  totals_.restored += outcome == push_outcome::restored;
  totals_.refused += outcome == push_outcome::refused;
  // What the server keeps in quarantine may be the last of a record that was taken away.
  if (outcome == push_outcome::refused) removal_is_due();
  totals_.accepted += outcome == push_outcome::accepted || outcome == push_outcome::sibling ||
                      outcome == push_outcome::merged;
}

void machine::receipt_done() {
  if (!std::exchange(pushes_.applying_receipt, false)) return load_replica();
  push_on();
}

// ---- Pulling ----

void machine::start_pull() {
  step_ = step::pulling;
  pages_.due = true;  // until the feed has been read to its end
  pages_.next = here_.cursor;
  pages_.fetch = fetching::more;
  show(phase::pulling, totals_.pulled, 0);
  pump();
}

void machine::fetch(int wait_seconds) {
  do_next(fetch_page{.from = pages_.next,
                     .wait_seconds = wait_seconds,
                     .unsent_seconds = here_.unsent_seconds,
                     .own = pages_.with_own});
}

/// Keeps network and replica busy: one page is applied while the next is fetched.
void machine::pump() {
  if (!local_ && pages_.queued > 0 && pages_.fetch != fetching::dropped) {
    --pages_.queued;
    do_next(apply_page{});
  }
  if (!network_ && pages_.fetch == fetching::more &&
      pages_.queued + (local_ ? 1 : 0) < k_pages_ahead) {
    fetch(0);
  }
  if (!network_ && !local_) settle();
}

/// Nothing of the pull is under way any more.
void machine::settle() {
  if (pages_.queued > 0) {
    pages_.queued = 0;
    do_next(discard_pages{});
  }
  const bool restart = std::exchange(pages_.fetch, fetching::ended) == fetching::dropped;
  if (auto why = std::exchange(deferred_, std::nullopt)) return failed(*why);
  if (restart) return load_replica();
  pages_.due = pages_.with_own = false;
  if (hand_over_.erase == erase_due::none) return round_done();
  step_ = step::erasing;
  do_next(erase_removed{.offer_again = hand_over_.erase == erase_due::removed_and_refused});
}

void machine::got_page(const page_arrived& answer) {
  back_off_.attempts = 0;
  session_.renewed = false;
  if (answer.items > 0) {
    ++pages_.queued;
    pages_.next = answer.next;
    reload_ = true;
  }
  if (step_ == step::polling) {
    if (answer.items == 0) {
      // A push that was given up is tried again from time to time.
      if (reload_ || back_off_.pushing) {
        unblock();
        return load_replica();
      }
      if (++pages_.idle_polls % k_polls_between_offers == 0) {
        size_.bounds = {};  // what is on the way may have changed
        size_.grows = false;
        size_.left_out.reset();
        pages_.due = true;
        hand_over_.erase = erase_due::removed_and_refused;
        return load_replica();
      }
      return fetch(poll_seconds());
    }
    step_ = step::pulling;
    pages_.due = true;
    pages_.fetch = fetching::more;
  }
  if (answer.items == 0 && answer.more) {
    if (pages_.fetch == fetching::more) pages_.fetch = fetching::ended;
    deferred_ = not_understood("it sent an empty page and promised more");
  }
  if (!answer.more && pages_.fetch == fetching::more) pages_.fetch = fetching::ended;
  pump();
}

void machine::page_done(const page_applied& effect) {
  if (effect.applied) {
    totals_.pulled += static_cast<std::int64_t>(effect.new_versions);
    if (effect.removed > 0) removal_is_due();
    show(phase::pulling, totals_.pulled, 0);
  } else {
    drop_pages();
  }
  pump();
}

/// Another process moved the cursor, or a page did not fit: what was fetched is of no use.
void machine::drop_pages() {
  pages_.fetch = fetching::dropped;
  if (network_) do_next(cancel_request{});
}

/// Removed records, and refused versions of them, are looked through at the end of the round.
void machine::removal_is_due() {
  if (hand_over_.erase == erase_due::none) hand_over_.erase = erase_due::removed;
}

void machine::round_done() {
  if (reload_) return load_replica();
  decide();
}

// ---- Failing ----

void machine::request_lost(const request_failed& answer) {
  switch (step_) {
    case step::polling:
      if (reload_) return load_replica();  // it was cancelled
      pages_.due = true;
      return failed(answer.what);
    case step::pulling:
      if (pages_.fetch != fetching::dropped) {
        pages_.fetch = fetching::ended;
        deferred_ = answer.what;
      }
      return pump();  // what has been fetched is still applied
    case step::pushing:
      pushes_.answer = answer;
      return push_on();
    case step::asking_session:
      if (answer.what.code == errc::challenge_invalid && !session_.challenge_repeated) {
        session_.challenge_repeated = true;
        return load_replica();
      }
      return failed(answer.what);
    case step::acknowledging:
      // A refused erasure receipt must not hold up everything else; the next run sends it again.
      if (!withdrawn() && scope_of(answer.what.code) == failure_scope::push) {
        hand_over_.receipt_refused = true;
        return decide();
      }
      return failed(answer.what);
    case step::asking_receipt:
      return receipt_untold(answer.what);
    case step::asking_challenge:
    case step::idle:
    case step::loading_state:
    case step::saving_push:
    case step::applying_receipt:
    case step::dropping_push:
    case step::beginning_recovery:
    case step::asking_missing:
    case step::marking_missing:
    case step::restarting_feed:
    case step::erasing:
    case step::backing_off:
    case step::closing:
    case step::reopening:
    case step::erasing_everything:
    case step::noting_erasure:
    case step::wiping:
    case step::done:
      return failed(answer.what);
  }
}

void machine::push_lost(const request_failed& answer) {
  if (!push_failed(answer.what, answer.last_push)) failed(answer.what);
}

void machine::local_lost(const error& what) {
  if (step_ == step::pushing) {
    // A receipt that could not be applied is asked for again; without a batch at hand, the next
    // one is made when this one is done.
    if (std::exchange(pushes_.applying_receipt, false)) deferred_ = what;
    pushes_.more_wait = false;
    return push_on();
  }
  if (step_ == step::pulling) {
    // A record that was taken from this laptop, and erased, came back with a restored server, which
    // does not send this device its own versions unless it is asked to. Or a copy of this folder
    // has made them: then a new session tells.
    if (what.code != errc::protocol_error || pages_.with_own) {
      deferred_ = what;
    } else {
      pages_.with_own = true;
      session_.open = false;
    }
    drop_pages();
    return pump();
  }
  // Another process of this laptop has a push under way: look for it.
  if (step_ == step::saving_push && what.code == errc::busy) return retry_later(what);
  failed(what);
}

/// Whether the failure was of this push alone and has been dealt with.
bool machine::push_failed(const error& what, const std::optional<push_id>& last_push) {
  if (too_much_at_once(what.code)) {
    too_large(what);
    return true;
  }
  switch (scope_of(what.code)) {
    case failure_scope::passing:
    case failure_scope::session:
    case failure_scope::access:
    case failure_scope::fatal:
      return false;
    case failure_scope::limited:
      if (withdrawn()) return false;  // there is nothing else to do
      back_off_.pushing = asked_to_wait(what);
      back_off_.push_not_before = input_.now_millis + wait_of(what);
      decide();
      return true;
    case failure_scope::server_fault:
      // The push is kept and tried again later; pulling must not wait for that.
      back_off_.pushing = what;
      decide();
      return true;
    case failure_scope::too_late:
      if (was_halved(last_push)) {
        recover(std::optional(last_push));
        return true;
      }
      if (++pushes_.too_late > k_one_shot_attempts) return false;
      recovery_.catch_up = {.why = what, .server_last = last_push};
      give_push_up();
      return true;
    case failure_scope::went_back:
      recover(std::optional(last_push));
      return true;
    case failure_scope::push:
      if (what.code != errc::push_id_reused || std::exchange(pushes_.id_reused, true))
        back_off_.pushing = what;
      give_push_up();
      return true;
  }
  return false;
}

void machine::give_push_up() {
  step_ = step::dropping_push;
  do_next(drop_push{pushes_.inflight.id});
}

void machine::failed(const error& what) {
  switch (scope_of(what.code)) {
    case failure_scope::session:
      if (!session_.open || std::exchange(session_.renewed, true)) return end(what);
      session_.open = false;
      return load_replica();
    case failure_scope::access:
      // A new session says whether everything is to be erased.
      if (!session_.open) return end(what);
      session_.open = false;
      return load_replica();
    case failure_scope::passing:
    case failure_scope::server_fault:
      // A page that does not fit may be one for another copy of this folder: a new session tells.
      if (what.code == errc::protocol_error) session_.open = false;
      return retry_later(what);
    case failure_scope::limited: {
      const auto told = asked_to_wait(what);
      if (!watch_) return end(told);
      return back_off(told, std::max(wait_of(what), k_first_window_millis));
    }
    case failure_scope::went_back:
      return recover(std::nullopt);
    case failure_scope::too_late:
    case failure_scope::push:
    case failure_scope::fatal:
      return end(what);
  }
}

/// Pushing may be tried again, unless the server has said from when on.
void machine::unblock() {
  if (input_.now_millis >= back_off_.push_not_before) back_off_.pushing.reset();
}

/// A push that waits for its time goes out soon after it.
int machine::poll_seconds() const {
  const auto left = back_off_.push_not_before - input_.now_millis;
  if (!back_off_.pushing || left <= 0) return k_poll_seconds;
  return static_cast<int>(std::min<std::int64_t>(k_poll_seconds, left / 1000 + 1));
}

void machine::retry_later(const error& why) {
  ++back_off_.attempts;
  if (!watch_ && (!worth_asking_again(why.code) || back_off_.attempts >= k_one_shot_attempts)) {
    return end(why);
  }
  const int doublings = std::min(back_off_.attempts - 1, 10);
  const auto window = std::min(k_first_window_millis << doublings, k_last_window_millis);
  const auto jitter = std::clamp(input_.jitter, 0.0, 1.0);
  const auto millis =
      window / 2 + static_cast<std::int64_t>(jitter * static_cast<double>(window) / 2);
  back_off(why, millis);
}

void machine::back_off(const error& why, std::int64_t millis) {
  step_ = step::backing_off;
  if (watch_) do_next(note_failure{why});
  show(phase::waiting, 0, millis);
  do_next(wait_for{millis});
}

}  // namespace autocusto::engine
