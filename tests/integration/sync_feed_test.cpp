// Pages, acts and long polls on real stores, as a laptop meets them.
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "server/store/conflicts.hpp"
#include "server/store/people.hpp"
#include "server/sync/wait_hub.hpp"
#include "shared/base/limits.hpp"
#include "tests/integration/sync_stores.hpp"

namespace autocusto::test {
namespace {

using testing::a_clinic;
using testing::a_patient;

class SyncFeed : public sync_test {
 protected:
  store::user_row ana = world.add_user("ana@example.org");
  store::user_row bia = world.add_user("bia@example.org");
  sync_device laptop = world.add_device(ana, "laptop");
  sync_device tablet = world.add_device(ana, "tablet");
  sync_device hers = world.add_device(bia, "hers");

  domain::version root(std::size_t n = 0) { return laptop.version(a_patient(nth_cpf(n))); }
  wire::page page(const sync_device& of, std::int64_t limit = 1000) {
    return world.changes.changes(of.who, of.replica.at(), limit).value();
  }
};

INSTANTIATE_TEST_SUITE_P(Stores, SyncFeed, ::testing::Values("sqlite", "postgres"));

TEST_P(SyncFeed, BringsEverythingToTheOtherDeviceAndNothingBackToTheMaker) {
  std::vector<domain::version> batch;
  for (std::size_t n = 0; n < 25; ++n) batch.push_back(root(n));
  world.push(laptop, batch);
  const auto to_tablet = page(tablet);
  EXPECT_EQ(to_tablet.items.size(), 25U);
  EXPECT_EQ(to_tablet.versions.size(), 25U);
  EXPECT_EQ(to_tablet.views.size(), 25U);
  ASSERT_EQ(to_tablet.people.size(), 1U);
  EXPECT_EQ(to_tablet.people[0].second, "ana@example.org");
  ASSERT_EQ(to_tablet.devices.size(), 1U);
  EXPECT_EQ(to_tablet.devices[0].second, "laptop");
  EXPECT_FALSE(to_tablet.more);
  const auto to_laptop = page(laptop);
  EXPECT_EQ(to_laptop.items.size(), 25U);
  EXPECT_EQ(to_laptop.views.size(), 25U);
  EXPECT_TRUE(to_laptop.versions.empty());
  EXPECT_TRUE(to_laptop.people.empty()) << "nobody is named without a version of his";
  EXPECT_TRUE(to_laptop.devices.empty());
  world.pull(tablet);
  world.pull(laptop);
  EXPECT_EQ(tablet.replica.at(), laptop.replica.at());
  const auto nothing = page(tablet);
  EXPECT_TRUE(nothing.items.empty());
  EXPECT_EQ(nothing.next, tablet.replica.at());
}

TEST_P(SyncFeed, PagesOfAnySizeAddUpToTheSame) {
  std::vector<domain::version> batch;
  for (std::size_t n = 0; n < 7; ++n) {
    batch.push_back(root(n));
    batch.push_back(laptop.version(
        a_patient(nth_cpf(n)).after({&batch.back()}).with("rg", std::to_string(n).c_str())));
  }
  world.push(laptop, batch);
  EXPECT_EQ(world.pull(tablet, 3), 5U);
  world.pull(laptop, 1);
  EXPECT_EQ(tablet.replica.at(), laptop.replica.at());
  EXPECT_EQ(page(tablet, -5).items.size(), 0U);
  auto third = world.add_device(ana, "third");
  EXPECT_EQ(page(third, 0).items.size(), 1U) << "limits are clamped";
  EXPECT_EQ(page(third, 5000).items.size(), 14U);
}

TEST_P(SyncFeed, HeadsComeWithTheFirstItemOfTheirView) {
  const auto r = root();
  const auto e = laptop.version(a_patient(nth_cpf(0)).after({&r}).with("rg", "1"));
  const auto d = laptop.version(a_patient(nth_cpf(0)).after({&e}).draft().with("rg", "2"));
  world.push(laptop, {r, e, d});
  const auto first = page(tablet, 1);
  EXPECT_EQ(first.items.size(), 1U);
  EXPECT_EQ(first.versions.size(), 3U) << "the item's, the head and the draft";
  ASSERT_EQ(first.views.size(), 1U);
  EXPECT_EQ(first.views[0].heads, std::vector<version_id>{e.id});
  EXPECT_EQ(first.views[0].active, e.id);
  EXPECT_EQ(first.views[0].drafts, std::vector<version_id>{d.id});
  EXPECT_TRUE(first.more);
}

TEST_P(SyncFeed, PagesEndBeforeEightMebibytes) {
  std::vector<domain::version> batch;
  std::string long_name(60'000, 'a');
  for (std::size_t i = 0; i < long_name.size(); i += 2) long_name[i] = '"';
  const auto odd_root = [&](std::size_t n) {
    return laptop.version(a_patient(nth_cpf(n)).with("idade", long_name.substr(n % 7).c_str()));
  };
  // Such texts come by imports only, so they are stored without the rules.
  std::vector<domain::version> odd;
  for (std::size_t n = 0; n < 60; ++n) odd.push_back(odd_root(n));
  for (std::size_t from = 0; from < odd.size(); from += 20) {
    world.db->write([&](store::transaction& tx) {
      for (std::size_t i = from; i < from + 20; ++i)
        world.import(tx, ana, laptop.who.device, odd[i]);
    });
  }
  std::size_t pages = 0;
  for (;; ++pages) {
    const auto next = page(tablet);
    ASSERT_LE(wire::encode(next).size(), limits::batch_bytes);
    if (next.more) {
      EXPECT_GT(wire::encode(next).size(), limits::batch_bytes * 8 / 10);
    }
    tablet.replica.apply(next, ana.id, world.keys.server_secret);
    if (!next.more) break;
  }
  EXPECT_GE(pages, 1U);
  EXPECT_EQ(tablet.replica.received().size(), odd.size());
}

TEST_P(SyncFeed, CursorsOfAnotherHistoryAreUnknown) {
  world.push(laptop, {root()});
  world.pull(laptop);
  const auto code = [&](const wire::cursor& at) {
    const auto answer = world.changes.changes(laptop.who, at, 10);
    return answer ? std::string("ok") : std::string(code_name(answer.error().code));
  };
  auto at = laptop.replica.at();
  EXPECT_EQ(code(at), "ok");
  EXPECT_EQ(code({0, hash256{}}), "ok");
  EXPECT_EQ(code({at.seq + 1, at.chain}), "cursor_unknown");
  at.chain.data()[0] ^= 1;
  EXPECT_EQ(code(at), "cursor_unknown");
  EXPECT_EQ(code({0, at.chain}), "cursor_unknown");
  EXPECT_EQ(world.changes.counters().cursor_unknown, 3);
}

TEST_P(SyncFeed, NobodySeesAnythingOfAnybodyElses) {
  const auto mine = root();
  const auto theirs = hers.version(a_patient(nth_cpf(0)).with("rg", "999"));
  world.push(laptop, {mine});
  world.push(hers, {theirs});
  const auto to_tablet = wire::encode(page(tablet));
  EXPECT_EQ(to_tablet.find(theirs.id.text()), std::string::npos);
  EXPECT_EQ(to_tablet.find("bia@"), std::string::npos);
  EXPECT_EQ(to_tablet.find(bia.id.text()), std::string::npos);
  world.pull(tablet);
  EXPECT_FALSE(tablet.replica.holds(theirs.id));
  EXPECT_EQ(tablet.replica.at().seq, 1) << "her item is in her feed only";
}

TEST_P(SyncFeed, AssigningShowsThatVersionAndItsAuthorOnly) {
  const auto first = hers.version(a_patient(nth_cpf(0)));
  const auto second = hers.version(a_patient(nth_cpf(0)).after({&first}).with("rg", "7"));
  world.push(hers, {first, second});
  EXPECT_EQ(world.assign(ana, second, {first.id}).error().code, errc::view_moved);
  const auto done = world.assign(ana, second, {}).value();
  EXPECT_TRUE(done.opened);
  const auto next = page(tablet);
  ASSERT_EQ(next.items.size(), 1U);
  EXPECT_EQ(next.items[0].kind, wire::item_kind::assigned);
  ASSERT_EQ(next.versions.size(), 1U) << "not its ancestors";
  ASSERT_EQ(next.people.size(), 1U);
  EXPECT_EQ(next.people[0].second, "bia@example.org");
  EXPECT_EQ(next.views[0].pinned, second.id);
  world.pull(tablet);
  EXPECT_FALSE(tablet.replica.holds(first.id));
  // Her later edits are hers alone.
  world.push(hers, {hers.version(a_patient(nth_cpf(0)).after({&second}).with("rg", "8"))});
  EXPECT_TRUE(page(tablet).items.empty());
  EXPECT_TRUE(world.verify().clean());
}

TEST_P(SyncFeed, AssigningMovesTheHeadsAndAStaleEditIsASibling) {
  const auto r = root();
  world.push(laptop, {r});
  world.pull(laptop);
  const auto better = hers.version(a_patient(nth_cpf(0)).with("rg", "7"));
  world.push(hers, {better});
  const auto done = world.assign(ana, better, {r.id}).value();
  EXPECT_FALSE(done.opened);
  auto view = *world.view(ana, r.header.record.id);
  EXPECT_EQ(view.state.heads, std::vector<version_id>{better.id});
  EXPECT_EQ(view.active, better.id);
  // An edit that the laptop made meanwhile.
  const auto stale = laptop.version(a_patient(nth_cpf(0)).after({&r}).with("idade", "40"));
  EXPECT_EQ(words(world.push(laptop, {stale})), "sibling");
  view = *world.view(ana, r.header.record.id);
  EXPECT_EQ(view.active, better.id) << "the pinned one";
  world.pull(laptop);
  const auto& shown = laptop.replica.views().at(r.header.record.id);
  ASSERT_TRUE(shown.conflict.has_value());
  world.db->read([&](store::conflicts::reads conflicts) {
    EXPECT_NE(shown.conflict->id, conflicts.conflict_list(true, true).at(0).conflict.key)
        << "a count of everybody's conflicts";
  });
  EXPECT_GE(shown.conflict->id, 0);
  EXPECT_LT(shown.conflict->id, std::int64_t{1} << 48);
  EXPECT_EQ(shown.active, better.id);
  // The next assignment closes the conflict.
  ASSERT_TRUE(world.assign(ana, better, view.state.heads));
  world.db->read([&](store::conflicts::reads conflicts) {
    const auto all = conflicts.conflict_list(true, true);
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].conflict.state, store::conflict_state::assigned);
  });
  world.pull(laptop);
  EXPECT_FALSE(laptop.replica.views().at(r.header.record.id).conflict.has_value());
  EXPECT_TRUE(world.verify().clean());
}

TEST_P(SyncFeed, WhatCannotBeAssigned) {
  const auto r = hers.version(a_patient(nth_cpf(0)));
  const auto draft = hers.version(a_patient(nth_cpf(0)).after({&r}).draft().with("rg", "1"));
  const auto clinic = hers.version(a_clinic());
  world.push(hers, {r, draft, clinic});
  EXPECT_EQ(world.assign(ana, draft, {}).error().code, errc::invalid_field);
  EXPECT_EQ(world.assign(ana, root(5), {}).error().code, errc::not_found) << "no such record";
  auto foreign = clinic;
  foreign.header.record = r.header.record;
  EXPECT_EQ(world.assign(ana, foreign, {}).error().code, errc::not_found) << "of another record";
  store::user_row system;
  world.db->read([&](store::people::reads people) {
    system = people.users_by_ids(std::vector{system_user()}).at(0);
  });
  EXPECT_EQ(world.assign(system, r, {}).error().code, errc::forbidden);
  EXPECT_EQ(world.unassign(ana, r.header.record.id).error().code, errc::not_found);
  EXPECT_TRUE(page(tablet).items.empty());
}

TEST_P(SyncFeed, UnassigningTakesEverythingAwayAndLeavesOnlyHashes) {
  const auto r = root();
  const auto a = laptop.version(a_patient(nth_cpf(0)).after({&r}).with("rg", "1"));
  const auto b = laptop.version(a_patient(nth_cpf(0)).after({&r}).with("rg", "2"));
  world.push(laptop, {r, a, b, root(1)});
  world.pull(tablet, 2);
  world.pull(laptop);
  ASSERT_TRUE(world.unassign(ana, r.header.record.id));
  world.db->read([&](store::conflicts::reads conflicts) {
    EXPECT_EQ(conflicts.conflict_list(true, true).at(0).conflict.state,
              store::conflict_state::removed);
  });
  const auto fresh = page(world.add_device(ana, "third"));
  ASSERT_EQ(fresh.items.size(), 5U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(fresh.items[i].hash_only.has_value());
  }
  EXPECT_FALSE(fresh.items[3].hash_only.has_value());
  EXPECT_EQ(fresh.items[4].kind, wire::item_kind::removed);
  EXPECT_EQ(fresh.items[4].record, r.header.record.id) << "removed is whole";
  EXPECT_EQ(fresh.versions.size(), 1U);
  EXPECT_EQ(fresh.views.size(), 1U);
  const auto text = wire::encode(fresh);
  EXPECT_EQ(text.find(a.id.text()), std::string::npos);
  world.pull(tablet);
  world.pull(laptop);
  EXPECT_FALSE(tablet.replica.holds(r.id));
  EXPECT_FALSE(tablet.replica.views().contains(r.header.record.id));
  EXPECT_EQ(tablet.replica.at(), laptop.replica.at());
  EXPECT_TRUE(world.verify().clean());

  // What the laptop still had is refused, and kept in quarantine.
  const auto unsynced = laptop.version(a_patient(nth_cpf(0)).after({&a}).with("rg", "3"));
  EXPECT_EQ(words(world.push(laptop, {a, unsynced})), "access_removed parent_refused");
  const auto another = laptop.version(a_patient(nth_cpf(0)).after({&a}).with("rg", "4"));
  EXPECT_EQ(words(world.push(laptop, {another})), "access_removed");
  // For another doctor the record looks as if it did not exist.
  const auto probe = hers.version(a_patient(nth_cpf(0)).after({&a}));
  EXPECT_EQ(words(world.push(hers, {probe})), "parent_unavailable");

  // A new root opens a new incarnation with that version alone.
  const auto again = laptop.version(a_patient(nth_cpf(0)).salt(9));
  EXPECT_EQ(words(world.push(laptop, {again})), "accepted");
  EXPECT_EQ(words(world.push(laptop, {another})), "parent_unavailable");
  world.pull(laptop);
  world.pull(tablet);
  EXPECT_EQ(tablet.replica.views().at(r.header.record.id).heads, std::vector<version_id>{again.id});
  EXPECT_TRUE(world.verify().clean());
}

TEST_P(SyncFeed, AnOwnVersionThatComesBackByAssignmentIsSentAgain) {
  const auto r = root();
  world.push(laptop, {r});
  world.pull(laptop);
  ASSERT_TRUE(world.unassign(ana, r.header.record.id));
  world.pull(laptop);
  EXPECT_FALSE(laptop.replica.holds(r.id)) << "erased";
  ASSERT_TRUE(world.assign(ana, r, {}));
  EXPECT_EQ(page(laptop).versions.size(), 1U);
  world.pull(laptop);
  EXPECT_TRUE(laptop.replica.holds(r.id));
  // Assigned as it is already: nothing to send.
  ASSERT_TRUE(world.assign(ana, r, {r.id}));
  EXPECT_TRUE(page(laptop).items.empty());
  EXPECT_TRUE(world.verify().clean());
}

TEST_P(SyncFeed, AssigningAnOwnVersionOfThisIncarnationSendsNoBytes) {
  const auto r = root();
  const auto e = laptop.version(a_patient(nth_cpf(0)).after({&r}).with("rg", "1"));
  world.push(laptop, {r, e});
  world.pull(laptop);
  ASSERT_TRUE(world.assign(ana, r, {e.id}));
  const auto next = page(laptop);
  EXPECT_EQ(next.items.size(), 1U);
  EXPECT_TRUE(next.versions.empty());
}

TEST_P(SyncFeed, DisjointEditsOfTwoDevicesAreMergedForBoth) {
  const auto r = root();
  world.push(laptop, {r});
  world.pull(tablet);
  world.push(laptop, {laptop.version(a_patient(nth_cpf(0)).after({&r}).with("rg", "1"))});
  EXPECT_EQ(words(world.push(
                tablet, {tablet.version(a_patient(nth_cpf(0)).after({&r}).with("idade", "40"))})),
            "merged");
  world.pull(laptop);
  const auto page_of_system = page(tablet);
  EXPECT_EQ(page_of_system.people.size(), 2U) << "ana and the system user";
  world.pull(tablet);
  EXPECT_EQ(laptop.replica.views().at(r.header.record.id).heads,
            tablet.replica.views().at(r.header.record.id).heads);
  EXPECT_EQ(laptop.replica.views().at(r.header.record.id).heads.size(), 1U);
}

/// Collects how waits end.
struct endings {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<sync::wait_end> all;

