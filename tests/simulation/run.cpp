#include "tests/simulation/run.hpp"

#include <iostream>

#include "tests/simulation/check.hpp"
#include "tests/simulation/kinds.hpp"
#include "tests/support/sync_world.hpp"

namespace autocusto::simulation {
namespace {

constexpr std::uint64_t k_run = 21;
constexpr std::uint64_t k_network = 22;
constexpr std::uint64_t k_server = 23;
constexpr std::uint64_t k_laptop = 24;
constexpr std::uint64_t k_clock = 25;
constexpr std::uint64_t k_proxy = 26;

/// A marker that stands in everything that doctors type, and in nothing else.
constexpr std::string_view k_marker = "Zq";

}  // namespace

simulation_run::simulation_run(factory& from, const plan& p, bool verbose)
    : from_(from), plan_(p), verbose_(verbose), random_(seeded_random::of(p.stream, k_run)) {
  from_.begin_run();
  std::vector<std::string> secrets{std::string(k_marker)};
  for (std::uint32_t i = 0; i < p.records; ++i) secrets.push_back(key_of(i));
  auto skew = seeded_random::of(p.stream, k_clock);
  if (p.faults && skew.percent(30)) server_clock_.set_ahead(skew.between(-10, 10) * k_year);
  server_ = from_.make_server(time_, server_clock_, seeded_random::of(p.stream, k_server), oracle_,
                              std::move(secrets), p.servers);
  line_ = std::make_unique<sim_network>(time_, *server_, seeded_random::of(p.stream, k_network));
  auto proxy = seeded_random::of(p.stream, k_proxy);
  if (p.faults && proxy.percent(30)) {
    line_->largest = static_cast<std::size_t>(proxy.between(3'000, 10'000));
  }
  line_->on_death = [this] { server_died(); };
  watch_feeds();
  watch_erasures();
  const auto [admin, with] = server_->admin();
  oracle_.admin(admin, with);
  for (std::uint32_t i = 0; i < p.users; ++i) {
    doctor d;
    d.email = "dr" + std::to_string(i) + "@sim.example";
    d.id = server_->add_user(d.email);
    oracle_.user(d.id, d.email);
    doctors_.push_back(d);
  }
  for (std::uint32_t i = 0; i < p.laptops; ++i) add_laptop(i % p.users);
}

simulation_run::~simulation_run() {
  for (auto& each : laptops_) each->sync.reset();
  for (auto& each : laptops_) each->home.reset();
  line_.reset();
  server_.reset();
  from_.end_run();
}

void simulation_run::watch_feeds() {
  const auto ends = std::make_shared<std::map<user_id, std::int64_t>>();
  line_->before_push = [this, ends] {
    for (const auto& each : doctors_) (*ends)[each.id] = server_->feed_end(each.id);
  };
  line_->after_push = [this, ends](const std::string& object) {
    const auto actor = wire::decode_push_object(object).value().actor;
    for (const auto& each : doctors_) {
      if (each.id != actor && server_->feed_end(each.id) != ends->at(each.id)) {
        oracle_.broken("8: a push of one doctor moved the feed of another");
      }
    }
  };
}

void simulation_run::watch_erasures() {
  oracle_.on_erasure = [this](const wire::erasure_object& receipt, const sim_client* from) {
    const auto at = std::find_if(laptops_.begin(), laptops_.end(),
                                 [from](const auto& on) { return on->home.get() == from; });
    if (at == laptops_.end() || (*at)->device != receipt.device) return;
    (*at)->receipt_taken = (*at)->receipt_taken || receipt.everything;
    check_receipt(**at, receipt);
  };
}

void simulation_run::check_receipt(laptop& on, const wire::erasure_object& receipt) {
  if (on.off || on.home->wiped()) return;
  const auto name = "laptop " + std::to_string(on.number);
  const auto held = on.home->incarnations();
  const bool still = std::any_of(held.begin(), held.end(), [&receipt](const auto& incarnation) {
    return receipt.everything || std::binary_search(receipt.incarnations.begin(),
                                                    receipt.incarnations.end(), incarnation);
  });
  if (still || (receipt.everything && !on.home->erased())) {
    oracle_.broken("1: " + name + " sent an erasure receipt for what it still holds");
  }
  if (!receipt.everything || on.lost) return;
  const auto now = server_->state();
  for (const auto& [id, record] : on.saved) {
    if (now.versions.contains(id) || now.quarantined.contains(id) || on.let_go.contains(id) ||
        excused(id)) {
      continue;
    }
    // Erased at a time when the server had it still.
    const auto lost = lost_.find(id);
    if (lost != lost_.end() && !lost->second.contains(on.number)) continue;
    oracle_.broken("1: " + name + " erased a version that is nowhere else");
  }
}

void simulation_run::note(const std::string& what) {
  if (verbose_) std::cout << time_.now() - 1'795'000'000'000 << "  " << what << '\n';
}

std::string simulation_run::key_of(std::uint32_t record) const {
  const auto cpf = test::nth_cpf(record * 7 + 3);
  return is_process(record) ? cpf + "/G35" : cpf;
}

record_id simulation_run::record_of(std::uint32_t record) const {
  return record_id_of(tenant_key_, key_of(record));
}

void simulation_run::add_laptop(std::size_t user) {
  constexpr std::size_t most = 9;
  if (laptops_.size() >= most || !server_->up() || doctors_[user].disabled) return;
  auto on = std::make_unique<laptop>();
  on->number = laptops_.size();
  on->user = user;
  on->clock = std::make_unique<skewed_clock>(time_);
  auto skew = seeded_random::of(plan_.stream, k_clock, on->number + 1);
  if (plan_.faults && skew.percent(40)) on->clock->set_ahead(skew.between(-10, 10) * k_year);
  on->home = from_.make_client(on->number, *on->clock,
                               seeded_random::of(plan_.stream, k_laptop, on->number));
  enrolled who;
  try {
    who =
        server_->enroll(doctors_[user].id, on->home->key(), "laptop " + std::to_string(on->number));
  } catch (const error_exception& e) {
    // An administrator's enabling that was in doubt, and came to nothing.
    if (e.get().code != errc::user_disabled) throw;
    doctors_[user].disabled = true;
    return;
  }
  on->home->enroll(who);
  on->device = who.device;
  tenant_key_ = who.tenant_key;
  oracle_.device(who.device, who.user);
  laptops_.push_back(std::move(on));
}

void simulation_run::start_sync(laptop& on, bool watch) {
  if (on.off || on.home->wiped() || (on.sync && !on.sync->done())) return;
  const bool copied =
      on.sync && on.sync->ending().why && on.sync->ending().why->code == errc::prev_push_old;
  if (copied && !enroll_again(on)) return;
  on.sync =
      std::make_unique<sync_run>(time_, *line_, *on.home, seeded_random(random_.next()), watch);
  on.watching = watch;
  on.sync->on_death = [this, &on] { died(on); };
  on.sync->on_wipe = [&on](bool granted) { on.came_back_late = granted; };
}

void simulation_run::stop_sync(laptop& on) {
  on.watching = false;
  if (on.sync && !on.sync->done()) on.sync->stop();
}

/// The laptop lost power, or its program ended by an error of the disk.
void simulation_run::died(laptop& on) {
  ++oracle_.counts.crashes;
  note("laptop " + std::to_string(on.number) + " died");
  on.off = true;
  time_.after(random_.between(100, 30'000), [this, &on] { turn_on(on); });
}

void simulation_run::turn_on(laptop& on) {
  if (!on.off) return;
  on.off = false;
  // What was under way is gone; it may be the very thing that is calling.
  std::shared_ptr<sync_run> old(std::move(on.sync));
  time_.after(0, [old] {});
  on.home->restart();
  if (on.home->wiped()) return;
  check_saved_still_there(*this, on);
  if (on.watching && !quiescing_) start_sync(on, true);
}

void simulation_run::server_died() {
  line_->server_gone();
  if (server_down_) return;
  ++oracle_.counts.crashes;
  note("the server died");
  server_down_ = true;
  time_.after(random_.between(50, 60'000), [this] {
    server_down_ = false;
    server_->start();
    note("the server is back");
  });
}

void simulation_run::do_one(const operation& o) {
  note(text_of(o));
  auto& on = laptop_of(o);
  switch (o.what) {
    case verb::sync:
      return start_sync(on, false);
    case verb::watch:
      return start_sync(on, true);
    case verb::stop:
      return stop_sync(on);
    case verb::restart:
      if (!on.off && !on.home->wiped()) died(on);
      return;
    case verb::power_loss:
    case verb::disk_fails:
    case verb::disk_full: {
      if (on.off || on.home->wiped()) return;
      const auto what = o.what == verb::power_loss   ? sim_client::trouble::power_loss
                        : o.what == verb::disk_fails ? sim_client::trouble::write_fails
                                                     : sim_client::trouble::disk_full;
      oracle_.counts.disk_faults += on.home->arm(what, 1 + o.how % 40, o.how);
      return;
    }
    case verb::cut_off:
      if (on.sync && !on.sync->done()) on.sync->cut_off(time_.now() + o.how % 120'000);
      return;
    case verb::clock:
      return on.clock->set_ahead((static_cast<std::int64_t>(o.how % 21) - 10) * k_year);
    case verb::enroll:
      // A fault in the middle of it would leave a laptop that nobody has: enrolling has its own
      // tests.
      server_->mend();
      return add_laptop(on.user);
    case verb::server_restart:
      if (!server_->up()) return;
      server_->crash_one(o.how);
      return server_died();
    case verb::server_power_loss:
    case verb::server_disk_fails: {
      if (!server_->up()) return;
      const auto what = o.what == verb::server_power_loss ? sim_server::trouble::power_loss
                                                          : sim_server::trouble::write_fails;
      oracle_.counts.disk_faults += server_->arm(what, 1 + o.how % 25, o.how);
      return;
    }
    case verb::server_clock:
      return server_clock_.set_ahead((static_cast<std::int64_t>(o.how % 5) - 2) * k_day);
    case verb::server_upgrade:
      if (!server_->up()) return;
      oracle_.counts.upgrades += server_->upgrade(o.how);
      return server_died();
    case verb::laptop_copy:
    case verb::laptop_goes_back:
    case verb::server_copy:
    case verb::server_goes_back:
      return roll_back(on, o);
    case verb::laptop_twin:
      return add_clone(on);
    case verb::weather:
      return change_network_faults(o);
    case verb::assign:
    case verb::unassign:
    case verb::settle_conflict:
    case verb::policy:
    case verb::revoke:
    case verb::disable:
    case verb::enable:
      if (server_->up()) admin_acts(o);
      return;
    default:
      if (!on.off && !on.home->wiped()) doctor_acts(on, o);
  }
}

void simulation_run::change_network_faults(const operation& o) {
  seeded_random d(o.how);
  line_->now = {};
  if (d.percent(30)) return;  // fair
  line_->now = {.lost_request = d.below(25),
                .lost_answer = d.below(35),
                .doubled = d.below(30),
                .delayed = d.below(30)};
  if (d.percent(30)) line_->now.largest = static_cast<std::size_t>(d.between(700, 6'000));
}

outcome simulation_run::go() {
  const auto start = time_.now();
  for (const auto& o : plan_.operations) {
    time_.at(start + o.at, [this, &o] { do_one(o); });
  }
  const auto last = plan_.operations.empty() ? 0 : plan_.operations.back().at;
  time_.run_until(start + last);
  outcome out;
  try {
    quiesce();
    out.digest = check_everything(*this);
    server_->crash();  // with its end, its log is whole
  } catch (const std::exception& e) {
    oracle_.broken(std::string("10: ") + e.what());
  }
  out.broken = oracle_.broken_rules();
  out.counts = oracle_.counts;
  out.network = line_->counts();
  out.steps = time_.steps();
  return out;
}

outcome run(factory& from, const plan& p, bool verbose) {
  try {
    simulation_run one(from, p, verbose);
    return one.go();
  } catch (const std::exception& e) {
    outcome out;
    out.broken.push_back(std::string("0: an exception: ") + e.what());
    return out;
  }
}

plan shrink(factory& from, plan p, const std::string& rule) {
  const auto still_broken = [&](const plan& tried) {
    for (const auto& what : run(from, tried).broken) {
      if (what.substr(0, what.find(':')) == rule) return true;
    }
    return false;
  };
  for (std::size_t chunk = p.operations.size() / 2; chunk > 0; chunk /= 2) {
    for (std::size_t at = 0; at < p.operations.size();) {
      auto less = p;
      const auto begin = less.operations.begin() + static_cast<std::ptrdiff_t>(at);
      const auto count = std::min(chunk, less.operations.size() - at);
      less.operations.erase(begin, begin + static_cast<std::ptrdiff_t>(count));
      if (still_broken(less)) {
        p = std::move(less);
      } else {
        at += chunk;
      }
    }
  }
  return p;
}

}  // namespace autocusto::simulation
