// A server that went back to an older state takes back what laptops prove that it had known.
#include "server/store/people.hpp"
#include "server/store/placeholder.hpp"
#include "server/store/quarantine.hpp"
#include "tests/integration/sync_stores.hpp"

namespace autocusto::test {
namespace {

using testing::a_patient;

/// What a laptop keeps of a version: its bytes, and the server's mark for one incarnation.
struct kept_version {
  domain::version value;
  incarnation_id incarnation;
  std::string proof;
};

/// Two servers with the same keys and people: `later` has been used, `world` is the same as it was
/// before that. Ids are drawn in the same order, so devices of one are devices of the other.
class restoring : public on_each_store {
 protected:
  sync_device laptop_of(sync_world& at, const std::string& email) {
    return at.add_device(at.add_user(email), "laptop");
  }

  /// Pushes to the later server and keeps what the receipt says.
  std::vector<kept_version> known(sync_device& from, const std::vector<domain::version>& versions) {
    std::vector<kept_version> out;
    const auto lines = later.push(from, versions);
    for (std::size_t i = 0; i < versions.size(); ++i) {
      out.push_back({versions[i], lines[i].incarnation.value(), lines[i].proof.value()});
    }
    return out;
  }

  /// The mark that an assignment or a merge would have brought.
  kept_version marked(const sync_device& of, const domain::version& v,
                      const incarnation_id& incarnation) const {
    return {v, incarnation,
            wire::make_proof(world.keys.server_secret, of.who.user.id, incarnation, v.id)};
  }

  static push_options with(const std::vector<kept_version>& kept) {
    push_options options;
    options.change_request = [kept](wire::push_request& request) {
      for (std::size_t i = 0; i < kept.size(); ++i) {
        request.versions[i].incarnation = kept[i].incarnation;
        request.versions[i].proof = kept[i].proof;
      }
    };
    return options;
  }

  std::string give_back(sync_device& from, const std::vector<kept_version>& kept) {
    std::vector<domain::version> versions;
    for (const auto& each : kept) versions.push_back(each.value);
    return words(world.push(from, versions, with(kept)));
  }

  void expect_clean(std::int64_t awaiting = 0) {
    const auto report = world.verify();
    for (const auto& f : report.findings) ADD_FAILURE() << f.what << " " << f.where;
    EXPECT_EQ(report.total_awaiting_parents, awaiting);
  }