  sync::wait_hub::callback note() {
    return [this](sync::wait_end how) {
      const std::lock_guard lock(mutex);
      all.push_back(how);
      changed.notify_all();
    };
  }
  bool reach(std::size_t count, std::chrono::milliseconds within = std::chrono::seconds(200)) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, within, [&] { return all.size() >= count; });
  }
};

TEST_P(SyncFeed, WaitersAreWokenByPushesAtOnce) {
  endings seen;
  // The poll is out of reach, so only the wake-up can end these waits in time.
  sync::wait_hub hub(*world.db, std::chrono::hours(1));
  world.db->on_wake([&](const user_id& user) { hub.wake(user); });
  hub.add(ana.key, ana.id, 0, std::chrono::minutes(5), seen.note());
  hub.add(bia.key, bia.id, 0, std::chrono::minutes(5), seen.note());
  EXPECT_EQ(hub.waiting(), 2U);
  world.push(laptop, {root()});
  ASSERT_TRUE(seen.reach(1));
  EXPECT_EQ(seen.all[0], sync::wait_end::moved);
  EXPECT_EQ(hub.waiting(), 1U) << "bia waits on";
  hub.wake(user_id{});
  ASSERT_TRUE(seen.reach(2));
  // What happened before the registration ends the wait at once.
  hub.add(ana.key, ana.id, 0, std::chrono::minutes(5), seen.note());
  ASSERT_TRUE(seen.reach(3));
  world.db->on_wake([](const user_id&) {});
}

