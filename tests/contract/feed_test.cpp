// The feed: order, chain, visibility.
#include "server/store/feed.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

#include "server/store/people.hpp"
#include "server/store/versions.hpp"
#include "server/store/views.hpp"
#include "shared/crypto/hash.hpp"
#include "tests/contract/backend.hpp"

namespace autocusto::test {
namespace {

using store::feed_kind;
using store::pk;
using testing::nth;

class feeds : public contract {
 protected:
  actor ana_ = add_actor(*db_, 1);

  std::vector<store::feed_item> items(pk user, std::int64_t after, std::int64_t limit = 1'000) {
    return read([&](store::feed::reads feed) { return feed.feed(user, after, limit); });
  }
  void append(pk user, feed_kind kind, pk view, std::optional<pk> version) {
    db_->write([&](store::feed::writes feed) {
      const pk owner[] = {user};
      auto heads = feed.lock_heads(owner);
      const store::feed_row row = next_item(heads[0].head, user, kind, view, version);
      feed.append(std::span(&row, 1), heads);
    });
  }
};
SYNC_ON_BOTH(feeds);

TEST_P(feeds, a_feed_that_does_not_exist_is_at_its_beginning) {
  db_->read([&](store::feed::reads feed) {
    EXPECT_EQ(feed.head(ana_.user.key).seq, 0);
    EXPECT_EQ(feed.head(ana_.user.key).chain, hash256());
    EXPECT_EQ(feed.chain_at(ana_.user.key, 0), hash256());
    EXPECT_FALSE(feed.chain_at(ana_.user.key, 1));
    EXPECT_TRUE(feed.feed(ana_.user.key, 0, 10).empty());
  });
  const auto head = write([&](store::feed::writes feed) { return feed.lock_head(ana_.user.key); });
  EXPECT_EQ(head.seq, 0);
  EXPECT_EQ(head.chain, hash256());
}

TEST_P(feeds, items_name_everything_and_continue_the_chain) {
  const domain::version root = patient_root(1, ana_);
  const domain::version child = edit_of({&root}, ana_, 2);
  const auto done = push_all(ana_, {root, child}, 1);
  append(ana_.user.key, feed_kind::removed, done.views[0], std::nullopt);
  const auto found = items(ana_.user.key, 0);
  ASSERT_EQ(found.size(), 3U);
  hash256 chain;
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].seq, static_cast<std::int64_t>(i) + 1);
    chain = crypto::sha256(chain.raw(), found[i].item_hash.raw());
    EXPECT_EQ(found[i].chain, chain);
    EXPECT_EQ(
        read([&](store::feed::reads feed) { return feed.chain_at(ana_.user.key, found[i].seq); }),
        chain);
    EXPECT_EQ(found[i].view, done.views[0]);
    EXPECT_EQ(found[i].record, done.records[0].key);
    EXPECT_EQ(found[i].record_public, root.header.record.id);
    EXPECT_EQ(found[i].record_kind, "patient");
    EXPECT_EQ(found[i].incarnation, incarnation_id::from_raw(root.id.raw().substr(0, 16)).value());
    EXPECT_TRUE(found[i].view_open);
  }
  EXPECT_EQ(found[1].version, done.versions[1]);
  EXPECT_EQ(found[1].version_public, child.id);
  EXPECT_EQ(found[2].kind, feed_kind::removed);
  EXPECT_FALSE(found[2].version);
  EXPECT_FALSE(found[2].version_public);
  EXPECT_EQ(read([&](store::feed::reads feed) { return feed.head(ana_.user.key).chain; }), chain);
  const auto page = items(ana_.user.key, 1, 1);
  ASSERT_EQ(page.size(), 1U);
  EXPECT_EQ(page[0].seq, 2);
}

TEST_P(feeds, items_of_a_closed_view_say_so) {
  const auto done = push_all(ana_, {patient_root(1, ana_)}, 1);
  db_->write([&](store::views::writes views) {
    auto view = views.views_by_pk(std::span(&done.views[0], 1)).at(0);
    view.open = false;
    views.save_views(std::span(&view, 1));
  });
  EXPECT_FALSE(items(ana_.user.key, 0).at(0).view_open);
}

TEST_P(feeds, assigned_versions_are_visible_and_not_own_and_discarded_ones_stay_as_they_were) {
  const actor bia = add_actor(*db_, 2);
  const domain::version root = patient_root(1, ana_);
  const domain::version child = edit_of({&root}, ana_, 2);
  const auto of_ana = push_all(ana_, {root, child}, 1);
  const auto of_bia = push_all(bia, {patient_root(1, bia)}, 2);
  append(bia.user.key, feed_kind::assigned, of_bia.views[0], of_ana.versions[1]);
  append(bia.user.key, feed_kind::discarded, of_bia.views[0], of_ana.versions[0]);
  const pk record = of_ana.records[0].key;
  for (const auto& node : read([&](store::versions::reads versions) {
         return versions.graphs(std::span(&record, 1), bia.user.key);
       })) {
    EXPECT_EQ(node.visible, node.key != of_ana.versions[0]) << node.number;
  }
  const pk asked[] = {of_bia.versions[0], of_ana.versions[0], of_ana.versions[1]};
  EXPECT_EQ(read([&](store::feed::reads feed) {
              return feed.versions_by_own_item(of_bia.views[0], asked);
            }),
            std::vector{of_bia.versions[0]});
}

TEST_P(feeds, feeds_of_users_are_apart) {
  const actor bia = add_actor(*db_, 2);
  push_all(ana_, {patient_root(1, ana_)}, 1);
  push_all(bia, {patient_root(1, bia), patient_root(2, bia)}, 2);
  EXPECT_EQ(items(ana_.user.key, 0).size(), 1U);
  EXPECT_EQ(items(bia.user.key, 0).size(), 2U);
}

TEST_P(feeds, no_reader_ever_skips_an_item_while_writers_commit) {
  constexpr std::size_t k_writers = 4;
  constexpr std::size_t k_pushes = 25;
  std::vector<actor> devices{ana_};
  for (std::size_t t = 1; t < k_writers; ++t) {
    actor other = ana_;
    other.device.id = nth<device_id>(100 + t);
    other.device.name = "laptop";
    other.device.public_key = std::string(32, 'k');
    db_->write(
        [&](store::people::writes people) { other.device.key = people.add_device(other.device); });
    devices.push_back(other);
  }
  std::vector<std::thread> writers;
  for (std::size_t t = 0; t < k_writers; ++t) {
    writers.emplace_back([&, t] {
      for (std::size_t i = 0; i < k_pushes; ++i) {
        const std::size_t n = 1 + t * k_pushes + i;
        const std::vector<domain::version> roots{patient_root(2 * n, devices[t]),
                                                 patient_root(2 * n + 1, devices[t])};
        db_->write([&](store::transaction& tx) { push(tx, devices[t], roots, nth<push_id>(n)); });
      }
    });
  }
  constexpr std::int64_t k_items = 2 * k_writers * k_pushes;
  std::int64_t last = 0;
  EXPECT_TRUE(eventually([&] {
    for (const auto& item : items(ana_.user.key, last)) {
      EXPECT_EQ(item.seq, last + 1);
      last = item.seq;
    }
    return last >= k_items;
  }));
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(read([&](store::feed::reads feed) { return feed.head(ana_.user.key).seq; }), k_items);
}

}  // namespace
}  // namespace autocusto::test
