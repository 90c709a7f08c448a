#include "tests/bench/bench_laptop.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <vector>

#include <nlohmann/json.hpp>

#include "client/replica/replica.hpp"
#include "client/sync/shell.hpp"
#include "client/sync/store_port.hpp"
#include "client/transport/remote.hpp"
#include "shared/base/limits.hpp"
#include "shared/crypto/random.hpp"
#include "tools/synthetic/synthetic.hpp"

namespace autocusto::bench {
namespace {

using nlohmann::json;
using steady = std::chrono::steady_clock;

constexpr std::string_view k_passphrase = "correto cavalo bateria grampo";
constexpr std::size_t k_changes = 10;

double seconds_since(steady::time_point start) {
  return std::chrono::duration<double>(steady::now() - start).count();
}

/// A replica that is enrolled, with its kept connection.
class laptop {
 public:
  explicit laptop(const laptop_task& task)
      : replica_(replica::replica_store::create(
                     task.home, k_passphrase,
                     replica::environment{system_clock_source(), crypto::system_random()})
                     .value()) {
    enroll(wire::decode_enrollment_link(task.link).value());
    server_ = std::make_unique<transport::remote>(engine::address_of(*replica_).value());
    port_ = std::make_unique<engine::store_port>(*replica_, task.home, system_clock_source());
    shell_ = std::make_unique<engine::shell>(*port_, *server_, crypto::system_random());
  }

  [[nodiscard]] replica::replica_store& replica() { return *replica_; }

  /// One sync, which must go well and move exactly so many versions; its seconds.
  double sync(std::size_t pushed, std::size_t pulled) {
    const auto start = steady::now();
    const auto run = shell_->run({});
    const double seconds = seconds_since(start);
    if (run.how.why) throw error_exception(*run.how.why);
    const auto& moved = run.how.totals;
    if (moved.pushed != static_cast<std::int64_t>(pushed) || moved.accepted != moved.pushed ||
        moved.pulled != static_cast<std::int64_t>(pulled)) {
      throw std::runtime_error("a sync moved other versions than it should have");
    }
    return seconds;
  }

 private:
  void enroll(const wire::enrollment_link& link) {
    const auto key = replica_->device_key();
    const auto got = transport::enroll(link, "laptop", key.public_half()).value();
    replica::identity who;
    who.host = got.address.host;
    who.port = got.address.port;
    who.pin_is_ca = got.address.pin_is_ca;
    who.pin = got.address.pin;
    who.trust = got.address.trust.value();
    who.server = got.server;
    who.user = got.user;
    who.email = got.email;
    who.role = got.role;
    who.device = got.device;
    who.device_name = "laptop";
    replica_->enroll(who, got.tenant_key).value();
  }

  std::unique_ptr<replica::replica_store> replica_;
  std::unique_ptr<transport::remote> server_;
  std::unique_ptr<engine::store_port> port_;
  std::unique_ptr<engine::shell> shell_;
};

/// Registers the patients `from` up to `to` in one transaction.
void save(laptop& here, std::uint64_t seed, std::size_t from, std::size_t to) {
  std::vector<replica::edit> edits;
  for (std::size_t n = from; n < to; ++n) {
    auto person = synthetic::patient(seed, n);
    edits.push_back({.kind = "patient",
                     .key = std::move(person.key),
                     .fields = std::move(person.fields),
                     .summary = {},
                     .draft = false});
  }
  static_cast<void>(here.replica().save_all(edits).value());
}

/// Gives the first ten patients an age that they did not have.
void change_ten(laptop& here, const laptop_task& task, std::size_t round) {
  std::vector<replica::edit> edits;
  for (std::size_t n = 0; n < k_changes; ++n) {
    edits.push_back({.kind = "patient",
                     .key = synthetic::patient(task.seed, n).key,
                     .fields = {{"idade", std::to_string(200 + round)}},
                     .summary = {},
                     .draft = false});
  }
  static_cast<void>(here.replica().save_all(edits).value());
}

json push(laptop& here, const laptop_task& task) {
  const auto start = steady::now();
  for (std::size_t from = 0; from < task.versions; from += limits::batch_versions) {
    save(here, task.seed, from, std::min(task.versions, from + limits::batch_versions));
  }
  json figures{{"save_s", seconds_since(start)}, {"push_s", here.sync(task.versions, 0)}};
  auto& idle = figures["no_change_ms"] = json::array();
  auto& ten = figures["ten_changes_ms"] = json::array();
  for (std::size_t i = 0; i < task.repeats; ++i) idle.push_back(1000 * here.sync(0, 0));
  for (std::size_t i = 0; i < task.repeats; ++i) {
    change_ten(here, task, i);
    ten.push_back(1000 * here.sync(k_changes, 0));
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

int run_laptop(const laptop_task& task) {
  laptop here(task);
  json figures = task.pull ? json{{"first_sync_s", here.sync(0, task.versions)}} : push(here, task);
  figures["peak_kib"] = memory_kib("self", "VmHWM");
  figures["resident_kib"] = memory_kib("self", "VmRSS");
  std::puts(figures.dump().c_str());
  return 0;
}

}  // namespace autocusto::bench
