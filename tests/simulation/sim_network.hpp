#pragma once
// Between laptops and server: a network that loses, delays, doubles, reorders and cuts; and the
// shell that runs the real sync machine on virtual time. One thread.

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "client/engine/machine.hpp"
#include "tests/simulation/base.hpp"
#include "tests/simulation/sim_client.hpp"
#include "tests/simulation/sim_server.hpp"

namespace autocusto::simulation {

/// Chances in percent.
struct network_faults {
  std::uint64_t lost_request = 0;
  std::uint64_t lost_answer = 0;
  std::uint64_t doubled = 0;  ///< the server gets it again later
  std::uint64_t delayed = 0;  ///< up to longer than anybody waits: so it overtakes or is overtaken
  /// Bytes of a push, not a chance: something in between answers a larger one with 413, while a
  /// copy of it may have come by another way. 0: none.
  std::size_t largest = 0;
};

struct network_counts {
  std::int64_t requests = 0, lost = 0, lost_answers = 0, doubled = 0, late = 0, polls = 0,
               too_large = 0, receipts_asked = 0;
};

class sim_network {
 public:
  using on_reply = std::function<void(reply)>;

  sim_network(virtual_time& time, sim_server& server, seeded_random random)
      : time_(time), server_(server), random_(random) {}

  network_faults now;
  /// As `network_faults::largest`, but for ever: a version alone gets through.
  std::size_t largest = 0;
  /// Called around each push that reaches the server, with the object that was signed.
  std::function<void()> before_push;
  std::function<void(const std::string& object)> after_push;
  /// Called when the server died while it worked on something.
  std::function<void()> on_death;
  /// The reply comes once, at some later moment, unless the asker forgets it.
  void send(request what, on_reply done);
  /// Something happened at the server that long polls may have waited for.
  void moved();
  /// The server process is gone, and with it everything that it held open.
  void server_gone();
  [[nodiscard]] const network_counts& counts() const { return counts_; }

 private:
  struct parked {
    request what;
    on_reply done;
    unix_millis until = 0;
  };
  void arrive(const request& what, const on_reply& done);
  void answer(reply with, const on_reply& done);
  [[nodiscard]] bool too_large(const request& what) const;
  std::optional<reply> handle(const request& what);
  void look_after_polls();

  virtual_time& time_;
  sim_server& server_;
  seeded_random random_;
  std::list<parked> parked_;
  network_counts counts_;
};

/// One run of sync on one laptop, from `begin` to `finish`.
class sync_run {
 public:
  sync_run(virtual_time& time, sim_network& line, sim_client& at, seeded_random random, bool watch);
  ~sync_run();
  sync_run(const sync_run&) = delete;
  sync_run& operator=(const sync_run&) = delete;

  [[nodiscard]] bool done() const { return result_.has_value(); }
  [[nodiscard]] const engine::outcome& ending() const { return *result_; }
  [[nodiscard]] engine::step at() const { return machine_.at(); }
  void stop();
  /// The doctor saved something; a watching program notices within a second.
  void saved();
  /// No network: what is under way and everything later fails until then.
  void cut_off(unix_millis until) { cut_until_ = until; }

  /// Called when the laptop died in the middle: the run is over, and so is this object soon.
  std::function<void()> on_death;
  /// Called before the folder is removed, with whether the last session granted full access.
  std::function<void(bool)> on_wipe;

 private:
  void push(engine::event what);
  void next();
  void perform(std::vector<engine::action>& actions);
  void perform_one(engine::action& what);
  void ask(call what);
  void replied(std::uint64_t number, reply with);
  void local(const result<void>& done, engine::event made);
  bool perform_request(engine::action& what);
  bool perform_local(engine::action& what);
  bool perform_surrender(engine::action& what);
  bool perform_recovery(engine::action& what);
  template <class Event>
  void answer_local(const result<Event>& found);
  /// Runs what touches the replica; a laptop that dies ends this run of sync.
  template <class Work>
  void guarded(Work work);
  void arrived(reply with);

  virtual_time& time_;
  sim_network& line_;
  sim_client& client_;
  seeded_random random_;
  engine::machine machine_;
  std::deque<engine::event> events_;
  std::deque<engine::checked_page> pages_;
  std::optional<engine::outcome> result_;
  std::string token_;
  bool granted_ = false;  ///< the last session's scope was `full`
  device_id device_;
  wire::cursor asked_from_;
  std::optional<wire::erasure_object> receipt_;
  unix_millis cut_until_ = 0;
  std::uint64_t asked_ = 0;  ///< number of the request under way; 0: none
  std::uint64_t asks_ = 0;
  std::uint64_t timers_ = 0;
  bool scheduled_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace autocusto::simulation
