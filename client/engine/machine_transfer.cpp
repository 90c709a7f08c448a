// The machine's pushing, pulling and failing.
#include <algorithm>
#include <utility>

#include "client/engine/failure.hpp"
#include "client/engine/machine.hpp"

namespace autocusto::engine {

// ---- Pushing ----

void machine::build_push() {
  step_ = step::saving_push;
  save_push next;
  next.what.server = here_.server;
  next.what.device = here_.device;
  next.what.actor = here_.user;
  next.what.id = input_.fresh_push;
  next.what.prev_push = here_.last_push;
  next.what.versions = here_.versions;
  next.what.discards = here_.discards;
  inflight_push_ = {
      .id = next.what.id, .versions = here_.versions.size(), .discards = here_.discards.size()};
  more_waits_ =
      here_.waiting > static_cast<std::int64_t>(inflight_push_.versions + inflight_push_.discards);
  do_next(std::move(next));
}

void machine::send_inflight() {
  step_ = step::pushing;
  queued_push_.reset();
  send_inflight_now();
  push_on();
}

void machine::send_inflight_now() {
  const auto batch = static_cast<std::int64_t>(inflight_push_.versions + inflight_push_.discards);
  push_goal_ = std::max(push_goal_, totals_.pushed + std::max(here_.waiting, batch));
  show(phase::pushing, totals_.pushed, push_goal_);
  do_next(send_push{.id = inflight_push_.id, .surrender = withdrawn_});
}

/// While a push is at the server the replica is free: it prepares the next one. Whatever the
/// network brings meanwhile waits for the replica.
void machine::push_on() {
  if (local_) return;
  if (more_waits_ && !queued_push_ && !lost_ && !deferred_) {
    prepare_push next;
    next.what.server = here_.server;
    next.what.device = here_.device;
    next.what.actor = here_.user;
    next.what.id = input_.fresh_push;
    next.what.prev_push = inflight_push_.id;
    return do_next(std::move(next));
  }
  if (network_) return;
  const auto came = std::exchange(came_, std::nullopt);
  const auto lost = std::exchange(lost_, std::nullopt);
  if (const auto why = std::exchange(deferred_, std::nullopt)) return failed(*why);
  if (lost) return push_lost(*lost);
  if (came) take_receipt(*came);
}

void machine::got_ready(const push_prepared& next) {
  queued_push_ = next.what;
  more_waits_ = next.what && next.more;
  push_on();
}

void machine::take_receipt(const receipt_arrived& answer) {
  const auto& results = answer.receipt.results;
  if (answer.receipt.id != inflight_push_.id ||
      results.size() != inflight_push_.versions + inflight_push_.discards) {
    return failed(not_understood("its receipt is for another push"));
  }
  attempts_ = 0;
  old_ = 0;
  renewed_ = false;
  must_pull_ = true;
  oversized_.reset();
  if (bounds_grow_) {
    bounds_.at_most = std::min<std::size_t>(bounds_.at_most * 2, limits::batch_versions);
  }
  for (std::size_t i = 0; i < inflight_push_.versions; ++i) count(results[i].outcome);
  if (!queued_push_) {
    step_ = step::applying_receipt;
    return do_next(apply_receipt{answer.receipt});
  }
  here_.waiting -= static_cast<std::int64_t>(results.size());
  inflight_push_ = *std::exchange(queued_push_, std::nullopt);
  send_inflight_now();
  applying_ = true;
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
  must_erase_ = must_erase_ || outcome == push_outcome::refused;
  totals_.accepted += outcome == push_outcome::accepted || outcome == push_outcome::sibling ||
                      outcome == push_outcome::merged;
}

void machine::receipt_done() {
  if (!std::exchange(applying_, false)) return load_replica();
  push_on();
}

// ---- Pulling ----

void machine::start_pull() {
  step_ = step::pulling;
  must_pull_ = true;  // until the feed has been read to its end
  next_ = here_.cursor;
  more_ = true;
  show(phase::pulling, totals_.pulled, 0);
  pump();
}

/// Keeps both hands busy: one page is applied while the next is fetched.
void machine::pump() {
  if (!local_ && queued_ > 0 && !drop_queue_) {
    --queued_;
    do_next(apply_page{});
  }
  if (!network_ && more_ && queued_ + (local_ ? 1 : 0) < k_pages_ahead) {
    do_next(fetch_page{.from = next_,
                       .wait_seconds = 0,
                       .unsent_seconds = here_.unsent_seconds,
                       .own = with_own_});
  }
  if (!network_ && !local_) settle();
}

/// Nothing of the pull is under way any more.
void machine::settle() {
  if (queued_ > 0) {
    queued_ = 0;
    do_next(discard_pages{});
  }
  const bool restart = std::exchange(drop_queue_, false);
  if (auto why = std::exchange(deferred_, std::nullopt)) return failed(*why);
  if (restart) return load_replica();
  must_pull_ = with_own_ = false;
  if (!must_erase_) return round_done();
  step_ = step::erasing;
  do_next(erase_removed{.offer_again = offer_again_});
}

void machine::got_page(const page_arrived& answer) {
  attempts_ = 0;
  renewed_ = false;
  if (answer.items > 0) {
    ++queued_;
    next_ = answer.next;
    reload_ = true;
  }
  if (step_ == step::polling) {
    if (answer.items == 0) {
      // A push that was given up is tried again from time to time.
      if (reload_ || blocked_) {
        unblock();
        return load_replica();
      }
      if (++idle_polls_ % k_polls_between_offers == 0) {
        bounds_ = {};  // what is on the way may have changed
        bounds_grow_ = false;
        left_out_.reset();
        must_pull_ = must_erase_ = offer_again_ = true;
        return load_replica();
      }
      return do_next(fetch_page{.from = next_,
                                .wait_seconds = poll_seconds(),
                                .unsent_seconds = here_.unsent_seconds,
                                .own = with_own_});
    }
    step_ = step::pulling;
    must_pull_ = more_ = true;
  }
  if (answer.items == 0 && answer.more) {
    more_ = false;
    deferred_ = not_understood("it sent an empty page and promised more");
  }
  more_ = more_ && answer.more;
  pump();
}

void machine::page_done(const page_applied& effect) {
  if (effect.applied) {
    totals_.pulled += static_cast<std::int64_t>(effect.new_versions);
    must_erase_ = must_erase_ || effect.removed > 0;
    show(phase::pulling, totals_.pulled, 0);
  } else {
    drop_queue_ = true;
    more_ = false;
    if (network_) do_next(cancel_request{});
  }
  pump();
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
      must_pull_ = true;
      return failed(answer.what);
    case step::pulling:
      more_ = false;
      if (!drop_queue_) deferred_ = answer.what;
      return pump();  // what has been fetched is still applied
    case step::pushing:
      lost_ = answer;
      return push_on();
    case step::asking_session:
      if (answer.what.code == errc::challenge_invalid && !challenge_repeated_) {
        challenge_repeated_ = true;
        return load_replica();
      }
      return failed(answer.what);
    case step::acknowledging:
      // A refused erasure receipt must not hold up everything else; the next run sends it again.
      if (!withdrawn_ && scope_of(answer.what.code) == failure_scope::push) {
        erasure_refused_ = true;
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
    if (std::exchange(applying_, false)) deferred_ = what;
    more_waits_ = false;
    return push_on();
  }
  if (step_ == step::pulling) {
    // A record that was taken from this laptop, and erased, came back with a restored server, which
    // does not send this device its own versions unless it is asked to. Or a copy of this folder
    // has made them: then a new session tells.
    if (what.code != errc::protocol_error || with_own_) {
      deferred_ = what;
    } else {
      with_own_ = true;
      session_ = false;
    }
    drop_queue_ = true;
    more_ = false;
    if (network_) do_next(cancel_request{});
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
      if (withdrawn_) return false;  // there is nothing else to do
      blocked_ = asked_to_wait(what);
      push_not_before_ = input_.now_millis + wait_of(what);
      decide();
      return true;
    case failure_scope::server_fault:
      // The push is kept and tried again later; pulling must not wait for that.
      blocked_ = what;
      decide();
      return true;
    case failure_scope::too_late:
      if (was_halved(last_push)) {
        recover(std::optional(last_push));
        return true;
      }
      if (++old_ > k_one_shot_attempts) return false;
      went_old_ = what;
      server_last_ = last_push;
      give_push_up();
      return true;
    case failure_scope::went_back:
      recover(std::optional(last_push));
      return true;
    case failure_scope::push:
      if (what.code != errc::push_id_reused || std::exchange(id_reused_, true)) blocked_ = what;
      give_push_up();
      return true;
  }
  return false;
}

void machine::give_push_up() {
  step_ = step::dropping_push;
  do_next(drop_push{inflight_push_.id});
}

void machine::failed(const error& what) {
  switch (scope_of(what.code)) {
    case failure_scope::session:
      if (!session_ || std::exchange(renewed_, true)) return end(what);
      session_ = false;
      return load_replica();
    case failure_scope::access:
      // A new session says whether everything is to be erased.
      if (!session_) return end(what);
      session_ = false;
      return load_replica();
    case failure_scope::passing:
    case failure_scope::server_fault:
      // A page that does not fit may be one for another copy of this folder: a new session tells.
      if (what.code == errc::protocol_error) session_ = false;
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
  if (input_.now_millis >= push_not_before_) blocked_.reset();
}

/// A push that waits for its time goes out soon after it.
int machine::poll_seconds() const {
  const auto left = push_not_before_ - input_.now_millis;
  if (!blocked_ || left <= 0) return k_poll_seconds;
  return static_cast<int>(std::min<std::int64_t>(k_poll_seconds, left / 1000 + 1));
}

void machine::retry_later(const error& why) {
  ++attempts_;
  if (!watch_ && (!worth_asking_again(why.code) || attempts_ >= k_one_shot_attempts)) {
    return end(why);
  }
  const int doublings = std::min(attempts_ - 1, 10);
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
