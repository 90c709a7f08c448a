// A laptop or the server that starts from an older copy of itself, and what may then be missing: a
// version that no laptop has any more which the server has lost. What any laptop has, must come
// back.
#include "tests/simulation/run.hpp"

namespace autocusto::simulation {
namespace {

std::set<version_id> everything_in(sim_client& home) {
  std::set<version_id> held = home.unsent();
  for (const auto& record : home.see_all()) {
    for (const auto& [id, raw] : record.versions) held.insert(id);
  }
  for (const auto& id : home.refused()) held.insert(id);
  return held;
}

std::set<version_id> everything_in(const server_state& now) {
  auto all = now.quarantined;
  for (const auto& [id, v] : now.versions) all.insert(id);
  return all;
}

}  // namespace

void simulation_run::roll_back(laptop& on, const operation& o) {
  const bool laptop_there = !on.off && !on.home->wiped();
  switch (o.what) {
    case verb::laptop_copy:
      if (laptop_there) on.home->keep_copy();
      return;
    case verb::laptop_goes_back:
      if (laptop_there) laptop_goes_back(on);
      return;
    case verb::server_copy:
      if (server_->up() && server_->keep_copy()) keep_in_mind();
      return;
    default:
      if (server_->up()) server_goes_back(o.how % 3 == 0);
  }
}

/// What it saved since is not on it any more; what the server has of it, the oracle knows.
void simulation_run::laptop_goes_back(laptop& on) {
  on.sync.reset();
  if (!on.home->go_back()) return;
  on.device = on.home->port().load_state().value().device;
  const auto held = everything_in(*on.home);
  std::erase_if(on.saved, [&held](const auto& each) { return !held.contains(each.first); });
  for (auto& [id, holders] : lost_) {
    if (!held.contains(id)) holders.erase(on.number);
  }
}

void simulation_run::keep_in_mind() {
  then_.receipts.clear();
  for (const auto& [id, seen] : oracle_.receipts()) then_.receipts.insert(id);
  then_.devices.clear();
  then_.disabled.clear();
  for (const auto& on : laptops_) then_.devices[on->device] = on->revoked;
  for (const auto& each : doctors_) then_.disabled.push_back(each.disabled);
}

void simulation_run::server_goes_back(bool whole_disk) {
  const bool unclear = std::any_of(laptops_.begin(), laptops_.end(), [](const auto& on) {
    return on->off;  // what it holds cannot be told
  });
  if (unclear) return;
  // With the whole disk the server forgets devices since; those need a link from the administrator.
  whole_disk = whole_disk && std::all_of(laptops_.begin(), laptops_.end(), [this](const auto& on) {
                 return then_.devices.contains(on->device);
               });
  const auto before = everything_in(server_->state());
  line_->server_gone();
  if (!server_->go_back(whole_disk)) return;
  note(whole_disk ? "  with its journal" : "  but for its journal");
  const auto after = everything_in(server_->state());
  std::map<std::size_t, std::set<version_id>> held;
  for (const auto& on : laptops_) {
    if (!on->home->wiped()) held[on->number] = everything_in(*on->home);
    // Its erasure receipt may be forgotten; nobody is left to send it again.
    on->receipt_lost = on->receipt_lost || on->receipt_taken || on->home->wiped();
  }
  for (const auto& id : before) {
    if (after.contains(id)) continue;
    auto& holders = lost_[id];
    holders.clear();
    for (const auto& [number, ids] : held) {
      if (ids.contains(id)) holders.insert(number);
    }
  }
  oracle_.server_went_back(then_.receipts);
  if (!whole_disk) return;
  for (const auto& on : laptops_) on->revoked = then_.devices.at(on->device);
  for (std::size_t i = 0; i < doctors_.size(); ++i) doctors_[i].disabled = then_.disabled[i];
}

bool simulation_run::excused(const version_id& id) const {
  const auto at = lost_.find(id);
  if (at == lost_.end()) return false;
  return std::none_of(at->second.begin(), at->second.end(),
                      [this](std::size_t number) { return !laptops_[number]->lost; });
}

bool simulation_run::held_by(const version_id& id, const user_id& user) const {
  const auto& holders = lost_.at(id);
  return std::any_of(holders.begin(), holders.end(), [&](std::size_t number) {
    const auto& on = *laptops_[number];
    return doctors_[on.user].id == user && !on.lost;
  });
}

}  // namespace autocusto::simulation
