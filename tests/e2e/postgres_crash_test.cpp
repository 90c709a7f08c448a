// PostgreSQL dies in the middle of commits, loses its connections, fails over: nothing is lost.
//
// AUTOCUSTO_CRASHES says how often it dies in each test; 3 unless told. Figures are printed.

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <iostream>
#include <random>
#include <thread>

#include <gtest/gtest.h>

#include "tests/support/postgres_cluster.hpp"
#include "tests/support/world.hpp"
#include "tools/synthetic/synthetic.hpp"

namespace autocusto::test {
namespace {

using nlohmann::json;
using clock = std::chrono::steady_clock;

constexpr int k_unreachable = 5;
constexpr std::uint64_t k_batch = 3000;  // three pushes

std::uint64_t crashes() {
  const char* told = std::getenv("AUTOCUSTO_CRASHES");
  return told == nullptr ? 3 : std::strtoull(told, nullptr, 10);
}

/// `first,second` as libpq takes it: the one that may be written to.
std::string either(const std::string& first, const std::string& second) {
  const auto at = second.find('@') + 1;
  const auto host = second.substr(at, second.rfind('/') - at);
  return first.substr(0, first.rfind('/')) + "," + host + first.substr(first.rfind('/'));
}

class postgres_crash : public ::testing::Test {
 protected:
  void begin(const std::string& url) {
    here = std::make_unique<world>(world_options{url, {}});
    here->start();
    ana.emplace(here->enroll(here->add_doctor("ana@clinica.test"), "ana"));
    room.emplace(here->enroll(here->new_link("ana@clinica.test"), "room"));
  }

  void save_batch(const laptop& on) {
    std::string lines;
    for (const std::uint64_t end = saved + k_batch; saved < end; ++saved) {
      lines += synthetic::json_line(synthetic::patient(7, saved)) + '\n';
    }
    on.must({"patient", "save", "--from", "-"}, lines);
  }
  static background start_sync(const laptop& where) {
    return background({program("autocusto"), "--home", where.home(), "sync"},
                      {{"AUTOCUSTO_PASSPHRASE", k_passphrase}, {"LC_ALL", "C.UTF-8"}});
  }
  /// Syncs until it succeeds; meanwhile only "the server cannot be reached" is a good answer. How
  /// many versions came back from the laptop.
  std::uint64_t sync_until_done(const laptop& where) {
    const auto deadline = clock::now() + std::chrono::seconds(600);
    std::uint64_t restored = 0;
    while (clock::now() < deadline) {
      const answer done = where({"sync"});
      if (done.json.is_object()) restored += done.json.value("restored", std::uint64_t{0});
      if (done.exit == 0) return restored;
      EXPECT_EQ(done.exit, k_unreachable) << done.out << done.err;
    }
    ADD_FAILURE() << "no sync within two minutes";
    return restored;
  }
  /// Saves a batch, and calls `strike` while the laptop pushes it.
  template <class Strike>
  void push_and(Strike strike) {
    save_batch(*ana);
    here->server().skip();
    background sync = start_sync(*ana);
    const auto pushes = std::uniform_int_distribution<int>(1, 2)(random);
    for (int n = 0; n < pushes; ++n) here->server().wait_for("/v1/push");
    strike();
    sync.wait(std::chrono::seconds(600));
  }

  void expect_everything() {
    EXPECT_EQ(ana->must({"status"}).at("pending"), 0);
    sync_until_done(*room);
    const json list = ana->must({"patient", "list"});
    EXPECT_EQ(list.at("count"), saved);
    EXPECT_EQ(list, room->must({"patient", "list"}));
    EXPECT_EQ(here->admin().must({"stats"}).at("versions"), saved) << "nothing was stored twice";
    ASSERT_EQ(here->stop(), 0);
    const answer verified = here->server_command({"verify"});
    EXPECT_EQ(verified.exit, 0) << verified.out << verified.err;
  }

  postgres_cluster cluster{true};
  std::unique_ptr<postgres_cluster> second;
  std::unique_ptr<world> here;
  std::optional<laptop> ana;
  std::optional<laptop> room;
  std::uint64_t saved = 0;
  std::mt19937_64 random{std::random_device{}()};
};

TEST_F(postgres_crash, it_dies_while_a_laptop_pushes) {
  begin(cluster.url());
  for (std::uint64_t round = 0; round < crashes(); ++round) {
    push_and([&] { cluster.crash(); });
    cluster.again();
    EXPECT_EQ(sync_until_done(*ana), 0U) << "what was acknowledged was there";
  }
  expect_everything();
  std::cout << crashes() << " deaths, " << saved << " versions, 0 lost\n";
}

TEST_F(postgres_crash, its_connections_are_cut_again_and_again) {
  begin(cluster.url());
  std::atomic<bool> done = false;
  std::atomic<std::uint64_t> cuts = 0;
  std::thread cutter([&] {
    while (!done) {
      const std::string cut = postgres_query(
          cluster.url(),
          "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity, pg_sleep(0.15) "
          "WHERE application_name='autocusto-server'");
      cuts += std::stoull(cut);
    }
  });
  for (std::uint64_t round = 0; round < crashes(); ++round) {
    save_batch(*ana);
    EXPECT_EQ(sync_until_done(*ana), 0U);
    sync_until_done(*room);
  }
  done = true;
  cutter.join();
  EXPECT_GT(cuts, 10U);
  expect_everything();
  std::cout << cuts << " connections cut, " << saved << " versions, 0 lost\n";
}

TEST_F(postgres_crash, a_synchronous_standby_takes_over_with_everything) {
  second = cluster.standby();
  postgres_query(cluster.url(), "ALTER SYSTEM SET synchronous_standby_names='*'");
  postgres_query(cluster.url(), "SELECT pg_reload_conf()");
  begin(either(cluster.url(), second->url()));
  ASSERT_EQ(postgres_query(cluster.url(), "SELECT sync_state FROM pg_stat_replication"), "sync");
  save_batch(*room);
  sync_until_done(*room);
  push_and([&] { cluster.crash(); });
  second->promote();
  EXPECT_EQ(sync_until_done(*ana), 0U) << "what was acknowledged is on the standby";
  push_and([] {});
  expect_everything();
  std::cout << "synchronous failover, " << saved << " versions, 0 lost\n";
}

TEST_F(postgres_crash, what_an_asynchronous_standby_missed_comes_back_from_the_laptops) {
  second = cluster.standby();
  begin(either(cluster.url(), second->url()));
  save_batch(*ana);
  sync_until_done(*ana);
  const std::string all = std::to_string(saved);
  const auto deadline = clock::now() + std::chrono::seconds(200);
  while (postgres_query(second->url(), "SELECT count(*) FROM version") != all) {
    ASSERT_LT(clock::now(), deadline) << "the standby does not follow";
  }
  second->crash();
  push_and([] {});
  push_and([&] { cluster.crash(); });
  second->again();
  second->promote();
  const std::uint64_t restored = sync_until_done(*ana);
  EXPECT_GT(restored, k_batch) << "also of the push that was cut";
  expect_everything();
  std::cout << "asynchronous failover, " << saved << " versions, " << restored
            << " came back from a laptop, 0 lost\n";
}

}  // namespace
}  // namespace autocusto::test
