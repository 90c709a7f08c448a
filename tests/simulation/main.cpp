// autocusto-simulate: runs fleets of laptops and a server through every fault, from seeds.
//
//   autocusto-simulate --seeds 1-400          runs them; exit status 1 if an invariant broke
//   autocusto-simulate --seed 17 --verbose    one of them, telling what happens
//   autocusto-simulate --regression FILE …    plans that once failed, kept as text
//   --minutes M       new seeds, for that long
//   --keep FOLDER     writes a shrunken plan for each failing seed into it
//   --no-faults       only people's acts
//   --light           the rules and the sync machine only, over stores in memory: many runs a
//   second
//   --first-failure   ends with the first failing seed
//   --clones           folders are copied, and both copies used
//   --recovery        laptops and server also start from older copies
//   --twice           runs each plan twice: both must end the same
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

#include "tests/simulation/run.hpp"

namespace {

using namespace autocusto::simulation;
using steady = std::chrono::steady_clock;

struct options {
  std::uint64_t first = 1;
  std::uint64_t last = 100;
  double minutes = 0;
  bool verbose = false;
  bool faults = true;
  bool shrinks = true;
  bool twice = false;
  bool light = false;
  bool recovery = false;
  bool clones = false;
  bool first_failure = false;
  std::string keep;
  std::string program;
  std::vector<std::string> regressions;
};

int usage() {
  std::cerr << "autocusto-simulate [--seeds A-B | --seed N | --minutes M | --regression FILE …] "
               "[--light] [--first-failure] [--recovery] [--clones] [--no-faults] [--no-shrink] "
               "[--twice] "
               "[--keep FOLDER] "
               "[--verbose]\n";
  return 2;
}

bool read(options& o, int count, char** words) {
  o.program = words[0];
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    const auto value = [&]() -> std::string { return i + 1 < count ? words[++i] : ""; };
    if (word == "--seed") {
      o.first = o.last = std::strtoull(value().c_str(), nullptr, 10);
    } else if (word == "--seeds") {
      const auto range = value();
      const auto dash = range.find('-');
      if (dash == std::string::npos) return false;
      o.first = std::strtoull(range.c_str(), nullptr, 10);
      o.last = std::strtoull(range.c_str() + dash + 1, nullptr, 10);
    } else if (word == "--minutes") {
      o.minutes = std::strtod(value().c_str(), nullptr);
      o.first =
          static_cast<std::uint64_t>(steady::now().time_since_epoch().count()) % 1'000'000'000;
      o.last = ~std::uint64_t{0};
    } else if (word == "--regression") {
      while (i + 1 < count) o.regressions.emplace_back(words[++i]);
    } else if (word == "--keep") {
      o.keep = value();
    } else if (word == "--no-faults") {
      o.faults = false;
    } else if (word == "--no-shrink") {
      o.shrinks = false;
    } else if (word == "--light") {
      o.light = true;
    } else if (word == "--first-failure") {
      o.first_failure = true;
    } else if (word == "--recovery") {
      o.recovery = true;
    } else if (word == "--clones") {
      o.clones = true;
    } else if (word == "--twice") {
      o.twice = true;
    } else if (word == "--verbose") {
      o.verbose = true;
    } else {
      return false;
    }
  }
  return true;
}

std::string rule_of(const std::string& broken) {
  return broken.substr(0, broken.find(':'));
}

std::string plan_text(const plan& p, const std::string& why) {
  std::ostringstream out;
  out << "# " << why << '\n'
      << "stream " << p.stream << " users " << p.users << " laptops " << p.laptops << " records "
      << p.records << " faults " << p.faults << " servers " << p.servers << '\n';
  for (const auto& o : p.operations) out << text_of(o) << '\n';
  return out.str();
}

std::optional<plan> plan_in(const std::string& path) {
  std::ifstream in(path);
  plan p;
  std::string line;
  while (std::getline(in, line)) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    std::string name;
    if (line.starts_with("stream ")) {
      words >> name >> p.stream >> name >> p.users >> name >> p.laptops >> name >> p.records >>
          name >> p.faults;
      if (!(words >> name >> p.servers)) p.servers = 1;  // plans from before there were two
    } else if (auto o = operation_of(line)) {
      p.operations.push_back(*o);
    } else {
      return std::nullopt;
    }
  }
  return p;
}

