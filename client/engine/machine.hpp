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
#include <string_view>
#include <vector>

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
[[nodiscard]] std::string_view step_name(step s);

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
  void pump();
  void settle();
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

  step step_ = step::idle;
  step_input input_;
  std::vector<action> out_;
  /// The events (by their index) that the request and the local action under way will bring.
  std::optional<std::size_t> network_;
  std::optional<std::size_t> local_;

  bool watch_ = false;
  bool session_ = false;
  std::optional<device_id> session_for_;  ///< whose session it is
  bool renewed_ = false;                  ///< the session was lost, and nothing has succeeded since
  bool challenge_repeated_ = false;       ///< one challenge has failed already
  bool stopping_ = false;
  bool wiped_ = false;
  bool withdrawn_ = false;    ///< the session grants no more than handing things over
  session_opened reopening_;  ///< the answer that gave a closed laptop its access back
  bool lost_laptop_ = false;  ///< … and not even that: everything is to be erased at once
  bool went_back_ = false;    ///< the server, as the session without access told
  bool everything_receipted_ = false;  ///< the server has the erasure receipt for everything
  bool erasure_refused_ = false;  ///< it refused the erasure receipt; not sent again in this run
  bool offer_again_ = true;       ///< once a run, and from time to time while watching
  int idle_polls_ = 0;
  bool id_reused_ = false;        ///< a push id was taken once in this run
  bool must_pull_ = true;         ///< the feed was not read to its end since a push, failure, start
  bool must_erase_ = true;        ///< once a run, after every removal and refusal
  bool reload_ = false;           ///< something may have changed since the state was loaded
  bool with_own_ = false;         ///< pages are asked for with this device's own versions
  bool asked_missing_ = false;    ///< the recovery under way has been told what the server lacks
  bool pulled_twice_ = false;     ///< an acknowledged version did not come; one more pull was made
  bool asked_awaited_ = false;    ///< a recovery was begun for versions without items
  int recoveries_ = 0;            ///< in a row
  int attempts_ = 0;              ///< failures in a row
  int old_ = 0;                   ///< how often a push came too late in a row
  std::optional<error> blocked_;  ///< why pushing is given up for this round
  std::int64_t push_not_before_ = 0;  ///< by `step_input::now_millis`: the server has set a limit
  struct oversized_push {
    push_id id;
    error why;
    bool not_taken = false;  ///< the server, asked afterwards, does not have it
  };
  std::optional<oversized_push> oversized_;
  batch_bounds bounds_;
  bool bounds_grow_ = false;       ///< one version alone was too large, and is left out
  std::vector<push_id> halved_;    ///< given up for their size
  std::optional<error> left_out_;  ///< why `bounds_.without` is not empty
  std::optional<error> went_old_;  ///< the replica must catch up with server_last_, or stop
  std::optional<push_id> server_last_;

  replica_state here_;
  replica_state::kept_push inflight_push_;
  std::optional<replica_state::kept_push> queued_push_;  ///< kept to follow the one in flight
  bool more_waits_ = false;                              ///< more than is kept
  bool applying_ = false;  ///< a receipt is being applied while the current push is at the server
  std::optional<receipt_arrived> came_;  ///< the current push's, while the replica is at work
  std::optional<request_failed> lost_;   ///< likewise
  std::int64_t push_goal_ = 0;           ///< for progress: what was to be pushed in all

  wire::cursor next_;              ///< where the next page begins
  bool more_ = false;              ///< there are pages to fetch
  bool drop_queue_ = false;        ///< the pages in the queue are not to be applied
  std::size_t queued_ = 0;         ///< pages fetched and not being applied yet
  std::optional<error> deferred_;  ///< a failure that waits until what is under way has ended
  counts totals_;
};

}  // namespace autocusto::engine
