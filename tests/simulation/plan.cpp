#include "tests/simulation/plan.hpp"

#include <array>
#include <sstream>

#include "tests/simulation/base.hpp"

namespace autocusto::simulation {
namespace {

struct line {
  std::string_view name;
  std::uint32_t weight;   ///< how often, of all operations
  bool fault = false;     ///< left out where there are to be no faults
  bool recovery = false;  ///< only where the product is to recover from old copies
  bool clones = false;    ///< only where folders are copied
  bool database = false;  ///< only where the server has one
};

// In the order of `verb`.
constexpr std::array<line, k_verbs> k_lines{{{"edit", 260},
                                             {"draft", 45},
                                             {"publish", 35},
                                             {"discard", 15},
                                             {"revert", 25},
                                             {"resolve", 45},
                                             {"reapply", 12},
                                             {"discard_refused", 6},
                                             {"sync", 220},
                                             {"watch", 40},
                                             {"stop", 25},
                                             {"restart", 15, true},
                                             {"power_loss", 25, true},
                                             {"disk_fails", 10, true},
                                             {"disk_full", 8, true},
                                             {"cut_off", 20, true},
                                             {"clock", 10, true},
                                             {"enroll", 6},
                                             {"assign", 50},
                                             {"unassign", 20},
                                             {"settle_conflict", 20},
                                             {"policy", 12},
                                             {"revoke", 5},
                                             {"disable", 4},
                                             {"enable", 6},
                                             {"server_restart", 12, true},
                                             {"server_power_loss", 20, true},
                                             {"server_disk_fails", 10, true},
                                             {"server_clock", 6, true},
                                             {"server_upgrade", 8, true, false, false, true},
                                             {"weather", 30, true},
                                             {"laptop_copy", 20, true, true},
                                             {"laptop_goes_back", 15, true, true},
                                             {"server_copy", 20, true, true},
                                             {"server_goes_back", 15, true, true},
                                             {"laptop_twin", 35, true, false, true}}};

constexpr std::uint64_t k_plan = 11;
constexpr std::uint64_t k_servers = 12;

verb draw(seeded_random& d, const plan_options& options) {
  const auto weight = [&options](const line& l) {
    const bool wanted = (options.faults || !l.fault) && (options.recovery || !l.recovery) &&
                        (options.clones || !l.clones) && (options.database || !l.database);
    return wanted ? l.weight : 0;
  };
  std::uint64_t total = 0;
  for (const auto& l : k_lines) total += weight(l);
  auto at = d.below(total);
  for (std::size_t i = 0; i < k_lines.size(); ++i) {
    if (at < weight(k_lines[i])) return static_cast<verb>(i);
    at -= weight(k_lines[i]);
  }
  return verb::sync;
}

/// Often many things within a second, sometimes an hour of nothing.
unix_millis gap(seeded_random& d) {
  const auto kind = d.below(10);
  if (kind < 5) return d.between(0, 300);
  if (kind < 9) return d.between(300, 20'000);
  return d.between(20'000, 2'000'000);
}

}  // namespace

std::string_view verb_name(verb v) {
  return k_lines.at(static_cast<std::size_t>(v)).name;
}

std::string text_of(const operation& o) {
  std::ostringstream out;
  out << o.at << ' ' << verb_name(o.what) << ' ' << o.who << ' ' << o.record << ' ' << o.how;
  return out.str();
}

std::optional<operation> operation_of(const std::string& text) {
  std::istringstream in(text);
  operation o;
  std::string name;
  if (!(in >> o.at >> name >> o.who >> o.record >> o.how)) return std::nullopt;
  for (std::size_t i = 0; i < k_lines.size(); ++i) {
    if (k_lines[i].name != name) continue;
    o.what = static_cast<verb>(i);
    return o;
  }
  return std::nullopt;
}

plan make_plan(std::uint64_t seed, const plan_options& options) {
  plan p;
  p.stream = stream_of(seed);
  auto d = seeded_random::of(p.stream, k_plan);
  p.users = static_cast<std::uint32_t>(d.percent(40) ? 1 : d.between(2, 4));
  p.laptops = std::max(p.users, static_cast<std::uint32_t>(d.between(2, d.percent(20) ? 8 : 4)));
  p.records = static_cast<std::uint32_t>(d.percent(50) ? 1 : d.between(2, 3));
  p.faults = options.faults;
  p.servers = seeded_random::of(p.stream, k_servers).percent(40) ? 2 : 1;
  const auto count =
      options.operations > 0 ? options.operations : static_cast<std::uint32_t>(d.between(8, 60));
  // Some runs do more of some things than others: so rare ones meet each other.
  const bool favours = d.percent(50);
  const auto favoured = draw(d, options);
  unix_millis at = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    operation o;
    o.what = favours && d.percent(15) ? favoured : draw(d, options);
    at += gap(d);
    o.at = at;
    o.who = static_cast<std::uint32_t>(d.below(1000));
    o.record = static_cast<std::uint32_t>(d.below(p.records));
    o.how = static_cast<std::uint32_t>(d.below(1'000'000));
    p.operations.push_back(o);
  }
  return p;
}

}  // namespace autocusto::simulation