struct totals {
  std::uint64_t runs = 0, failed = 0, operations = 0, steps = 0;
  run_counts counts;
  network_counts network;
  void add(const outcome& o, const plan& p) {
    ++runs;
    operations += p.operations.size();
    steps += o.steps;
    counts.saves += o.counts.saves;
    counts.pushes += o.counts.pushes;
    counts.versions += o.counts.versions;
    counts.refused += o.counts.refused;
    counts.merges += o.counts.merges;
    counts.siblings += o.counts.siblings;
    counts.acts += o.counts.acts;
    counts.surrendered += o.counts.surrendered;
    counts.erasures += o.counts.erasures;
    counts.crashes += o.counts.crashes;
    counts.disk_faults += o.counts.disk_faults;
    counts.upgrades += o.counts.upgrades;
    network.requests += o.network.requests;
    network.lost += o.network.lost;
    network.lost_answers += o.network.lost_answers;
    network.doubled += o.network.doubled;
    network.late += o.network.late;
    network.too_large += o.network.too_large;
    network.receipts_asked += o.network.receipts_asked;
  }
};

void tell(const totals& t, double seconds) {
  std::cout << t.runs << " runs, " << t.failed << " failed, "
            << static_cast<double>(t.runs) / seconds << " runs/s; " << t.operations
            << " operations, " << t.steps << " steps, " << t.counts.saves << " saves, "
            << t.counts.pushes << " pushes of " << t.counts.versions << " versions ("
            << t.counts.merges << " merged, " << t.counts.siblings << " siblings, "
            << t.counts.refused << " refused, " << t.counts.surrendered << " handed over), "
            << t.counts.erasures << " erasure receipts, " << t.counts.acts
            << " acts; faults: " << t.counts.crashes << " crashes, " << t.counts.disk_faults
            << " disks, " << t.counts.upgrades << " upgrades, " << t.network.lost
            << " requests and " << t.network.lost_answers << " answers lost of "
            << t.network.requests << ", " << t.network.doubled << " doubled, " << t.network.late
            << " late, " << t.network.too_large << " pushes too large on the way, "
            << t.network.receipts_asked << " receipts asked for\n";
}

/// `name`: "seed 17", or the file of a plan.
void report(factory& from, const options& o, const std::string& name, const plan& p,
            const outcome& bad) {
  const bool from_seed = name.starts_with("seed ");
  std::cout << name << " breaks:\n";
  for (const auto& what : bad.broken) std::cout << "  " << what << '\n';
  std::cout << "again: " << o.program << (o.faults ? "" : " --no-faults")
            << (o.light ? " --light" : "") << (o.recovery ? " --recovery" : "")
            << (o.clones ? " --clones" : "") << (from_seed ? " --" : " --verbose --regression ")
            << name << (from_seed ? " --verbose\n" : "\n");
  if (!o.shrinks) return;
  const auto least = shrink(from, p, rule_of(bad.broken.front()));
  const auto text = plan_text(least, bad.broken.front());
  std::cout << "shrunken to " << least.operations.size() << " operations:\n" << text;
  if (o.keep.empty()) return;
  const auto path = o.keep + "/stream-" + std::to_string(p.stream) + ".txt";
  std::ofstream(path) << text;
  std::cout << "kept as " << path << '\n';
}

}  // namespace

int main(int count, char** words) {
  options o;
  if (!read(o, count, words)) return usage();
  const auto from = o.light ? make_light_factory() : make_real_factory();
  totals sum;
  const auto start = steady::now();
  const auto seconds = [&start] {
    return std::chrono::duration<double>(steady::now() - start).count();
  };
  const auto one = [&](const std::string& name, const plan& p) {
    auto result = run(*from, p, o.verbose);
    if (o.twice && run(*from, p).digest != result.digest) {
      result.broken.push_back("0: the same plan has run differently");
    }
    sum.add(result, p);
    if (result.broken.empty()) return;
    ++sum.failed;
    report(*from, o, name, p, result);
  };
  for (const auto& path : o.regressions) {
    const auto p = plan_in(path);
    if (!p) return usage();
    one(path, *p);
  }
  if (o.regressions.empty()) {
    plan_options how;
    how.faults = o.faults;
    how.recovery = o.recovery;
    how.clones = o.clones;
    how.database = !o.light;
    for (auto seed = o.first; seed <= o.last; ++seed) {
      if (o.minutes > 0 && seconds() > o.minutes * 60) break;
      if (o.first_failure && sum.failed > 0) break;
      one("seed " + std::to_string(seed), make_plan(seed, how));
      if (seed == ~std::uint64_t{0}) break;
    }
  }
  tell(sum, seconds());
  return sum.failed == 0 ? 0 : 1;
}
