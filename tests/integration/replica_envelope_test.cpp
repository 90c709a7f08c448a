// What becomes of an envelope that is replaced: by an unlock, since it is an older program's, and
// with the passphrase.
#include <cstdint>
#include <string>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "shared/sqlite/database.hpp"
#include "tests/integration/replica_fixture.hpp"
#include "tests/support/old_envelope.hpp"

namespace autocusto::replica {
namespace {

struct ReplicaEnvelope : ::testing::Test {
  small_server server;
  laptop ana{server};

  /// One more connection: while it is open, no other one empties the log when it closes.
  [[nodiscard]] std::unique_ptr<sqlite::database> beside() const {
    return std::make_unique<sqlite::database>(
        ana.home() + "/replica.sqlite",
        sqlite::open_options{.mode = sqlite::open_mode::read_write});
  }
  static bytes envelope_of(sqlite::database& db) {
    auto row = db.ask("SELECT envelope FROM vault");
    return row->step() ? row->column_bytes(0) : bytes();
  }
  /// An older program's, in the place of today's.
  static bytes put_old_one(sqlite::database& db) {
    auto old_one = test::scrypt_envelope(test::data_key_in(envelope_of(db), test::k_passphrase),
                                         test::k_passphrase);
    auto put = db.ask("UPDATE vault SET envelope = ?");
    put->bind_blob(1, old_one);
    put->run();
    return old_one;
  }
  /// The end of it, which stands in one piece wherever it stands.
  [[nodiscard]] std::vector<std::string> files_of(const bytes& envelope) const {
    return files_with(ana.home(), envelope.substr(envelope.size() - 48));
  }
};

TEST_F(ReplicaEnvelope, AnOldOneIsInNeitherFileNorLogAsSoonAsItIsRenewed) {
  ana.close();
  const auto other = beside();
  const auto old_one = put_old_one(*other);
  ASSERT_FALSE(files_of(old_one).empty()) << "it can be found at all";
  const test::hand_clock clock;
  const auto open =
      replica_store::open(ana.home(), test::k_passphrase, test::quick_environment(clock));
  ASSERT_TRUE(open);
  EXPECT_NE(envelope_of(*other), old_one);
  EXPECT_EQ(files_of(old_one), std::vector<std::string>()) << "while the program runs";
}

// Somebody who reads (a sync, a second window) keeps the log from being emptied.
TEST_F(ReplicaEnvelope, AnOldOneThatAReaderKeepsInTheLogGoesWithTheNextEdit) {
  ana.close();
  const auto other = beside();
  const auto old_one = put_old_one(*other);
  auto reader = std::make_unique<sqlite::snapshot>(*other);
  ASSERT_FALSE(envelope_of(*other).empty());
  const test::hand_clock clock;
  const auto open =
      replica_store::open(ana.home(), test::k_passphrase, test::quick_environment(clock));
  ASSERT_TRUE(open);
  ASSERT_FALSE(files_of(old_one).empty()) << "the reader is in the way";
  reader.reset();
  ASSERT_TRUE((*open)->edit().save(patient_edit(k_cpf, "Ana")));
  EXPECT_EQ(files_of(old_one), std::vector<std::string>());
}

TEST_F(ReplicaEnvelope, OneOfAnOldPassphraseThatAReaderKeepsInTheLogGoesWithTheNextEdit) {
  const auto other = beside();
  const auto before = envelope_of(*other);
  auto reader = std::make_unique<sqlite::snapshot>(*other);
  ASSERT_FALSE(envelope_of(*other).empty());
  ASSERT_TRUE(ana->change_passphrase(test::k_passphrase, "nova"));
  ASSERT_FALSE(files_of(before).empty()) << "the reader is in the way";
  reader.reset();
  ASSERT_TRUE(ana->edit().save(patient_edit(k_cpf, "Ana")));
  EXPECT_EQ(files_of(before), std::vector<std::string>());
}

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
