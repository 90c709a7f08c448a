// The schema: up, down and up again, and what is refused.
#include "server/store/people.hpp"
#include "server/store/settings.hpp"
#include "tests/contract/backend.hpp"

namespace autocusto::test {
namespace {

class migrations : public bare_contract {
 protected:
  std::unique_ptr<store::database> db_ = backend_->open();
};
SYNC_ON_BOTH(migrations);

TEST_P(migrations, a_new_database_has_none_and_gets_all) {
  for (const auto& state : db_->migrations()) EXPECT_FALSE(state.applied);
  const auto told = db_->migrate(std::nullopt, true);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->size(), db_->migrations().size());
  EXPECT_FALSE(db_->migrations().at(0).applied) << "a dry run changes nothing";
  const auto done = db_->migrate(std::nullopt, false);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->size(), told->size());
  for (const auto& state : db_->migrations()) {
    EXPECT_TRUE(state.applied);
    EXPECT_TRUE(state.checksum_matches);
    EXPECT_GT(state.applied_at.value(), 0);
    EXPECT_FALSE(state.name.empty());
  }
  EXPECT_TRUE(db_->migrate(std::nullopt, false)->empty());
}

TEST_P(migrations, up_down_and_up_again_give_the_same_schema) {
  ASSERT_TRUE(db_->migrate(std::nullopt, false));
  const std::string first = backend_->schema();
  EXPECT_NE(first.find("feed_visible"), std::string::npos);
  const auto down = db_->migrate(0, false);
  ASSERT_TRUE(down);
  EXPECT_FALSE(down->at(0).applied);
  EXPECT_EQ(backend_->schema().find("feed_visible"), std::string::npos);
  EXPECT_FALSE(db_->migrations().at(0).applied);
  ASSERT_TRUE(db_->migrate(std::nullopt, false));
  EXPECT_EQ(backend_->schema(), first);
  EXPECT_NO_THROW(
      db_->write([](store::settings::writes settings) { settings.set_setting("a", "b"); }));
}

TEST_P(migrations, keys_of_zeros_become_none_and_others_stay) {
  ASSERT_TRUE(db_->migrate(std::nullopt, false));
  static_cast<void>(add_actor(*db_, 1));
  db_->write([](store::people::writes people) {
    auto merge = people.all_devices().at(0);
    merge.id = merge_device();
    merge.name = "merge";
    merge.public_key.clear();
    static_cast<void>(people.add_device(merge));
  });
  const auto keys = [&] {
    std::vector<std::string> out;
    db_->read([&](store::people::reads people) {
      for (const auto& device : people.all_devices()) out.push_back(device.public_key);
    });
    return out;
  };
  const auto before = keys();
  ASSERT_EQ(before.size(), 2U);
  EXPECT_TRUE(before[1].empty());
  ASSERT_TRUE(db_->migrate(6, false));
  EXPECT_EQ(backend_->query("SELECT COUNT(*) FROM device WHERE public_key IS NULL"), "0");
  ASSERT_TRUE(db_->migrate(std::nullopt, false));
  EXPECT_EQ(keys(), before);
}

TEST_P(migrations, a_newer_database_is_refused) {
  ASSERT_TRUE(db_->migrate(std::nullopt, false));
  backend_->query(
      "INSERT INTO schema_migration (number, name, checksum, applied_at) "
      "VALUES (9999, 'future', 'x', 1)");
  const auto refused = db_->migrate(std::nullopt, false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::schema_too_new);
  EXPECT_EQ(db_->migrate(std::nullopt, true).error().code, errc::schema_too_new);
  EXPECT_EQ(db_->migrations().back().number, 9999);
}

TEST_P(migrations, a_changed_migration_is_refused) {
  ASSERT_TRUE(db_->migrate(std::nullopt, false));
  backend_->query("UPDATE schema_migration SET checksum='other' WHERE number=1");
  const auto refused = db_->migrate(0, false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::database);
  EXPECT_FALSE(db_->migrations().at(0).checksum_matches);
}

TEST_P(migrations, an_unknown_target_is_refused) {
  const auto refused = db_->migrate(77, false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::database);
}

}  // namespace
}  // namespace autocusto::test
