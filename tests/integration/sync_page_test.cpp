// What a page carries and leaves out, where it is long, asked for by a device that made some of it,
// or holds items of an import.
#include <algorithm>

#include "server/store/feed.hpp"
#include "server/store/imports/removal.hpp"
#include "server/store/imports/runs.hpp"
#include "server/store/records.hpp"
#include "server/store/versions.hpp"
#include "server/store/views.hpp"
#include "server/sync/feed_writer.hpp"
#include "shared/crypto/hash.hpp"
#include "tests/integration/sync_stores.hpp"

namespace autocusto::test {
namespace {

using testing::a_patient;

/// More items than the server looks up at a time.
constexpr std::size_t k_many = 300;

class SyncPage : public sync_test {
 protected:
  store::user_row ana = world.add_user("ana@example.org");
  sync_device laptop = world.add_device(ana, "laptop");
  sync_device tablet = world.add_device(ana, "tablet");

  static testing::version_builder patient(std::size_t n) { return a_patient(nth_cpf(n)); }
  wire::page page(const sync_device& of, std::int64_t limit = 1000, bool own = false) {
    return world.changes.changes(of.who, of.replica.at(), limit, own).value();
  }
  static std::vector<version_id> carried(const wire::page& from) {
    std::vector<version_id> out;
    for (const auto& v : from.versions) {
      out.push_back(*version_id::from_raw(crypto::sha256(v.header).raw()));
    }
    std::sort(out.begin(), out.end());
    return out;
  }
  static std::vector<version_id> ids(const std::vector<domain::version>& of) {
    std::vector<version_id> out;
    for (const auto& v : of) out.push_back(v.id);
    std::sort(out.begin(), out.end());
    return out;
  }

  /// A record of Ana's with these versions, all of them written by one run of an import.
  store::pk import(const std::vector<domain::version>& versions) {
    store::pk run = 0;
    world.db->write([&](store::transaction& tx) {
      store::import_run_row row;
      row.source = "legacy";
      row.layout = "g3";
      row.options = "{}";
      run = store::imports::runs::writes(tx).add_import_run(row);
      const auto& first = versions.front();
      const store::wanted_record wanted[] = {
          {first.header.record.id, first.header.record.kind, first.payload.key, true}};
      const auto record = store::records::writes(tx).lock_records(wanted)[0].value();
      std::vector<store::new_version> rows;
      for (const auto& v : versions) {
        store::new_version fresh;
        fresh.record = record.key;
        fresh.number = static_cast<std::int64_t>(rows.size()) + 1;
        fresh.author = ana.key;
        fresh.device = laptop.who.device.key;
        fresh.value = &v;
        fresh.import_run = run;
        rows.push_back(fresh);
      }
      show(tx, record, versions, store::versions::writes(tx).add_versions(rows), run);
    });
    return run;
  }
  /// The last item of the run that some device was given, or of the feed.
  std::int64_t given(store::pk run) {
    std::int64_t out = 0;
    world.db->read([&](store::imports::removal::reads removal) {
      out = removal.import_spans(run, std::vector{ana.key}).at(0).given;
    });
    return out;
  }

