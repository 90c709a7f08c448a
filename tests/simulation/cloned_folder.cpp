// Copied folders: a copy comes into use beside the first, and enrolls again when it is told to.
#include "tests/simulation/run.hpp"

namespace autocusto::simulation {

void simulation_run::add_clone(laptop& of) {
  constexpr std::size_t most = 9;
  if (laptops_.size() >= most || of.off || of.home->wiped()) return;
  auto on = std::make_unique<laptop>();
  on->number = laptops_.size();
  on->user = of.user;
  on->device = of.device;
  on->replaced = of.replaced;
  on->clock = std::make_unique<skewed_clock>(time_);
  on->home = from_.copy_client(*of.home, on->number, *on->clock,
                               seeded_random::of(plan_.stream, 24, on->number));
  if (!on->home) return;
  on->revoked = of.revoked;
  on->lost_access = of.lost_access;
  on->lost = of.lost;
  on->saved = of.saved;
  on->discarded = of.discarded;
  on->let_go = of.let_go;
  note("laptop " + std::to_string(on->number) + " is a copy of laptop " +
       std::to_string(of.number));
  laptops_.push_back(std::move(on));
}

bool simulation_run::enroll_again(laptop& on) {
  if (!server_->up()) return false;
  const auto lost_request = line_->now.lost_request;
  const auto lost_answer = line_->now.lost_answer;
  const auto ask = [&](const sim_server::enroll_form& what) -> result<enrolled> {
    const auto away = fail(errc::unreachable, "No answer.");
    if (random_.below(100) < lost_request) return away;
    auto answer = server_->enroll_again(what);
    if (!answer) server_died();
    if (!answer || random_.below(100) < lost_answer) return away;
    return *std::move(answer);
  };
  const auto gone = [](errc code) {
    return code == errc::device_revoked || code == errc::user_disabled;
  };
  const auto passes = [](errc code) {
    return code == errc::unreachable || code == errc::unavailable || code == errc::internal;
  };
  try {
    const auto made = on.home->enroll_again(ask);
    if (made) {
      on.replaced.insert(on.device);
      on.device = *made;
      oracle_.device(on.device, doctors_[on.user].id);
      note("laptop " + std::to_string(on.number) + " is a device of its own");
      return true;
    }
    const auto code = made.error().code;
    if (gone(code) && on.lost_access) return true;  // the sync tells what follows from that
    if (!passes(code)) {
      oracle_.broken("10: laptop " + std::to_string(on.number) +
                     " cannot enroll again: " + made.error().message);
    }
  } catch (const client_died&) {
    died(on);
  }
  return false;
}

}  // namespace autocusto::simulation