TEST_P(SyncFeed, WaitsEndByPollDeadlineAndStop) {
  endings seen;
  sync::wait_hub hub(*world.db, std::chrono::milliseconds(20));
  hub.add(bia.key, bia.id, 0, std::chrono::milliseconds(30), seen.note());
  ASSERT_TRUE(seen.reach(1));
  EXPECT_EQ(seen.all[0], sync::wait_end::deadline);
  hub.add(ana.key, ana.id, 0, std::chrono::minutes(5), seen.note());
  world.push(laptop, {root()});  // nobody calls wake
  ASSERT_TRUE(seen.reach(2));
  EXPECT_EQ(seen.all[1], sync::wait_end::moved);
  const auto given_up = hub.add(bia.key, bia.id, 0, std::chrono::minutes(5), seen.note());
  EXPECT_TRUE(hub.cancel(given_up));
  EXPECT_FALSE(hub.cancel(given_up));
  hub.add(bia.key, bia.id, 0, std::chrono::minutes(5), seen.note());
  hub.stop();
  ASSERT_TRUE(seen.reach(3));
  EXPECT_EQ(seen.all[2], sync::wait_end::stopped);
  hub.add(bia.key, bia.id, 0, std::chrono::minutes(5), seen.note());
  ASSERT_TRUE(seen.reach(4));
  EXPECT_EQ(seen.all[3], sync::wait_end::stopped);
  EXPECT_EQ(hub.waiting(), 0U);
}

}  // namespace
}  // namespace autocusto::test
