// What an unlock does with an envelope of an older program that cannot be written anew.
#include <cstdint>
#include <string>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "shared/sqlite/database.hpp"
#include "tests/integration/replica_fixture.hpp"

namespace autocusto::replica {
namespace {

struct ReplicaEnvelope : ::testing::Test {
  small_server server;
  laptop ana{server};
};

TEST_F(ReplicaEnvelope, AnEnvelopeThatCannotBeWrittenIsNotDerived) {
  ana.close();
  const std::string path = ana.home() + "/replica.sqlite";
  const auto run = [&path](const std::string& sql) {
    sqlite::database db(path, {.mode = sqlite::open_mode::read_write});
    db.execute(sql);
  };
  const auto peak_kib = [] {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    return used.ru_maxrss;
  };
  const test::hand_clock clock;
  auto dear = test::quick_environment(clock);
  constexpr std::uint32_t k_memory = 256 * 1024;
  dear.passphrase_cost = {{.memory_kib = k_memory, .passes = 1}, k_memory, {}};
  const auto opens = [&] {
    return replica_store::open(ana.home(), test::k_passphrase, dear).has_value();
  };
  run("CREATE TRIGGER full BEFORE UPDATE ON vault BEGIN SELECT RAISE(ABORT, 'full'); END");
  const auto before = peak_kib();
  EXPECT_TRUE(opens());
  EXPECT_LT(peak_kib(), before + k_memory / 2) << "its memory was never taken";
  run("DROP TRIGGER full");
  EXPECT_TRUE(opens());
  EXPECT_GT(peak_kib(), before + k_memory / 2) << "the next unlock wraps it";
}

}  // namespace
}  // namespace autocusto::replica
