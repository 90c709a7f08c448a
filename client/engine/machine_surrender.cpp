// The machine of a laptop that has lost its access: handing over, erasing, the erasure receipt.
#include <utility>

#include "client/engine/failure.hpp"
#include "client/engine/machine.hpp"

namespace autocusto::engine {

void machine::access_gone(const session_opened& answer) {
  if (session_.granted == granted_access::erase) return give_up();
  hand_over_.server_last.reset();
  if (answer.prev_push == wire::push_memory::unknown &&
      !(here_.inflight_push && here_.inflight_push->id == answer.last_push)) {
    hand_over_.server_last.emplace(answer.last_push);
  }
  if (size_.oversized) size_.oversized->not_taken = answer.prev_push == wire::push_memory::ok;
  step_ = step::closing;
  do_next(close_replica{});
}

/// The session grants no more than handing over: first what the server lacks, then the receipt that
/// the rest is erased.
void machine::give_up() {
  if (here_.erased) return acknowledge();
  if (session_.granted == granted_access::erase) {
    step_ = step::erasing_everything;
    return do_next(erase_everything{.in_any_case = true});
  }
  const auto went_back = std::exchange(hand_over_.server_last, std::nullopt);
  if (went_back && !here_.recovering) return recover(went_back);
  if (here_.recovering && !recovery_.asked_missing) {
    step_ = step::asking_missing;
    return do_next(ask_missing{});
  }
  if (back_off_.pushing) {
    const auto why = *std::exchange(back_off_.pushing, std::nullopt);
    return watch_ ? retry_later(why) : end(why);
  }
  if (here_.inflight_push && size_.oversized) return halve();
  if (here_.inflight_push) {
    pushes_.inflight = *here_.inflight_push;
    pushes_.more_wait = false;
    return send_inflight();
  }
  if (!(here_.versions.empty() && here_.discards.empty())) return build_push();
  if (!recovery_.asked_missing) {
    // Also where nothing has said that the server went back: a laptop that only ever read notices
    // nothing, and what it erases it cannot bring any more.
    step_ = step::asking_missing;
    return do_next(ask_missing{});
  }
  step_ = step::erasing_everything;
  do_next(erase_everything{});
}

void machine::all_erased(const everything_erased& effect) {
  if (effect.kept > 0) return end(access_withdrawn(effect.kept, effect.code));
  load_replica();
}

void machine::acknowledge() {
  step_ = step::acknowledging;
  do_next(send_erasure{});
}

void machine::acknowledged(const erasure_taken& answer) {
  back_off_.attempts = 0;
  if (!answer.what) return load_replica();  // another process was faster
  hand_over_.everything_receipted = answer.what->everything;
  step_ = step::noting_erasure;
  do_next(note_erasure{*answer.what});
}

}  // namespace autocusto::engine