  temporary_folder later_folder{"autocusto-later"};
  sync_world later{store::open_sqlite(later_folder.path().string(), true, false)};
  sync_world world{open()};
  sync_device ana_later = laptop_of(later, "ana@example.org");
  sync_device bia_later = laptop_of(later, "bia@example.org");
  sync_device ana = laptop_of(world, "ana@example.org");
  sync_device bia = laptop_of(world, "bia@example.org");
};

TEST_P(restoring, what_was_acknowledged_comes_back_under_its_own_incarnation_once) {
  const auto root = ana.version(a_patient());
  // No rule of entry is asked again: this one would be refused today.
  const auto odd = ana.version(a_patient().after({&root}).with("nome_mae", "Outra"));
  const auto kept = known(ana_later, {root, odd});
  EXPECT_EQ(give_back(ana, kept), "restored restored");
  const auto view = world.view(ana.who.user, root.header.record.id);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->state.incarnation, kept[0].incarnation);
  EXPECT_EQ(view->state.heads, std::vector{odd.id});
  EXPECT_EQ(give_back(ana, kept), "duplicate duplicate");
  world.pull(ana);
  EXPECT_EQ(ana.replica.at().seq, 2);
  expect_clean();
}

TEST_P(restoring, what_no_rule_would_take_is_taken_with_a_proof) {
  auto builder = a_patient();
  builder.header().author = bia.who.user.id;
  builder.header().device = bia.who.device.id;
  builder.with("nome_mae", "");
  const auto odd = builder.make();  // somebody else's, and a required field is missing
  EXPECT_EQ(words(world.push(ana, {odd})), "author_mismatch");
  EXPECT_EQ(give_back(ana, {marked(ana, odd, testing::nth<incarnation_id>(50))}), "restored");
  EXPECT_FALSE(world.view(bia.who.user, odd.header.record.id)) << "nobody else gets anything";
  expect_clean();
}

TEST_P(restoring, a_proof_that_does_not_fit_counts_as_none) {
  const auto foreign = bia.version(a_patient());
  const auto incarnation = testing::nth<incarnation_id>(50);
  auto forged = marked(ana, foreign, incarnation);
  forged.proof[5] = static_cast<char>(forged.proof[5] ^ 1);
  EXPECT_EQ(give_back(ana, {forged}), "author_mismatch");
  EXPECT_EQ(give_back(ana, {marked(bia, foreign, incarnation)}), "author_mismatch")
      << "another user's mark";
  auto elsewhere = marked(ana, foreign, incarnation);
  elsewhere.incarnation = testing::nth<incarnation_id>(51);
  EXPECT_EQ(give_back(ana, {elsewhere}), "author_mismatch") << "another incarnation's";
  const auto without = marked(ana, foreign, incarnation);
  push_options options;
  options.change_request = [&](wire::push_request& r) { r.versions[0].proof = without.proof; };
  EXPECT_EQ(words(world.push(ana, {foreign}, options)), "author_mismatch");
  const auto damaged = ana.version(a_patient());
  auto changed = with({marked(ana, damaged, incarnation)});
  changed.change_request = [inner = changed.change_request](wire::push_request& r) {
    inner(r);
    r.versions[0].raw.payload = "{}";
  };
  EXPECT_EQ(words(world.push(ana, {damaged}, changed)), "hash_mismatch");
  EXPECT_FALSE(world.view(ana.who.user, foreign.header.record.id));
  expect_clean();
}

TEST_P(restoring, a_view_that_is_known_as_closed_stays_closed) {
  const auto root = ana.version(a_patient());
  const auto edit = ana.version(a_patient().after({&root}).with("rg", "1"));
  const auto incarnation = *[&] { return world.push(ana, {root})[0].incarnation; }();
  world.unassign(ana.who.user, root.header.record.id).value();
  EXPECT_EQ(give_back(ana, {marked(ana, root, incarnation), marked(ana, edit, incarnation)}),
            "access_removed access_removed");
  EXPECT_FALSE(world.view(ana.who.user, root.header.record.id));
  std::vector<store::quarantine_row> kept;
  world.db->read([&](store::quarantine::reads quarantine) { kept = quarantine.quarantine_list(); });
  ASSERT_EQ(kept.size(), 1U) << "only what the server does not have is put away";
  EXPECT_EQ(kept[0].version, edit.id);
  // Another incarnation of the same record was not closed.
  EXPECT_EQ(give_back(ana, {marked(ana, edit, testing::nth<incarnation_id>(60))}), "restored");
  expect_clean();
}

TEST_P(restoring, it_joins_the_view_that_is_open_and_a_lost_assignment_is_a_conflict) {
  const auto root = ana.version(a_patient());
  world.push(ana, {root});
  const auto open = world.view(ana.who.user, root.header.record.id)->state.incarnation;
  const auto assigned = bia.version(a_patient().salt(9).with("rg", "7"));
  EXPECT_EQ(give_back(ana, {marked(ana, assigned, testing::nth<incarnation_id>(70))}), "restored");
  const auto view = world.view(ana.who.user, root.header.record.id);
  EXPECT_EQ(view->state.incarnation, open);
  EXPECT_EQ(view->state.heads.size(), 2U);
  world.pull(ana);
  EXPECT_TRUE(ana.replica.views().begin()->second.conflict);
  expect_clean();
}

TEST_P(restoring, nothing_is_merged_while_it_comes_back) {
  const auto root = ana.version(a_patient());
  const auto a = ana.version(a_patient().after({&root}).with("rg", "1"));
  const auto b = ana.version(a_patient().after({&root}).with("idade", "40"));
  const auto kept = known(ana_later, {root, a, b});
  EXPECT_EQ(give_back(ana, kept), "restored restored restored");
  EXPECT_EQ(world.view(ana.who.user, root.header.record.id)->state.heads.size(), 2U);
  // The next ordinary edit of the record may.
  const auto c = ana.version(a_patient().after({&b}).with("idade", "41"));
  EXPECT_EQ(words(world.push(ana, {c})), "merged");
  expect_clean();
}

TEST_P(restoring, heads_are_worked_out_again_when_a_missing_ancestor_comes) {
  const auto root = ana.version(a_patient());
  const auto middle = ana.version(a_patient().after({&root}).with("rg", "1"));
  const auto last = ana.version(a_patient().after({&middle}).with("rg", "2"));
  world.push(ana, {root});
  const auto hers = testing::nth<incarnation_id>(80);
  // Bia was assigned the root, and later the last one; the one between was never hers.
  EXPECT_EQ(give_back(bia, {marked(bia, root, hers), marked(bia, last, hers)}),
            "restored restored");
  EXPECT_EQ(world.view(bia.who.user, root.header.record.id)->state.heads.size(), 2U);
  world.pull(bia);
  expect_clean(1);
  // No merge either while nobody knows what the heads share.
  const auto edit = bia.version(a_patient().after({&root}).with("idade", "40"));
  EXPECT_EQ(words(world.push(bia, {edit})), "sibling");

  const auto own = world.view(ana.who.user, root.header.record.id)->state.incarnation;
  EXPECT_EQ(give_back(ana, {marked(ana, middle, own)}), "restored");
  expect_clean();
  world.pull(bia);
  auto heads = bia.replica.views().begin()->second.heads;
  std::sort(heads.begin(), heads.end());
  auto expected = std::vector{edit.id, last.id};
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(heads, expected) << "the root turned out to be an ancestor";
}

TEST_P(restoring, a_conflict_that_was_none_ends_for_its_owner) {
  const auto root = ana.version(a_patient());
  const auto middle = ana.version(a_patient().after({&root}).with("rg", "1"));
  const auto last = ana.version(a_patient().after({&middle}).with("rg", "2"));
  world.push(ana, {root});
  const auto hers = testing::nth<incarnation_id>(80);
  give_back(bia, {marked(bia, root, hers), marked(bia, last, hers)});
  world.pull(bia);
  EXPECT_TRUE(bia.replica.views().begin()->second.conflict);
  const auto own = world.view(ana.who.user, root.header.record.id)->state.incarnation;
  give_back(ana, {marked(ana, middle, own)});
  world.pull(bia);
  EXPECT_FALSE(bia.replica.views().begin()->second.conflict);
  EXPECT_EQ(bia.replica.views().begin()->second.active, last.id);
  expect_clean();
}

TEST_P(restoring, of_drafts_alone_the_newest_is_shown_and_a_view_that_stays_is_not_told) {
  const auto root = ana.version(a_patient().draft());
  const auto middle = ana.version(a_patient().after({&root}).draft().with("rg", "1"));
  const auto last = ana.version(a_patient().after({&middle}).draft().with("rg", "2"));
  world.push(ana, {root});
  auto carla = laptop_of(world, "carla@example.org");
  const auto hers = testing::nth<incarnation_id>(80);
  give_back(bia, {marked(bia, root, hers), marked(bia, last, hers)});
  give_back(carla, {marked(carla, root, testing::nth<incarnation_id>(81))});
  world.pull(bia);
  world.pull(carla);
  EXPECT_EQ(bia.replica.views().begin()->second.drafts, (std::vector{root.id, last.id}));
  const auto own = world.view(ana.who.user, root.header.record.id)->state.incarnation;
  EXPECT_EQ(give_back(ana, {marked(ana, middle, own)}), "restored");
  const auto told = world.changes.changes(bia.who, bia.replica.at(), 10).value();
  ASSERT_EQ(told.items.size(), 1U);
  EXPECT_EQ(told.items[0].version, last.id);
  ASSERT_EQ(told.views.size(), 1U);
  EXPECT_TRUE(told.views[0].heads.empty());
  EXPECT_EQ(told.views[0].drafts, std::vector{last.id});
  EXPECT_TRUE(world.changes.changes(carla.who, carla.replica.at(), 10).value().items.empty());
  world.pull(bia);
  expect_clean();
}

TEST_P(restoring, authors_and_devices_that_were_forgotten_get_placeholders) {
  auto builder = a_patient();
  builder.header().author = testing::nth<user_id>(500);
  builder.header().device = testing::nth<device_id>(501);
  const auto stranger = builder.make();
  EXPECT_EQ(give_back(ana, {marked(ana, stranger, testing::nth<incarnation_id>(50))}), "restored");
  world.db->read([&](store::people::reads people) {
    const auto user = people.user_by_id(stranger.header.author);
    const auto device = people.device_by_id(stranger.header.device);
    ASSERT_TRUE(user && device);
    EXPECT_TRUE(store::is_placeholder(*user));
    EXPECT_FALSE(user->enabled);
    EXPECT_TRUE(store::is_placeholder(*device));
    EXPECT_TRUE(device->revoked_at);
    EXPECT_FALSE(store::is_placeholder(ana.who.user));
    EXPECT_FALSE(store::is_placeholder(*people.device_by_id(merge_device())));
  });
  world.pull(ana);
  expect_clean();
}

TEST_P(restoring, known_tells_nothing_of_what_others_have) {
  const auto mine = ana.version(a_patient());
  const auto hers = bia.version(a_patient().salt(3));
  world.push(ana, {mine});
  world.push(bia, {hers});
  const auto nobodys = ana.version(a_patient().salt(4));
  EXPECT_EQ(world.changes.missing(ana.who, {mine.id, hers.id, nobodys.id}),
            (std::vector{hers.id, nobodys.id}));
  world.unassign(ana.who.user, mine.header.record.id).value();
  EXPECT_EQ(world.changes.missing(ana.who, {mine.id}), std::vector{mine.id});
  EXPECT_TRUE(world.changes.missing(ana.who, {}).empty());
}

INSTANTIATE_TEST_SUITE_P(stores, restoring, ::testing::Values("sqlite", "postgres"),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace autocusto::test
