// Pushes that something on the way, or the server, refuses for their size.
#include <algorithm>
#include <utility>

#include "client/engine/failure.hpp"
#include "client/engine/machine.hpp"

namespace autocusto::engine {

/// The same bytes would be refused again; but a copy of them may have got through before, by
/// another way. Only the server can say that it does not have them, and a session does.
void machine::too_large(const error& what) {
  size_.oversized = push_size::oversized_push{.id = pushes_.inflight.id, .why = what};
  session_.open = false;
  load_replica();
}

void machine::halve() {
  const auto& batch = *here_.inflight_push;
  if (batch.id != size_.oversized->id) {
    size_.oversized.reset();  // another process has finished that one
    return decide();
  }
  if (!size_.oversized->not_taken) return ask_for_receipt();
  const auto large = *std::exchange(size_.oversized, std::nullopt);
  const auto size = std::max(batch.versions, batch.discards);
  size_.halved.push_back(batch.id);
  pushes_.inflight = batch;
  if (size > 1) {
    size_.bounds.at_most = size / 2;
    size_.grows = false;
  } else {
    size_.left_out = large.why;
    size_.bounds.at_most = 1;
    size_.grows = true;  // it may have been the only reason
    size_.bounds.without.insert(size_.bounds.without.end(), batch.ids.begin(), batch.ids.end());
  }
  give_push_up();
}

/// The server has it. What was saved after it must not wait until its bytes get through again.
void machine::ask_for_receipt() {
  pushes_.inflight = *here_.inflight_push;
  pushes_.queued.reset();
  pushes_.more_wait = false;
  const auto size = std::max(pushes_.inflight.versions, pushes_.inflight.discards);
  if (size > 1)
    size_.bounds.at_most = std::min(size_.bounds.at_most, size / 2);  // no more than that passes
  step_ = step::asking_receipt;
  do_next(ask_receipt{pushes_.inflight.id});
}

/// A server of before does not know the question: then the push stays as it is, and its receipt
/// comes when it gets through again, by this or another way.
void machine::receipt_untold(const error& what) {
  if (scope_of(what.code) != failure_scope::push) return failed(what);
  back_off_.pushing = std::exchange(size_.oversized, std::nullopt)->why;
  decide();
}

/// An edit may be that what did not get through was discarded here: what was left out is offered
/// again, one by one as before, so that this costs one refused request.
void machine::offer_left_out() {
  if (!size_.left_out) return;
  size_.left_out.reset();
  size_.bounds.without.clear();
  size_.bounds.at_most = 1;
}

/// Whether the server's last push is one that was given up for its size after all: a copy of it
/// arrived late. A recovery then takes that push as the one before.
bool machine::was_halved(const std::optional<push_id>& server_last) const {
  return server_last &&
         std::find(size_.halved.begin(), size_.halved.end(), *server_last) != size_.halved.end();
}

}  // namespace autocusto::engine
