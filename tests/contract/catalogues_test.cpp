// Revisions of the reference catalogue.
#include "server/store/catalogues.hpp"

#include "tests/contract/backend.hpp"

namespace autocusto::test {
namespace {

using store::catalogue_row;

hash256 hash_of(char letter) {
  return *hash256::from_raw(std::string(32, letter));
}

catalogue_row row_of(char letter, std::int64_t number) {
  return {hash_of(letter), number, 1000 * number, std::string("{\"x\":\"") + letter + "\0\"}"};
}

class catalogues : public contract {
 protected:
  void publish(const catalogue_row& row) {
    db_->write([&](store::catalogues::writes all) { all.publish(row); });
  }
  void send(char letter, std::string_view content) {
    db_->write([&](store::catalogues::writes all) { all.keep_sent(hash_of(letter), content); });
  }
  std::optional<std::string> sent(char letter) {
    return read([&](store::catalogues::reads all) { return all.sent(hash_of(letter)); });
  }
};
SYNC_ON_BOTH(catalogues);

TEST_P(catalogues, the_newest_has_the_greatest_number) {
  EXPECT_FALSE(read([](store::catalogues::reads all) { return all.newest(); }));
  publish(row_of('b', 1));
  publish(row_of('a', 2));
  const auto newest = read([](store::catalogues::reads all) { return all.newest(); });
  ASSERT_TRUE(newest);
  EXPECT_EQ(newest->hash, hash_of('a'));
  EXPECT_EQ(newest->revision, 2);
  EXPECT_EQ(newest->published_at, 2000);
  EXPECT_EQ(newest->content, "") << "nobody asked for it";
}

TEST_P(catalogues, each_revision_is_kept) {
  publish(row_of('b', 1));
  publish(row_of('a', 2));
  const auto first = read([](store::catalogues::reads all) { return all.revision(1); });
  ASSERT_TRUE(first);
  EXPECT_EQ(first->content, row_of('b', 1).content);
  EXPECT_FALSE(read([](store::catalogues::reads all) { return all.revision(3); }));
  const auto all = read([](store::catalogues::reads each) { return each.revisions(); });
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].hash, hash_of('b'));
  EXPECT_EQ(all[1].revision, 2);
}

TEST_P(catalogues, a_number_is_given_once) {
  publish(row_of('a', 1));
  EXPECT_THROW(publish(row_of('b', 1)), store::database_error);
}

TEST_P(catalogues, one_that_was_sent_waits_to_be_published) {
  send('a', "one");
  send('a', "one");
  EXPECT_EQ(sent('a'), "one");
  EXPECT_FALSE(read([](store::catalogues::reads all) { return all.newest(); }));
  EXPECT_TRUE(read([](store::catalogues::reads all) { return all.revisions(); }).empty());
  publish({hash_of('a'), 1, 5, "one"});
  EXPECT_EQ(sent('a'), std::nullopt) << "it is published now";
  EXPECT_EQ(read([](store::catalogues::reads all) { return all.revision(1); })->content, "one");
}

TEST_P(catalogues, of_those_that_were_sent_the_last_one_stays) {
  publish(row_of('p', 1));
  send('a', "one");
  send('b', "two");
  EXPECT_EQ(sent('a'), std::nullopt);
  EXPECT_EQ(sent('b'), "two");
  EXPECT_TRUE(read([](store::catalogues::reads all) { return all.revision(1); }));
  send('p', row_of('p', 1).content);
  EXPECT_EQ(read([](store::catalogues::reads all) { return all.newest(); })->revision, 1)
      << "a published one that is sent again stays published";
}

}  // namespace
}  // namespace autocusto::test
