// What the whole system does over real TLS on loopback: the real server in a process of its own,
// on both databases, and laptops in processes of their own; beside each figure what the database
// itself can do with the same rows in the same run. One JSON object on stdout, a table on stderr.
// docs/benchmarks.md says what is measured and how.

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "tests/bench/bench_crowd.hpp"
#include "tests/bench/bench_laptop.hpp"
#include "tests/bench/bench_raw.hpp"
#include "tests/bench/bench_table.hpp"
#include "tests/bench/bench_watch.hpp"
#include "tests/support/postgres_cluster.hpp"
#include "tests/support/process.hpp"
#include "tests/support/world.hpp"

namespace autocusto::bench {
namespace {

using nlohmann::json;

struct settings {
  std::size_t versions = 10'000;
  std::size_t grow_to = 100'000;
  std::size_t rounds = 3;
  std::size_t repeats = 20;
  std::size_t clients = 50;
  double seconds = 8;
  std::size_t watching = 0;
  std::size_t silent = 0;
  std::vector<std::string> databases{"embedded", "postgresql"};
};

/// Takes the server's log lines out of their pipe, so that it never waits for somebody to read.
class log_drain {
 public:
  explicit log_drain(test::background& server)
      : thread_([this, &server] {
          std::unique_lock lock(mutex_);
          while (
              !changed_.wait_for(lock, std::chrono::milliseconds(5), [this] { return ended_; })) {
            static_cast<void>(server.output());
          }
        }) {}
  ~log_drain() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }
  log_drain(const log_drain&) = delete;
  log_drain& operator=(const log_drain&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
  std::thread thread_;
};

void say(const std::string& what) {
  fmt::print(stderr, "{}\n", what);
}

/// The best and the median of several runs; for times the least is best, for rates the greatest.
json summary(std::vector<double> values, bool greatest) {
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  return {{"best", greatest ? *most : *least}, {"median", quantile(values, 0.5)}};
}

/// A benchmark asks more of one device and address than any clinic does.
void lift_limits(const std::string& path) {
  std::ifstream in(path);
  json config = json::parse(in);
  for (const char* each : {"sessions_per_minute", "pushes_per_minute", "refused_pushes_per_minute",
                           "versions_per_day", "megabytes_per_day", "request_work_per_minute"}) {
    config["limits"][each] = {{"device", 0}, {"user", 0}, {"address", 0}};
  }
  config["limits"]["connections"] = {{"address", 0}};
  config["limits"]["connections_without_token"] = {{"address", 0}};
  std::ofstream(path) << config.dump();
}

/// A server with its doctors.
class stage {
 public:
  explicit stage(std::string database)
      : world_(test::world_options{.database = std::move(database), .serve_arguments = {}}) {
    lift_limits(world_.data() + "/config.json");
    world_.start();
    pid_ = std::to_string(world_.server().pid());
    drain_.emplace(world_.server());
  }

  std::string new_doctor() {
    doctor_ = "doctor" + std::to_string(++doctors_) + "@example.org";
    return world_.add_doctor(doctor_);
  }

  /// The last doctor's next laptop does a task; its figures.
  json laptop(const std::string& link, bool pull, std::size_t versions, std::size_t repeats) {
    const std::string home = world_.folder() + "/laptop" + std::to_string(++laptops_);
    std::vector<std::string> command{"/proc/self/exe", "laptop", "--home", home, "--link", link};
    command.insert(command.end(), {"--seed", std::to_string(doctors_)});
    command.insert(command.end(), {"--versions", std::to_string(versions)});
    command.insert(command.end(), {"--repeats", std::to_string(repeats)});
    command.insert(command.end(), {"--server", pid_});
    if (pull) command.emplace_back("--pull");
    test::run_options options;
    options.deadline = std::chrono::minutes(10);
    const auto done = test::run(command, options);
    if (done.exit != 0) throw std::runtime_error("a laptop failed: " + done.err);
    std::filesystem::remove_all(home);
    return json::parse(done.out);
  }

  std::string next_laptop() { return world_.new_link(doctor_); }
  [[nodiscard]] int port() const { return world_.port(); }
  /// How many files and sockets the server has open.
  [[nodiscard]] std::size_t open_files() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator("/proc/" + pid_ + "/fd"), {}));
  }
  [[nodiscard]] std::int64_t peak_kib() const { return memory_kib(pid_, "VmHWM"); }
  [[nodiscard]] std::int64_t resident_kib() const { return memory_kib(pid_, "VmRSS"); }
  [[nodiscard]] std::string folder() const { return world_.folder(); }

 private:
  test::world world_;
  std::string pid_;
  std::optional<log_drain> drain_;
  std::string doctor_;
  std::size_t doctors_ = 0;
  std::size_t laptops_ = 0;
};

