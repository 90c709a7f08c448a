#include "tests/bench/bench_laptop.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <vector>

#include <nlohmann/json.hpp>
#include <time.h>
#include <unistd.h>

#include "client/replica/edit/editor.hpp"
#include "client/replica/identity/identity_store.hpp"
#include "client/replica/replica.hpp"
#include "client/replica/sync/sync_store.hpp"
#include "client/sync/enrollment.hpp"
#include "client/sync/sync_runner.hpp"
#include "client/transport/remote.hpp"
#include "shared/base/limits.hpp"
#include "shared/crypto/random.hpp"
#include "tests/bench/bench_records.hpp"

namespace autocusto::bench {
namespace {

using nlohmann::json;
using steady = std::chrono::steady_clock;

constexpr std::string_view k_passphrase = "correto cavalo bateria grampo";
constexpr std::size_t k_changes = 10;

/// Time on the clock and processor time of this process, since it was made; seconds.
class stopwatch {
 public:
  [[nodiscard]] double wall() const {
    return std::chrono::duration<double>(steady::now() - start_).count();
  }
  [[nodiscard]] double cpu() const { return cpu_seconds(::getpid()) - cpu_; }

 private:
  steady::time_point start_ = steady::now();
  double cpu_ = cpu_seconds(::getpid());
};

struct took {
  double seconds = 0;
  double cpu = 0;  ///< of this process
};

/// A replica that is enrolled, with its kept connection.
class laptop {
 public:
  explicit laptop(const laptop_task& task)
      : replica_(replica::replica_store::create(
                     task.home, k_passphrase,
                     replica::environment{system_clock_source(), crypto::system_random()})
                     .value()) {
    const auto link = wire::decode_enrollment_link(task.link).value();
    static_cast<void>(engine::enroll_device(replica_->identity(), link, "laptop").value());
    server_ = std::make_unique<transport::remote>(engine::address_of(replica_->identity()).value());
    port_ = std::make_unique<replica::sync_store>(replica_->file());
    runner_ = std::make_unique<engine::sync_runner>(*port_, *server_, crypto::system_random());
  }

  [[nodiscard]] replica::replica_store& replica() { return *replica_; }

  /// One sync, which must go well and move exactly so many versions.
  took sync(std::size_t pushed, std::size_t pulled) {
    const stopwatch watch;
    const auto run = runner_->run({});
    const took time{watch.wall(), watch.cpu()};
    if (run.how.why) throw error_exception(*run.how.why);
    const auto& moved = run.how.totals;
    if (moved.pushed != static_cast<std::int64_t>(pushed) || moved.accepted != moved.pushed ||
        moved.pulled != static_cast<std::int64_t>(pulled)) {
      throw std::runtime_error("a sync moved other versions than it should have");
    }
    return time;
  }

 private:
  std::unique_ptr<replica::replica_store> replica_;
  std::unique_ptr<transport::remote> server_;
  std::unique_ptr<replica::sync_store> port_;
  std::unique_ptr<engine::sync_runner> runner_;
};

/// Registers the patients `from` up to `to` in one transaction.
void save(laptop& here, std::uint64_t seed, std::size_t from, std::size_t to) {
  std::vector<replica::edit> edits;
  for (std::size_t n = from; n < to; ++n) {
    auto person = patient(seed, n);
    edits.push_back({.kind = "patient",
                     .key = std::move(person.key),
                     .fields = std::move(person.fields),
                     .summary = k_summary,
                     .draft = false});
  }
  static_cast<void>(here.replica().edit().save_all(edits).value());
}

/// Gives the first ten patients an age that they did not have.
void change_ten(laptop& here, const laptop_task& task, std::size_t round) {
  std::vector<replica::edit> edits;
  for (std::size_t n = 0; n < k_changes; ++n) {
    edits.push_back({.kind = "patient",
                     .key = patient(task.seed, n).key,
                     .fields = {{"idade", std::to_string(200 + round)}},
                     .summary = {},
                     .draft = false});
  }
  static_cast<void>(here.replica().edit().save_all(edits).value());
}

/// Notes how long that took, here and at the server.
template <class Work>
void note(json& figures, const laptop_task& task, const std::string& name, Work work) {
  const double before = cpu_seconds(task.server);
  const took time = work();
  figures[name + "_s"] = time.seconds;
  figures[name + "_laptop_cpu_s"] = time.cpu;
  figures[name + "_server_cpu_s"] = cpu_seconds(task.server) - before;
}

json push(laptop& here, const laptop_task& task) {
  const stopwatch saving;
  for (std::size_t from = 0; from < task.versions; from += limits::batch_versions) {
    save(here, task.seed, from, std::min(task.versions, from + limits::batch_versions));
  }
  json figures{{"save_s", saving.wall()}, {"save_cpu_s", saving.cpu()}};
  note(figures, task, "push", [&] { return here.sync(task.versions, 0); });
  auto& idle = figures["no_change_ms"] = json::array();
  auto& ten = figures["ten_changes_ms"] = json::array();
  for (std::size_t i = 0; i < task.repeats; ++i) idle.push_back(1000 * here.sync(0, 0).seconds);
  for (std::size_t i = 0; i < task.repeats; ++i) {
    change_ten(here, task, i);
    ten.push_back(1000 * here.sync(k_changes, 0).seconds);
  }
  return figures;
}

}  // namespace

std::int64_t memory_kib(const std::string& process, const std::string& line) {
  std::ifstream status("/proc/" + process + "/status");
  for (std::string word; status >> word;) {
    std::int64_t kib = 0;
    if (word == line + ":" && status >> kib) return kib;
  }
  throw std::runtime_error("/proc does not tell the memory of a process");
}

double cpu_seconds(pid_t process) {
  clockid_t clock{};
  timespec used{};
  if (::clock_getcpuclockid(process, &clock) != 0 || ::clock_gettime(clock, &used) != 0) {
    throw std::runtime_error("the processor time of a process cannot be read");
  }
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

int run_laptop(const laptop_task& task) {
  laptop here(task);
  json figures;
  if (task.pull) {
    note(figures, task, "first_sync", [&] { return here.sync(0, task.versions); });
  } else {
    figures = push(here, task);
  }
  figures["peak_kib"] = memory_kib("self", "VmHWM");
  figures["resident_kib"] = memory_kib("self", "VmRSS");
  std::puts(figures.dump().c_str());
  return 0;
}

}  // namespace autocusto::bench
