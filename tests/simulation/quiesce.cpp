// The end of all faults: everything is started again, and everybody syncs until nothing moves.
#include "tests/simulation/run.hpp"
#include "tests/support/step_name.hpp"

namespace autocusto::simulation {
namespace {

/// A lost request is noticed after its deadline, then there is one back-off.
constexpr unix_millis k_recovery = (30 + 30) * k_second;
constexpr unix_millis k_poll = 90 * k_second;
constexpr unix_millis k_sync = 10 * k_minute;

/// A poll may just have come back when it is looked at.
constexpr unix_millis k_moment = 10 * k_second;

bool stands_still(const laptop& on) {
  if (!on.sync || on.sync->done() || !on.watching) return false;
  const auto at = on.sync->at();
  return at != engine::step::polling && at != engine::step::pulling &&
         at != engine::step::loading_state;
}

bool about_access(errc code) {
  return code == errc::device_revoked || code == errc::user_disabled;
}

}  // namespace

void simulation_run::quiesce() {
  note("quiesce");
  line_->now = {};
  server_->mend();
  time_.run_until([this] { return !server_down_ && server_->up(); }, time_.now() + k_day);
  for (auto& on : laptops_) on->home->mend();
  time_.run_until(
      [this] {
        return std::none_of(laptops_.begin(), laptops_.end(),
                            [](const auto& on) { return on->off; });
      },
      time_.now() + k_day);
  quiescing_ = true;
  // Programs that watch go on by themselves.
  time_.run_until(time_.now() + k_recovery + k_poll);
  for (auto& on : laptops_) {
    static_cast<void>(
        time_.run_until([&on] { return !stands_still(*on); }, time_.now() + k_moment));
    if (stands_still(*on)) {
      oracle_.broken("10: laptop " + std::to_string(on->number) + " watches and stands still in " +
                     std::string(engine::step_name(on->sync->at())));
    }
    stop_sync(*on);
  }
  sync_all(false);
  sync_all(false);
  sync_all(true);
  // Once more from the disk.
  line_->server_gone();
  server_->crash();
  server_->start();
}

void simulation_run::sync_all(bool must_be_quiet) {
  for (auto& on : laptops_) sync_one(*on, must_be_quiet);
}

void simulation_run::sync_one(laptop& on, bool must_be_quiet) {
  const auto name = "laptop " + std::to_string(on.number);
  const auto ended = [&on] { return !on.sync || on.sync->done(); };
  if (!time_.run_until(ended, time_.now() + k_sync)) {
    oracle_.broken("10: " + name + " does not end its sync");
    return;
  }
  if (on.home->wiped()) return;
  start_sync(on, false);
  if (!time_.run_until(ended, time_.now() + k_sync)) {
    oracle_.broken("10: " + name + " does not end its sync in " +
                   std::string(engine::step_name(on.sync->at())));
    return;
  }
  const auto& how = on.sync->ending();
  if (!must_be_quiet && how.why && how.why->code == errc::prev_push_old &&
      on.device != told_[&on]) {
    told_[&on] = on.device;  // once for each device that it is
    return sync_one(on, must_be_quiet);
  }
  if (how.why && !(on.lost_access && about_access(how.why->code))) {
    oracle_.broken("10: " + name + " cannot sync: " + std::string(code_name(how.why->code)) + ": " +
                   how.why->message);
    return;
  }
  if (must_be_quiet && !how.why && how.totals != engine::counts{}) {
    oracle_.broken("6: " + name + " still moves something: pushed " +
                   std::to_string(how.totals.pushed) + ", pulled " +
                   std::to_string(how.totals.pulled));
  }
}

}  // namespace autocusto::simulation