/// Each round: a doctor's first laptop saves and pushes everything, the second one fetches it.
json measure_rounds(stage& at, const settings& s) {
  std::vector<double> save;
  std::vector<double> push;
  std::vector<double> first_sync;
  std::vector<double> idle;
  std::vector<double> ten;
  std::map<std::string, std::vector<double>> cpu_us;
  json memory;
  const auto count = static_cast<double>(s.versions);
  const auto ten_each = static_cast<double>(10 * s.repeats);
  for (std::size_t round = 0; round < s.rounds; ++round) {
    say(fmt::format("  round {} of {}", round + 1, s.rounds));
    const auto pushed = at.laptop(at.new_doctor(), false, s.versions, s.repeats);
    const auto pulled = at.laptop(at.next_laptop(), true, s.versions + 10 * s.repeats, 0);
    save.push_back(count / pushed.at("save_s").get<double>());
    push.push_back(count / pushed.at("push_s").get<double>());
    first_sync.push_back((count + ten_each) / pulled.at("first_sync_s").get<double>());
    for (const char* where : {"laptop", "server"}) {
      const std::string used = std::string(where) + "_cpu_s";
      cpu_us[std::string("push_") + where].push_back(1e6 * pushed.at("push_" + used).get<double>() /
                                                     count);
      cpu_us[std::string("first_sync_") + where].push_back(
          1e6 * pulled.at("first_sync_" + used).get<double>() / (count + ten_each));
    }
    for (const double each : pushed.at("no_change_ms")) idle.push_back(each);
    for (const double each : pushed.at("ten_changes_ms")) ten.push_back(each);
    if (round > 0) continue;
    memory = {{"server_peak_kib", at.peak_kib()},
              {"server_resident_kib", at.resident_kib()},
              {"laptop_push_peak_kib", pushed.at("peak_kib")},
              {"laptop_first_sync_peak_kib", pulled.at("peak_kib")},
              {"laptop_first_sync_resident_kib", pulled.at("resident_kib")}};
  }
  json cpu;
  for (const auto& [name, values] : cpu_us) cpu[name] = summary(values, false);
  return {{"cpu_us_per_version", cpu},
          {"first_sync_versions_per_s", summary(first_sync, true)},
          {"push_versions_per_s", summary(push, true)},
          {"save_versions_per_s", summary(save, true)},
          {"no_change_ms", summary(idle, false)},
          {"ten_changes_ms", summary(ten, false)},
          {"memory", memory}};
}

json measure_crowd(stage& at, const settings& s) {
  say(fmt::format("  {} clients for {} s", s.clients, s.seconds));
  std::vector<std::string> links;
  for (std::size_t i = 0; i < s.clients; ++i) links.push_back(at.new_doctor());
  const auto crowd = push_singly(links, s.seconds);
  return {{"clients", s.clients},
          {"seconds", crowd.seconds},
          {"requests", crowd.requests},
          {"requests_per_s", crowd.per_second()},
          {"p50_ms", crowd.p50_ms},
          {"p99_ms", crowd.p99_ms},
          {"server_open_files", at.open_files()}};
}

/// Single pushes alone, beside watching laptops, while silent connections come, and when they are
/// there. No user waits in more polls than the server lets them.
json measure_watching(stage& at, const settings& s) {
  constexpr std::size_t k_devices_of_a_doctor = 50;
  json figures{{"watching", s.watching}, {"silent", s.silent}};
  figures["alone"] = measure_crowd(at, s);
  say(fmt::format("  {} watching laptops", s.watching));
  std::vector<std::string> links;
  while (links.size() < s.watching) {
    links.push_back(links.size() % k_devices_of_a_doctor == 0 ? at.new_doctor() : at.next_laptop());
  }
  const watchers watching(links);
  figures["beside_watchers"] = measure_crowd(at, s);
  say(fmt::format("  {} silent connections", s.silent));
  // In a process of their own: each process may have only so many open files.
  test::background silent({"/proc/self/exe", "silent", "--port", std::to_string(at.port()),
                           "--count", std::to_string(s.silent)},
                          {});
  figures["silent_ones_come"] = measure_crowd(at, s);
  figures["silent_opened"] = json::parse(silent.wait_for("opened")).at("opened");
  figures["silent_ones_there"] = measure_crowd(at, s);
  figures["watchers_ended"] = watching.ended();
  return figures;
}

