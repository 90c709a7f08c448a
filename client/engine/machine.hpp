#pragma once
// Sync as a pure state machine: events in, actions out; no I/O, no clock, no randomness.
//
// One round: look at the replica; get a session; send a push that is kept without an answer (same
// id, same bytes: the server answers a repeated push with its stored receipt); push everything that
// waits, batch by batch, the next batch being prepared while one is at the server, and a receipt
// being applied while the next batch is; pull pages until there are no more, the next one being
// fetched while one is applied; look again. One shot ends there; watching goes on with a long poll,
// and starts over when something was saved or an answer came.
//
// When the server went back to an older state (it does not know this device's last push, or the
// cursor, or its feed does not have what it had acknowledged or given), the round begins anew as a
// recovery: ask which of all versions held here it lacks, push them with their proofs, go on from
// its last push, and read the feed from its start.
//
// A refused version stops nothing: the replica takes it off the outbox when it applies the
// receipt. A push that is refused as a whole is given up for this round and named in the outcome;
// pulling goes on.
//
// A push that something refuses for its size (413, often of a proxy on the way) is halved. It may
// be given up only when the server says, in a new session, that it has not taken it; else the
// server is asked for its receipt, which needs only the push's id. A single version that does not
// get through is left out of the batches of this run, with its record, and named in the outcome;
// the others go on.
//
// What passes by itself (no network, busy server, busy replica) is tried again
// after an exponential back-off with jitter while watching, and ends a one-shot sync, but for a
// busy server, which is asked three times. When the server sets a limit (429) and says when to come
// back, nothing of that kind is sent before: pushes wait while pulling goes on; anything else waits
// as a whole. What a person must mend stops the machine:
//   prev_push_old                                      this folder went back or was copied: it is
//                                                      to be enrolled again
//   device_revoked, user_disabled, scope `surrender`   the replica is closed first, so that nothing
//                                                      is saved any more; hands over what the
//                                                      server lacks, and asks once more what that
//                                                      is; is erased when the server has
//                                                      everything, else stays sealed; sends the
//                                                      erasure receipt; then the folder is wiped
//   wipe in a session's answer                         the same without handing over, in any case
//   device_unknown and everything else                 nothing is touched
//
// A value: copy it to try what an event would do. One thread at a time.

#include <cstdint>
#include <optional>
#include <vector>

#include "client/engine/machine_state.hpp"
#include "client/engine/messages.hpp"

namespace autocusto::engine {

enum class step {
  idle,
  loading_state,
  asking_challenge,
  asking_session,
  saving_push,
  pushing,
  asking_receipt,
  applying_receipt,
  dropping_push,
  beginning_recovery,
  asking_missing,
  marking_missing,
  restarting_feed,
  pulling,
  erasing,
  polling,
  backing_off,
  closing,
  reopening,
  erasing_everything,
  acknowledging,
  noting_erasure,
  wiping,
  done,
};

/// Back-off: half of the window fixed, half by jitter; the window doubles from the first to the
/// last. After a fault ends, sync goes on within 30 s.
inline constexpr std::int64_t k_first_window_millis = 500;
inline constexpr std::int64_t k_last_window_millis = 25'000;
/// How often a one-shot sync asks a busy server.
inline constexpr int k_one_shot_attempts = 3;
/// How often in a row the server may go back before a person is asked.
inline constexpr int k_recoveries = 3;
/// How long the server may hold a request while nothing is new; a laptop that slept notices a dead
/// connection after that.
inline constexpr int k_poll_seconds = 50;
/// After so many polls without news, what an overfull quarantine did not take is offered again.
inline constexpr int k_polls_between_offers = 36;
/// Pages that may wait to be applied while another one is fetched; each is at most 8 MiB.
inline constexpr std::size_t k_pages_ahead = 2;

class machine {
 public:
  /// What to do next, in this order. Throws std::logic_error for an event that nothing has asked
  /// for (a bug of the runner).
  [[nodiscard]] std::vector<action> on(const event& what, const step_input& input);

  [[nodiscard]] step at() const { return step_; }
  [[nodiscard]] const counts& totals() const { return totals_; }

 private:
  void expect(const event& what);
  void dispatch(const event& what);
  void do_next(action a);
  void show(phase what, std::int64_t done, std::int64_t total);
  void end(std::optional<error> why);

  void load_replica();
  void state_loaded(const replica_state& found);
  void decide();
  void all_done();

  void got_session(const session_opened& answer);
  void go_on(const session_opened& answer);
  [[nodiscard]] bool answer_was_lost(const std::optional<push_id>& server_last) const;
  void access_gone(const session_opened& answer);
  void give_up();
  void all_erased(const everything_erased& effect);
  void acknowledge();
  void acknowledged(const erasure_taken& answer);

  [[nodiscard]] wire::push_object push_after(const std::optional<push_id>& previous) const;
  void build_push();
  void send_inflight();
  void send_inflight_now();
  void push_on();
  void got_ready(const push_prepared& next);
  void take_receipt(const receipt_arrived& answer);
  void count(wire::push_outcome outcome);
  void receipt_done();
  void push_lost(const request_failed& answer);
  void got_page(const page_arrived& answer);
  void page_done(const page_applied& effect);
  void start_pull();
  void fetch(int wait_seconds);
  void pump();
  void settle();
  void drop_pages();
  void removal_is_due();
  void round_done();

  void request_lost(const request_failed& answer);
  void local_lost(const error& what);
  void failed(const error& what);
  bool push_failed(const error& what, const std::optional<push_id>& last_push);
  void give_push_up();
  void offer_left_out();
  void too_large(const error& what);
  void halve();
  void ask_for_receipt();
  void receipt_untold(const error& what);
  [[nodiscard]] bool was_halved(const std::optional<push_id>& server_last) const;
  void recover(const std::optional<std::optional<push_id>>& server_last);
  void check_acknowledged();
  void retry_later(const error& why);
  void back_off(const error& why, std::int64_t millis);
  void unblock();
  [[nodiscard]] int poll_seconds() const;
  /// Whether the session grants no more than handing over.
  [[nodiscard]] bool withdrawn() const { return session_.granted != granted_access::full; }

  step step_ = step::idle;
  step_input input_;
  std::vector<action> out_;
  /// The events (by their index) that the request and the local action under way will bring.
  std::optional<std::size_t> network_;
  std::optional<std::size_t> local_;

  bool watch_ = false;
  run_state run_ = run_state::running;
  replica_state here_;             ///< as it was loaded last
  bool reload_ = false;            ///< something may have changed since
  std::optional<error> deferred_;  ///< a failure that waits until what is under way has ended
  session_state session_;
  outgoing_pushes pushes_;
  push_size size_;
  incoming_pages pages_;
  recovery_state recovery_;
  hand_over_state hand_over_;
  back_off_state back_off_;
  counts totals_;
};

}  // namespace autocusto::engine