 private:
  void show(store::transaction& tx, const store::record_row& record,
            const std::vector<domain::version>& versions, const std::vector<store::pk>& keys,
            store::pk run) {
    store::view_row view;
    view.user = ana.key;
    view.record = record.key;
    view.state.incarnation = testing::nth<incarnation_id>(90);
    view.state.heads = {versions.back().id};
    view.active = versions.back().id;
    view.import_run = run;
    sync::feed_event event;
    event.view = store::views::writes(tx).save_views(std::vector{view})[0];
    event.incarnation = view.state.incarnation;
    event.record = record.id;
    event.import_run = run;
    std::vector<sync::feed_event> events;
    for (std::size_t i = 0; i < versions.size(); ++i) {
      event.version = keys[i];
      event.version_public = versions[i].id;
      events.push_back(event);
    }
    sync::append_events(tx, ana.key, ana.id, events);
  }
};

INSTANTIATE_TEST_SUITE_P(Stores, SyncPage, ::testing::Values("sqlite", "postgres"));

TEST_P(SyncPage, ALongOneCarriesEachVersionAndEachViewOnce) {
  // The tablet's versions: a record of its own, and at the very end an edit of the first record.
  const auto beside = tablet.version(patient(k_many));
  world.push(tablet, {beside});
  std::vector<domain::version> roots;
  for (std::size_t n = 0; n < k_many; ++n) roots.push_back(laptop.version(patient(n)));
  world.push(laptop, roots);
  const auto edit = tablet.version(patient(0).after({&roots[0]}).with("rg", "1"));
  EXPECT_EQ(words(world.push(tablet, {edit})), "accepted");

  auto third = world.add_device(ana, "third");
  const auto whole = page(third);
  EXPECT_EQ(whole.items.size(), k_many + 2);
  auto all = roots;
  all.insert(all.end(), {beside, edit});
  EXPECT_EQ(carried(whole), ids(all));
  EXPECT_EQ(whole.views.size(), k_many + 1);
  world.pull(third);
  // To the makers go the other's.
  EXPECT_EQ(carried(page(laptop)), ids({beside, edit}));
  EXPECT_EQ(carried(page(tablet)), ids(roots));
  world.pull(laptop);
  world.pull(tablet);
  EXPECT_EQ(laptop.replica.at(), third.replica.at());
}

TEST_P(SyncPage, OwnVersionsComeWhenTheyAreAskedFor) {
  const auto root = laptop.version(patient(0));
  world.push(laptop, {root});
  EXPECT_TRUE(carried(page(laptop)).empty());
  EXPECT_EQ(carried(page(laptop, 1000, true)), ids({root}));
}

TEST_P(SyncPage, OwnVersionsComeToADeviceThatAnotherStandsInFor) {
  const auto root = laptop.version(patient(0));
  world.push(laptop, {root});
  static_cast<void>(world.add_device(ana, "new laptop", laptop.who.device.key));
  EXPECT_EQ(carried(page(laptop)), ids({root})) << "the new one may have made it by that name";
}

TEST_P(SyncPage, OwnVersionsOfARemovedViewAreNotAskedAbout) {
  const auto gone = laptop.version(patient(0));
  const auto kept = laptop.version(patient(1));
  world.push(laptop, {gone, kept});
  ASSERT_TRUE(world.unassign(ana, gone.header.record.id));
  const auto next = page(laptop);
  ASSERT_EQ(next.items.size(), 3U);
  EXPECT_TRUE(next.items[0].hash_only);
  EXPECT_EQ(next.items[1].version, kept.id);
  EXPECT_EQ(next.items[2].kind, wire::item_kind::removed);
  EXPECT_TRUE(carried(next).empty());
  ASSERT_EQ(next.views.size(), 1U);
  EXPECT_EQ(next.views[0].record.id, kept.header.record.id);
}

TEST_P(SyncPage, GivingAHeadOfAnImportAheadGivesItsItem) {
  const auto root = laptop.version(patient(0));
  const auto edit = laptop.version(patient(0).after({&root}).with("rg", "1"));
  const auto last = laptop.version(patient(0).after({&edit}).with("rg", "2"));
  const auto run = import({root, edit, last});
  EXPECT_EQ(given(run), 0);
  EXPECT_EQ(carried(page(tablet, 1)), ids({root, last}));
  EXPECT_EQ(given(run), 3) << "the last one's bytes are out";
}

TEST_P(SyncPage, GivingAHeadAheadThatIsNoImportsGivesTheItemsOfThePage) {
  const auto root = laptop.version(patient(0));
  const auto edit = laptop.version(patient(0).after({&root}).with("rg", "1"));
  const auto run = import({root, edit});
  const auto own = tablet.version(patient(0).after({&edit}).with("rg", "2"));
  EXPECT_EQ(words(world.push(tablet, {own})), "accepted");
  EXPECT_EQ(carried(page(laptop, 1, true)), ids({root, own}));
  EXPECT_EQ(given(run), 1);
  EXPECT_EQ(carried(page(laptop, 1000, true)), ids({root, edit, own}));
  EXPECT_EQ(given(run), 2);
}

TEST_P(SyncPage, NoEventsMoveNoFeed) {
  world.push(laptop, {laptop.version(patient(0))});
  world.pull(laptop);
  world.db->write([&](store::transaction& tx) { sync::append_events(tx, ana.key, ana.id, {}); });
  world.db->read([&](store::feed::reads feed) {
    EXPECT_EQ(feed.head(ana.key).seq, laptop.replica.at().seq);
    EXPECT_EQ(feed.head(ana.key).chain, laptop.replica.at().chain);
  });
}

}  // namespace
}  // namespace autocusto::test
