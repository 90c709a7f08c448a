// Pushes that something on the way, or the server, refuses for their size.
#include <algorithm>
#include <utility>

#include "client/engine/failure.hpp"
#include "client/engine/machine.hpp"

namespace autocusto::engine {

/// The same bytes would be refused again; but a copy of them may have got through before, by
/// another way. Only the server can say that it does not have them, and a session does.
void machine::too_large(const error& what) {
  oversized_ = oversized_push{.id = inflight_push_.id, .why = what};
  session_ = false;
  load_replica();
}

void machine::halve() {
  const auto& batch = *here_.inflight_push;
  if (batch.id != oversized_->id) {
    oversized_.reset();  // another process has finished that one
    return decide();
  }
  if (!oversized_->not_taken) return ask_for_receipt();
  const auto large = *std::exchange(oversized_, std::nullopt);
  const auto size = std::max(batch.versions, batch.discards);
  halved_.push_back(batch.id);
  inflight_push_ = batch;
  if (size > 1) {
    bounds_.at_most = size / 2;
    bounds_grow_ = false;
  } else {
    left_out_ = large.why;
    bounds_.at_most = 1;
    bounds_grow_ = true;  // it may have been the only reason
    bounds_.without.insert(bounds_.without.end(), batch.ids.begin(), batch.ids.end());
  }
  give_push_up();
}

/// The server has it. What was saved after it must not wait until its bytes get through again.
void machine::ask_for_receipt() {
  inflight_push_ = *here_.inflight_push;
  queued_push_.reset();
  more_waits_ = false;
  const auto size = std::max(inflight_push_.versions, inflight_push_.discards);
  if (size > 1) bounds_.at_most = std::min(bounds_.at_most, size / 2);  // no more than that passes
  step_ = step::asking_receipt;
  do_next(ask_receipt{inflight_push_.id});
}

/// A server of before does not know the question: then the push stays as it is, and its receipt
/// comes when it gets through again, by this or another way.
void machine::receipt_untold(const error& what) {
  if (scope_of(what.code) != failure_scope::push) return failed(what);
  blocked_ = std::exchange(oversized_, std::nullopt)->why;
  decide();
}

/// An edit may be that what did not get through was discarded here: what was left out is offered
/// again, one by one as before, so that this costs one refused request.
void machine::offer_left_out() {
  if (!left_out_) return;
  left_out_.reset();
  bounds_.without.clear();
  bounds_.at_most = 1;
}

/// Whether the server's last push is one that was given up for its size after all: a copy of it
/// arrived late. A recovery then takes that push as the one before.
bool machine::was_halved(const std::optional<push_id>& server_last) const {
  return server_last && std::find(halved_.begin(), halved_.end(), *server_last) != halved_.end();
}

}  // namespace autocusto::engine