/// Doctors, one at least, push until the server holds so many versions; then a fresh laptop of the
/// last one fetches its versions.
json measure_growth(stage& at, const settings& s, std::size_t there) {
  do {
    say(fmt::format("  {} of {} versions", there, s.grow_to));
    static_cast<void>(at.laptop(at.new_doctor(), false, s.versions, 0));
    there += s.versions;
  } while (there < s.grow_to);
  const auto pulled = at.laptop(at.next_laptop(), true, s.versions, 0);
  return {{"versions", there},
          {"server_peak_kib", at.peak_kib()},
          {"server_resident_kib", at.resident_kib()},
          {"first_sync_versions_per_s",
           static_cast<double>(s.versions) / pulled.at("first_sync_s").get<double>()}};
}

json raw_json(const raw_figures& f, std::size_t versions) {
  return {{"versions_per_s", static_cast<double>(versions) / f.bulk_s},
          {"ten_rows_ms", f.ten_ms},
          {"one_row_ms", f.single_ms}};
}

json measure(const std::string& database, const settings& s) {
  say(database);
  std::optional<test::postgres_cluster> cluster;
  if (database == "postgresql") cluster.emplace(true);
  stage at(cluster ? cluster->create_database() : std::string());
  if (s.watching + s.silent > 0) return {{"watched_pushes", measure_watching(at, s)}};
  json figures = measure_rounds(at, s);
  const auto raw = cluster ? raw_postgres(cluster->create_database(), s.versions, s.repeats)
                           : raw_sqlite(at.folder(), s.versions, s.repeats);
  figures["raw"] = raw_json(raw, s.versions);
  figures["single_pushes"] = measure_crowd(at, s);
  const auto there = s.rounds * (s.versions + 10 * s.repeats) +
                     figures["single_pushes"]["requests"].get<std::size_t>();
  if (s.grow_to > 0) figures["grown"] = measure_growth(at, s, there);
  return figures;
}

int run_all(const settings& s) {
  const auto size = size_of_records();
  json all{{"versions", s.versions},
           {"rounds", s.rounds},
           {"repeats", s.repeats},
           {"cores", std::thread::hardware_concurrency()},
           {"record_bytes", {{"header", size.header}, {"payload", size.payload}}},
           {"databases", json::object()}};
  for (const auto& each : s.databases) all["databases"][each] = measure(each, s);
  std::puts(all.dump(2).c_str());
  if (s.watching + s.silent == 0) fmt::print(stderr, "{}", table_of(all));
  return 0;
}

/// Opens silent connections, says how many there are, and keeps them until it is killed.
int run_silent(int port, std::size_t count) {
  silent_connections all;
  all.open(port, count);
  std::puts(json{{"opened", all.opened()}}.dump().c_str());
  std::fflush(stdout);
  while (true) ::pause();
}

int run(int argc, char** argv) {
  CLI::App parser(
      "Measures synchronising over TLS on loopback; prints JSON, and a table on stderr.");
  settings s;
  const CLI::Range positive(std::size_t{1}, std::size_t{10'000'000});
  parser.add_option("--versions", s.versions, "Of one first sync, and of one push")
      ->check(positive);
  parser.add_option("--grow-to", s.grow_to, "Versions for the server's memory; 0: not measured");
  parser.add_option("--rounds", s.rounds, "First syncs and pushes")->check(positive);
  parser.add_option("--repeats", s.repeats, "Small syncs in each round")->check(positive);
  parser.add_option("--clients", s.clients, "That push single versions at once")->check(positive);
  parser.add_option("--seconds", s.seconds, "For which they push")->check(CLI::PositiveNumber);
  parser.add_option("--watching", s.watching, "Only single pushes, beside so many waiting laptops");
  parser.add_option("--silent", s.silent, "Only single pushes, beside so many silent connections");
  parser.add_option("--database", s.databases, "embedded, postgresql, or both")
      ->check(CLI::IsMember({"embedded", "postgresql"}));
  laptop_task task;
  auto* laptop = parser.add_subcommand("laptop", "The part of one laptop; used by the benchmark");
  laptop->add_option("--home", task.home)->required();
  laptop->add_option("--link", task.link)->required();
  laptop->add_option("--seed", task.seed);
  laptop->add_option("--versions", task.versions);
  laptop->add_option("--repeats", task.repeats);
  laptop->add_option("--server", task.server);
  laptop->add_flag("--pull", task.pull);
  int port = 0;
  std::size_t count = 0;
  auto* silent = parser.add_subcommand("silent", "Silent connections; used by the benchmark");
  silent->add_option("--port", port)->required();
  silent->add_option("--count", count)->required();
  CLI11_PARSE(parser, argc, argv);
  if (silent->parsed()) return run_silent(port, count);
  return laptop->parsed() ? run_laptop(task) : run_all(s);
}

}  // namespace
}  // namespace autocusto::bench

int main(int argc, char** argv) {
  try {
    return autocusto::bench::run(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
