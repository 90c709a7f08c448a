// Records, versions and views.
#include "server/store/records.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "server/store/feed.hpp"
#include "server/store/versions.hpp"
#include "server/store/views.hpp"
#include "tests/contract/backend.hpp"

namespace autocusto::test {
namespace {

using store::pk;
using testing::nth;
using wanted = store::wanted_record;

class records : public contract {
 protected:
  actor ana_ = add_actor(*db_, 1);
  actor bia_ = add_actor(*db_, 2);

  std::vector<store::version_node> graph(pk record, pk owner) {
    return read([&](store::versions::reads versions) {
      return versions.graphs(std::span(&record, 1), owner);
    });
  }
  std::optional<store::view_row> view(pk record, pk owner) {
    auto found = read(
        [&](store::views::reads views) { return views.open_views(std::span(&record, 1), owner); });
    if (found.empty()) return std::nullopt;
    return found.at(0);
  }
};
SYNC_ON_BOTH(records);

TEST_P(records, locking_answers_in_the_order_asked_and_makes_what_it_may) {
  const std::vector<wanted> asked{{nth<record_id>(9), "patient", "nine", true},
                                  {nth<record_id>(5), "patient", "five", false},
                                  {nth<record_id>(1), "clinic", "one", true},
                                  {nth<record_id>(9), "patient", "nine", true}};
  const auto found =
      write([&](store::transaction& tx) { return store::records::writes(tx).lock_records(asked); });
  ASSERT_EQ(found.size(), 4U);
  EXPECT_EQ(found[0]->natural_key, "nine");
  EXPECT_EQ(found[0]->last_number, 0);
  EXPECT_FALSE(found[1]);
  EXPECT_EQ(found[2]->kind, "clinic");
  EXPECT_EQ(found[3]->key, found[0]->key);
  const auto again =
      write([&](store::transaction& tx) { return store::records::writes(tx).lock_records(asked); });
  EXPECT_EQ(again[0]->key, found[0]->key);
  EXPECT_EQ(again[2]->key, found[2]->key);
  db_->read([&](store::snapshot& snapshot) {
    EXPECT_EQ(store::records::reads(snapshot).record(nth<record_id>(1))->key, found[2]->key);
    EXPECT_FALSE(store::records::reads(snapshot).record(nth<record_id>(5)));
    const pk keys[] = {found[0]->key, found[2]->key};
    EXPECT_EQ(store::records::reads(snapshot).records_by_pk(keys).size(), 2U);
    EXPECT_EQ(store::records::reads(snapshot).records_after(0, 1).size(), 1U);
    EXPECT_EQ(store::records::reads(snapshot).records_after(found[0]->key, 10).size() +
                  store::records::reads(snapshot).records_after(found[2]->key, 10).size(),
              1U);
  });
}

TEST_P(records, only_records_without_versions_are_dropped) {
  const domain::version root = patient_root(1, ana_);
  const auto done = push_all(ana_, {root}, 1);
  const std::vector<wanted> more{{nth<record_id>(77), "patient", "empty", true}};
  const auto empty =
      write([&](store::transaction& tx) { return store::records::writes(tx).lock_records(more); });
  const pk both[] = {done.records[0].key, empty[0]->key};
  db_->write([&](store::transaction& tx) { store::records::writes(tx).drop_empty_records(both); });
  EXPECT_TRUE(read([&](store::snapshot& snapshot) {
    return store::records::reads(snapshot).record(root.header.record.id);
  }));
  EXPECT_FALSE(read([](store::snapshot& snapshot) {
    return store::records::reads(snapshot).record(nth<record_id>(77));
  }));
}

TEST_P(records, versions_come_back_byte_for_byte) {
  const domain::version root = patient_root(1, ana_);
  const domain::version child = edit_of({&root}, ana_, 2);
  const auto done = push_all(ana_, {root, child}, 1);
  ASSERT_EQ(done.versions.size(), 2U);
  db_->read([&](store::snapshot& snapshot) {
    store::versions::reads versions(snapshot);
    auto found = versions.versions(done.versions);
    ASSERT_EQ(found.size(), 2U);
    if (found[0].id != root.id) std::swap(found[0], found[1]);
    EXPECT_EQ(found[0].header, root.raw.header);
    EXPECT_EQ(found[0].payload, root.raw.payload);
    EXPECT_EQ(found[0].number, 1);
    EXPECT_EQ(found[0].author, ana_.user.key);
    EXPECT_EQ(found[0].device, ana_.device.key);
    EXPECT_FALSE(found[0].archived);
    EXPECT_EQ(found[1].id, child.id);
    EXPECT_EQ(found[1].number, 2);
    const version_id ids[] = {root.id, nth<version_id>(404), child.id};
    const auto keys = versions.version_keys(ids);
    EXPECT_EQ(keys.size(), 2U);
    EXPECT_EQ(keys.at(root.id), done.versions[0]);
    EXPECT_EQ(versions.records_of(ids).at(child.id), done.records[0].key);
    EXPECT_EQ(store::records::reads(snapshot).record(root.header.record.id)->last_number, 2);
    const auto walked = versions.versions_after(done.versions[0], 10);
    ASSERT_EQ(walked.size(), 1U);
    EXPECT_EQ(walked[0].header, child.raw.header);
    EXPECT_EQ(versions.versions_after(0, 1).size(), 1U);
    EXPECT_TRUE(versions.versions({}).empty());
  });
}

TEST_P(records, an_erased_payload_is_told_by_its_absence) {
  const auto done = push_all(ana_, {patient_root(1, ana_)}, 1);
  backend_->query("DELETE FROM version_payload");
  const auto found =
      read([&](store::versions::reads versions) { return versions.versions(done.versions); });
  EXPECT_FALSE(found.at(0).payload);
  EXPECT_FALSE(found.at(0).header.empty());
}

TEST_P(records, a_graph_has_all_parents_and_tells_what_is_visible_to_whom) {
  const domain::version root = patient_root(1, ana_);
  const domain::version left = edit_of({&root}, ana_, 2);
  const domain::version right = edit_of({&root}, ana_, 3);
  const domain::version merge = edit_of({&left, &right}, ana_, 4);
  const domain::version others = patient_root(1, bia_);
  const pk record = push_all(ana_, {root, left}, 1).records[0].key;
  push_all(ana_, {right, merge}, 2);
  push_all(bia_, {others}, 3);
  const auto nodes = graph(record, ana_.user.key);
  ASSERT_EQ(nodes.size(), 5U);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    EXPECT_EQ(nodes[i].number, static_cast<std::int64_t>(i) + 1);
    EXPECT_EQ(nodes[i].record, record);
    EXPECT_EQ(nodes[i].visible, nodes[i].id != others.id);
  }
  EXPECT_EQ(nodes[0].parents, root.header.parents);
  EXPECT_EQ(nodes[1].parents, left.header.parents);
  EXPECT_EQ(nodes[3].id, merge.id);
  EXPECT_EQ(nodes[3].parents, merge.header.parents);
  EXPECT_EQ(nodes[3].generation, 3);
  EXPECT_EQ(nodes[4].author, bia_.user.key);
  for (const auto& node : graph(record, bia_.user.key)) {
    EXPECT_EQ(node.visible, node.id == others.id);
  }
  for (const auto& node : graph(record, 0)) EXPECT_FALSE(node.visible);
}

TEST_P(records, a_parent_that_is_not_known_is_kept_by_its_id_and_found_when_it_comes) {
  const domain::version root = patient_root(1, ana_);
  const domain::version middle = edit_of({&root}, ana_, 2);
  const domain::version other = edit_of({&root}, ana_, 3);
  const domain::version last = edit_of({&middle, &other}, ana_, 4);
  const pk record = push_all(ana_, {root, last}, 1).records[0].key;
  auto nodes = graph(record, 0);
  ASSERT_EQ(nodes.size(), 2U);
  EXPECT_EQ(nodes[1].parents, last.header.parents);
  push_all(ana_, {middle, other}, 2);
  nodes = graph(record, 0);
  ASSERT_EQ(nodes.size(), 4U);
  EXPECT_EQ(nodes[1].parents, last.header.parents);
  EXPECT_EQ(nodes[2].parents, middle.header.parents);
}

TEST_P(records, versions_are_found_by_id_with_parents_and_whether_they_are_visible) {
  const domain::version root = patient_root(1, ana_);
  const domain::version left = edit_of({&root}, ana_, 2);
  const domain::version right = edit_of({&root}, ana_, 3);
  const domain::version merge = edit_of({&left, &right}, ana_, 4);
  push_all(ana_, {root, left, right, merge}, 1);
  push_all(bia_, {patient_root(1, bia_)}, 2);
  const version_id wanted[] = {merge.id, left.id, nth<version_id>(99)};
  const auto nodes = read(
      [&](store::versions::reads versions) { return versions.nodes_by_id(wanted, ana_.user.key); });
  ASSERT_EQ(nodes.size(), 2U);
  for (const auto& node : nodes) {
    const auto& made = node.id == merge.id ? merge : left;
    EXPECT_EQ(node.id, made.id);
    EXPECT_EQ(node.parents, made.header.parents);
    EXPECT_EQ(node.generation, made.header.generation);
    EXPECT_TRUE(node.visible);
  }
  for (const auto& node : read([&](store::versions::reads versions) {
         return versions.nodes_by_id(wanted, bia_.user.key);
       })) {
    EXPECT_FALSE(node.visible);
  }
  const version_id leaf[] = {merge.id};
  const auto leaves =
      read([&](store::versions::reads versions) { return versions.leaves_by_id(leaf); });
  ASSERT_EQ(leaves.size(), 1U);
  EXPECT_EQ(leaves[0].id, merge.id);
  EXPECT_EQ(leaves[0].parents, merge.header.parents);
  EXPECT_TRUE(leaves[0].visible);
}

TEST_P(records, the_history_of_a_view_is_what_it_shows_and_what_that_descends_from) {
  const domain::version root = patient_root(1, ana_);
  const domain::version left = edit_of({&root}, ana_, 2);
  const domain::version right = edit_of({&root}, ana_, 3);
  const domain::version merge = edit_of({&left, &right}, ana_, 4);
  const domain::version later = edit_of({&merge}, ana_, 5);
  const domain::version others = patient_root(1, bia_);
  // Bia sees her own and, as if assigned, Ana's merge; two of its ancestors came after it.
  const auto first = push_all(ana_, {root, left, merge}, 1);
  push_all(ana_, {right, later}, 2);
  const auto second = push_all(bia_, {others}, 3);
  const pk record = second.records[0].key;
  db_->write([&](store::feed::writes feed) {
    const pk owner[] = {bia_.user.key};
    auto heads = feed.lock_heads(owner);
    const store::feed_row rows[] = {next_item(heads[0].head, bia_.user.key,
                                              store::feed_kind::assigned, second.views[0],
                                              first.versions[2])};
    feed.append(rows, heads);
  });
  const auto history = [&](const actor& of) {
    std::map<version_id, bool> visible;
    const pk key = view(record, of.user.key)->key;
    for (const auto& node :
         read([&](store::versions::reads versions) { return versions.history_of_view(key); })) {
      EXPECT_TRUE(visible.emplace(node.id, node.visible).second) << "once each";
    }
    return visible;
  };
  const std::map<version_id, bool> hers{
      {root.id, false}, {left.id, false}, {right.id, false}, {merge.id, true}, {others.id, true}};
  EXPECT_EQ(history(bia_), hers);
  EXPECT_EQ(history(ana_).size(), 5U);
  const pk key = view(record, bia_.user.key)->key;
  EXPECT_EQ(read([&](store::versions::reads versions) { return versions.versions_in_view(key); }),
            2);
}

TEST_P(records, a_record_is_told_only_to_who_has_or_had_a_view_of_it) {
  const auto done = push_all(ana_, {patient_root(1, ana_)}, 1);
  const auto told = [&](const actor& to) {
    const std::vector<wanted> asked{{done.records[0].id, {}, {}, false, to.user.key},
                                    {nth<record_id>(99), {}, {}, false, to.user.key}};
    const auto found = write(
        [&](store::transaction& tx) { return store::records::writes(tx).lock_records(asked); });
    EXPECT_EQ(found.size(), 2U);
    EXPECT_FALSE(found[1].has_value());
    return found[0].has_value();
  };
  EXPECT_TRUE(told(ana_));
  EXPECT_FALSE(told(bia_));
  // Beside one that is locked whoever treats the patient.
  const domain::version fresh = patient_root(2, bia_);
  const std::vector<wanted> both{{fresh.header.record.id, "patient", fresh.payload.key, true},
                                 {done.records[0].id, {}, {}, false, bia_.user.key}};
  const auto mixed =
      write([&](store::transaction& tx) { return store::records::writes(tx).lock_records(both); });
  EXPECT_TRUE(mixed[0].has_value());
  EXPECT_FALSE(mixed[1].has_value());
  write([&](store::views::writes views) {
    auto closed = views.open_views(std::vector{done.records[0].key}, ana_.user.key);
    closed[0].open = false;
    closed[0].closed_at = 5;
    return views.save_views(closed);
  });
  EXPECT_TRUE(told(ana_));
}

TEST_P(records, drafts_and_archived_versions_are_marked) {
  auto b = testing::a_patient();
  b.draft();
  b.header().author = ana_.user.id;
  const domain::version draft = b.make();
  const pk record = write([&](store::transaction& tx) {
    const auto row = store::records::writes(tx).lock_records(
        std::vector<wanted>{{draft.header.record.id, "patient", draft.payload.key, true}});
    store::new_version v;
    v.record = row[0]->key;
    v.number = 1;
    v.author = ana_.user.key;
    v.device = ana_.device.key;
    v.value = &draft;
    v.archived = true;
    store::versions::writes(tx).add_versions(std::span(&v, 1));
    return v.record;
  });
  const auto nodes = graph(record, 0);
  EXPECT_EQ(nodes.at(0).status, domain::version_status::draft);
  EXPECT_TRUE(nodes.at(0).archived);
}

TEST_P(records, views_keep_their_state_and_close_and_open_anew) {
  const domain::version root = patient_root(1, ana_);
  const auto done = push_all(ana_, {root}, 1);
  const pk record = done.records[0].key;
  auto v = view(record, ana_.user.key);
  ASSERT_TRUE(v);
  EXPECT_EQ(v->key, done.views[0]);
  EXPECT_EQ(v->state.heads, std::vector{root.id});
  EXPECT_EQ(v->active, root.id);
  v->state.heads = {nth<version_id>(1), nth<version_id>(2)};
  v->state.pinned = nth<version_id>(2);
  v->active = v->state.pinned;
  v->state.drafts = {nth<version_id>(9), nth<version_id>(3)};
  db_->write([&](store::views::writes views) { views.save_views(std::span(&*v, 1)); });
  auto again = view(record, ana_.user.key);
  EXPECT_EQ(again->state, v->state);
  EXPECT_EQ(again->active, v->active);

  store::view_row fresh = *v;
  fresh.key = 0;
  fresh.state = {};
  fresh.state.incarnation = nth<incarnation_id>(2);
  fresh.active = std::nullopt;
  v->open = false;
  v->closed_at = 1'234;
  const store::view_row both[] = {fresh, *v};
  const auto keys = write([&](store::views::writes views) { return views.save_views(both); });
  EXPECT_EQ(keys[1], v->key);
  EXPECT_NE(keys[0], v->key);
  again = view(record, ana_.user.key);
  EXPECT_EQ(again->key, keys[0]);
  EXPECT_EQ(again->active, std::nullopt);
  EXPECT_TRUE(again->state.heads.empty());
  const auto closed =
      read([&](store::views::reads views) { return views.views_by_pk(std::span(&v->key, 1)); });
  EXPECT_FALSE(closed.at(0).open);
  EXPECT_EQ(closed.at(0).closed_at, 1'234);
  EXPECT_EQ(read([](store::views::reads views) { return views.views_after(0, 10); }).size(), 2U);
  for (const auto& node : graph(record, ana_.user.key)) EXPECT_FALSE(node.visible);
}

TEST_P(records, a_second_open_view_of_one_user_and_record_is_impossible) {
  const auto done = push_all(ana_, {patient_root(1, ana_)}, 1);
  store::view_row second;
  second.user = ana_.user.key;
  second.record = done.records[0].key;
  second.state.incarnation = nth<incarnation_id>(9);
  EXPECT_THROW(
      db_->write([&](store::views::writes views) { views.save_views(std::span(&second, 1)); }),
      store::database_error);
}

TEST_P(records, a_number_or_a_version_cannot_be_given_twice) {
  const domain::version root = patient_root(1, ana_);
  const auto done = push_all(ana_, {root}, 1);
  const domain::version other = edit_of({&root}, ana_, 2);
  const auto add = [&](const domain::version& value, std::int64_t number) {
    store::new_version v;
    v.record = done.records[0].key;
    v.number = number;
    v.author = ana_.user.key;
    v.device = ana_.device.key;
    v.value = &value;
    db_->write([&](store::versions::writes versions) { versions.add_versions(std::span(&v, 1)); });
  };
  EXPECT_THROW(add(other, 1), store::database_error);
  EXPECT_THROW(add(root, 2), store::database_error);
  EXPECT_NO_THROW(add(other, 2));
}

TEST_P(records, the_list_counts_users_and_versions_and_finds_divergence) {
  const domain::version shared_root = patient_root(1, ana_);
  const domain::version own_root = patient_root(2, bia_);
  const auto first = push_all(ana_, {shared_root}, 1);
  const auto second = push_all(bia_, {own_root}, 2);
  const pk shared_record = first.records[0].key;
  const auto listed = [&](bool divergent) {
    return read([&](store::snapshot& snapshot) {
      return store::records::reads(snapshot).record_list("patient", divergent, 0, 10);
    });
  };
  EXPECT_TRUE(listed(true).empty());
  push_all(bia_, {patient_root(1, bia_)}, 3);
  const auto divergent = listed(true);
  ASSERT_EQ(divergent.size(), 1U);
  EXPECT_EQ(divergent[0].record.key, shared_record);
  EXPECT_EQ(divergent[0].users, 2);
  EXPECT_EQ(divergent[0].versions, 2);
  EXPECT_TRUE(divergent[0].divergent);
  const auto all = listed(false);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_FALSE(all[1].divergent);
  db_->read([&](store::snapshot& snapshot) {
    EXPECT_TRUE(store::records::reads(snapshot).record_list("clinic", false, 0, 10).empty());
    EXPECT_EQ(store::records::reads(snapshot).record_list(std::nullopt, false, 0, 1).size(), 1U);
    EXPECT_EQ(store::records::reads(snapshot)
                  .record_list(std::nullopt, false, shared_record, 10)
                  .at(0)
                  .record.key,
              second.records[0].key);
    const auto views = store::views::reads(snapshot).views_of_record(shared_record);
    ASSERT_EQ(views.size(), 2U);
    EXPECT_EQ(views[0].user.email, ana_.user.email);
    EXPECT_EQ(views[1].user.email, bia_.user.email);
    EXPECT_EQ(views[1].view.user, bia_.user.key);
  });
}

TEST_P(records, a_whole_push_goes_in_and_comes_out_as_one_set) {
  std::vector<domain::version> roots;
  for (std::size_t n = 0; n < 1'000; ++n) roots.push_back(patient_root(n, ana_));
  const auto done = push_all(ana_, roots, 1);
  EXPECT_EQ(std::set<pk>(done.versions.begin(), done.versions.end()).size(), 1'000U);
  const auto found =
      read([&](store::versions::reads versions) { return versions.versions(done.versions); });
  EXPECT_EQ(found.size(), 1'000U);
  std::vector<pk> keys;
  for (const auto& record : done.records) keys.push_back(record.key);
  EXPECT_EQ(read([&](store::versions::reads versions) {
              return versions.graphs(keys, ana_.user.key);
            }).size(),
            1'000U);
  EXPECT_EQ(
      read([&](store::views::reads views) { return views.open_views(keys, ana_.user.key); }).size(),
      1'000U);
}

}  // namespace
}  // namespace autocusto::test
