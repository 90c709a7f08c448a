// The machine of a laptop that has lost its access: handing over, erasing, the erasure receipt.
#include <utility>

#include "client/engine/failure.hpp"
#include "client/engine/machine.hpp"

namespace autocusto::engine {

void machine::access_gone(const session_opened& answer) {
  lost_laptop_ = answer.wipe;
  if (lost_laptop_) return give_up();
  went_back_ = answer.prev_push == wire::push_memory::unknown &&
               !(here_.inflight_push && here_.inflight_push->id == answer.last_push);
  server_last_ = answer.last_push;
  if (oversized_) oversized_->not_taken = answer.prev_push == wire::push_memory::ok;
  step_ = step::closing;
  do_next(close_replica{});
}

/// The session grants no more than handing over: first what the server lacks, then the receipt that
/// the rest is erased.
void machine::give_up() {
  if (here_.erased) return acknowledge();
  if (lost_laptop_) {
    step_ = step::erasing_everything;
    return do_next(erase_everything{.in_any_case = true});
  }
  if (std::exchange(went_back_, false) && !here_.recovering) {
    return recover(std::optional(server_last_));
  }
  if (here_.recovering && !asked_missing_) {
    step_ = step::asking_missing;
    return do_next(ask_missing{});
  }
  if (blocked_) {
    const auto why = *std::exchange(blocked_, std::nullopt);
    return watch_ ? retry_later(why) : end(why);
  }
  if (here_.inflight_push && oversized_) return halve();
  if (here_.inflight_push) {
    inflight_push_ = *here_.inflight_push;
    more_waits_ = false;
    return send_inflight();
  }
  if (!(here_.versions.empty() && here_.discards.empty())) return build_push();
  if (!asked_missing_) {
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
  attempts_ = 0;
  if (!answer.what) return load_replica();  // another process was faster
  everything_receipted_ = answer.what->everything;
  step_ = step::noting_erasure;
  do_next(note_erasure{*answer.what});
}

}  // namespace autocusto::engine
