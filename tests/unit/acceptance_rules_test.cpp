// What acceptance does to views: known versions, incarnations, heads, drafts, merges, conflicts.
#include <gtest/gtest.h>

#include "server/sync/conflict_rule.hpp"
#include "tests/support/acceptance_world.hpp"

namespace autocusto::sync {
namespace {

using testing::a_clinic;
using testing::a_patient;
using testing::acceptance_world;
using testing::by;
using testing::k_ana;
using testing::k_bia;
using testing::nth_person;
using testing::outcomes;
using testing::person;

const person k_admin = nth_person(9);

/// The kinds of the planned events: v, a, d or r each.
std::string events(const acceptance_plan& plan) {
  std::string out;
  for (const auto& e : plan.events) out += store::feed_kind_name(e.kind).front();
  return out;
}

TEST(Known, AVisibleVersionIsADuplicateAndChangesNothing) {
  acceptance_world world;
  const auto root = by(k_ana, a_patient());
  const auto first = world.push(k_ana, {root});
  const auto again = world.push(k_ana, {root});
  EXPECT_EQ(outcomes(first), "accepted");
  EXPECT_EQ(outcomes(again), "duplicate");
  EXPECT_EQ(again.results[0].incarnation, first.results[0].incarnation);
  EXPECT_TRUE(again.versions.empty());
  EXPECT_TRUE(again.events.empty());
  EXPECT_TRUE(again.views.empty());
}

TEST(Known, AKnownVersionIsADuplicateEvenIfItsPayloadCameDamaged) {
  acceptance_world world;
  const auto root = by(k_ana, a_patient());
  world.push(k_ana, {root});
  const auto damaged = examine({root.raw.header, "{}"}, testing::k_tenant_key);
  EXPECT_EQ(outcomes(world.push_candidates(k_ana, {damaged})), "duplicate");
}

TEST(Known, AnOwnVersionOfARemovedViewNeverOpensOne) {
  acceptance_world world;
  const auto root = by(k_ana, a_patient());
  world.push(k_ana, {root});
  world.unassign(k_ana, root);
  const auto plan = world.push(k_ana, {root});
  EXPECT_EQ(outcomes(plan), "access_removed");
  EXPECT_TRUE(plan.quarantine.empty()) << "the server has these bytes";
  EXPECT_EQ(world.view(k_ana, root), nullptr);
}

TEST(Known, AnOwnVersionOfAnEarlierIncarnationStaysOutOfTheNewOne) {
  acceptance_world world;
  const auto root = by(k_ana, a_patient());
  const auto edit = by(k_ana, a_patient().after({&root}).with("peso", "70"));
  world.push(k_ana, {root});
  world.unassign(k_ana, root);
  const auto fresh = by(k_ana, a_patient().salt(5));
  EXPECT_EQ(outcomes(world.push(k_ana, {fresh})), "accepted");
  EXPECT_EQ(outcomes(world.push(k_ana, {root})), "access_removed");
  EXPECT_EQ(outcomes(world.push(k_ana, {edit})), "parent_unavailable") << "a stale child";
  EXPECT_EQ(world.heads(k_ana, fresh), std::vector<version_id>{fresh.id});
}

TEST(Incarnations, EachOpeningHasAFreshOne) {
  acceptance_world world;
  const auto root = by(k_ana, a_patient());
  const auto first = world.push(k_ana, {root});
  world.unassign(k_ana, root);
  const auto second = world.push(k_ana, {by(k_ana, a_patient().salt(5))});
  EXPECT_NE(first.results[0].incarnation, second.results[0].incarnation);
  EXPECT_EQ(second.views[0].row.key, 0);
}

TEST(Incarnations, ARootWithAnOpenViewIsASiblingInIt) {
  acceptance_world world;
  const auto one = by(k_ana, a_patient());
  const auto two = by(k_ana, a_patient().salt(5).with("rg", "1"));
  const auto first = world.push(k_ana, {one});
  const auto second = world.push(k_ana, {two});
  EXPECT_EQ(outcomes(second), "sibling");
  EXPECT_EQ(first.results[0].incarnation, second.results[0].incarnation);
  EXPECT_EQ(world.heads(k_ana, one).size(), 2U);
}

TEST(Numbers, AreDensePerRecordInTheOrderOfTheBatch) {
  acceptance_world world;
  const auto p1 = by(k_ana, a_patient());
  const auto c1 = by(k_ana, a_clinic());
  const auto p2 = by(k_ana, a_patient().after({&p1}).with("peso", "70"));
  const auto bad = by(k_ana, a_patient().after({&p1}).with("peso", "1000"));
  const auto p3 = by(k_ana, a_patient().after({&p2}).with("peso", "71"));
  const auto plan = world.push(k_ana, {p1, c1, p2, bad, p3});
  EXPECT_EQ(outcomes(plan), "accepted accepted accepted invalid_field accepted");
  std::vector<std::int64_t> numbers;
  for (const auto& v : plan.versions) numbers.push_back(v.number);
  EXPECT_EQ(numbers, (std::vector<std::int64_t>{1, 1, 2, 3}));
}

TEST(Isolation, TwoDoctorsOfOneRecordNeverMoveEachOthersView) {
  acceptance_world world;
  const auto hers = by(k_bia, a_patient().with("rg", "1"));
  const auto mine = by(k_ana, a_patient().with("rg", "2"));
  world.push(k_bia, {hers});
  const auto before = world.view(k_bia, hers)->state;
  const auto plan = world.push(k_ana, {mine});
  EXPECT_EQ(outcomes(plan), "accepted") << "no sibling: the other one is not in this view";
  EXPECT_EQ(world.view(k_bia, hers)->state, before);
  EXPECT_EQ(world.heads(k_ana, mine), std::vector<version_id>{mine.id});
  EXPECT_EQ(plan.versions[0].number, 2);
}

TEST(Fields, AnOddValueThatTheOwnerSeesAlreadyIsExempt) {
  acceptance_world world;
  const auto odd = by(k_ana, a_patient().with("email_paciente", "odd").with("nome_mae", ""));
  const auto sane = by(k_ana, a_patient().after({&odd}).with("email_paciente", "a@b.br"));
  world.store_directly(k_ana, odd);
  const auto kept = by(k_ana, a_patient().after({&odd}).with("rg", "1"));
  EXPECT_EQ(outcomes(world.push(k_ana, {kept})), "accepted");
  const auto other = by(k_ana, a_patient().after({&odd}).with("email_paciente", "odder"));
  EXPECT_EQ(outcomes(world.push(k_ana, {other})), "invalid_field");
  // A revert to it from a version that is in order is exempt by what the owner can see.
  const auto mended = by(k_ana, a_patient().after({&kept}).with("email_paciente", ""));
  const auto reverted = by(k_ana, a_patient().after({&mended}).with("email_paciente", "odd"));
  EXPECT_EQ(outcomes(world.push(k_ana, {mended, reverted})), "accepted accepted");
}

TEST(Fields, AnOddKeyOfAnImportStaysAndCanBeEdited) {
  acceptance_world world;
  const auto odd = by(k_ana, a_patient("123#9"));
  world.store_directly(k_ana, odd);
  const auto edit = by(k_ana, a_patient("123#9").after({&odd}).with("rg", "1"));
  EXPECT_EQ(outcomes(world.push(k_ana, {edit})), "accepted");
}

TEST(Fields, AnOddValueOfAVersionThatTheOwnerCannotSeeExemptsNothing) {
  acceptance_world world;
  const auto odd = by(k_bia, a_patient().with("email_paciente", "odd"));
  world.store_directly(k_bia, odd);
  const auto mine = by(k_ana, a_patient());
  world.push(k_ana, {mine});
  const auto probe = by(k_ana, a_patient().after({&mine}).with("email_paciente", "odd"));
  EXPECT_EQ(outcomes(world.push(k_ana, {probe})), "invalid_field");
  const auto root_probe = by(k_ana, a_patient().salt(3).with("email_paciente", "odd"));
  EXPECT_EQ(outcomes(world.push(k_ana, {root_probe})), "invalid_field");
}

TEST(Fields, ManyOddEditsAskForPayloadsOnce) {
  acceptance_world world;
  std::vector<domain::version> batch;
  for (const char* key : {"11144477735", "52998224725", "39053344705"}) {
    const auto odd = by(k_ana, a_patient(key).with("email_paciente", "odd"));
    world.store_directly(k_ana, odd);
    batch.push_back(by(k_ana, a_patient(key).after({&odd}).with("rg", "1")));
  }
  EXPECT_EQ(outcomes(world.push(k_ana, batch)), "accepted accepted accepted");
  EXPECT_EQ(world.payload_calls, 1U);
}

TEST(Heads, AnEditReplacesItsParentAndAnOldOnesChildIsASibling) {
  acceptance_world world;
  world.policy = domain::merge_policy::manual;
  const auto root = by(k_ana, a_patient());
  const auto left = by(k_ana, a_patient().after({&root}).with("rg", "1"));
  const auto right = by(k_ana, a_patient().after({&root}).with("rg", "2"));
  world.push(k_ana, {root});
  EXPECT_EQ(outcomes(world.push(k_ana, {left})), "accepted");
  EXPECT_EQ(world.heads(k_ana, root), std::vector<version_id>{left.id});
  const auto plan = world.push(k_ana, {right});
  EXPECT_EQ(outcomes(plan), "sibling");
  ASSERT_EQ(plan.conflicts.size(), 1U);
  EXPECT_EQ(plan.conflicts[0].row.base, root.id);
  EXPECT_EQ(plan.conflicts[0].row.heads, world.heads(k_ana, root));
  EXPECT_EQ(plan.views[0].row.active, std::max(left.id, right.id));
}

TEST(Heads, DoNotDependOnTheOrderOfArrival) {
  const auto root = by(k_ana, a_patient());
  const auto a = by(k_ana, a_patient().after({&root}).with("rg", "1"));
  const auto b = by(k_ana, a_patient().after({&root}).with("rg", "2"));
  const auto c = by(k_ana, a_patient().after({&a}).with("rg", "3"));
  std::set<std::vector<version_id>> seen;
  for (const auto& order : {std::vector{a, b, c}, std::vector{b, a, c}, std::vector{a, c, b}}) {
    acceptance_world world;
    world.policy = domain::merge_policy::manual;
    world.push(k_ana, {root});
    for (const auto& v : order) world.push(k_ana, {v});
    seen.insert(world.heads(k_ana, root));
  }
  EXPECT_EQ(seen.size(), 1U);
}

TEST(Drafts, StandBesideTheHeadsAndAreNoConflict) {
  acceptance_world world;
  const auto root = by(k_ana, a_patient());
  const auto draft = by(k_ana, a_patient().after({&root}).draft().with("nome_mae", ""));
  world.push(k_ana, {root});
  const auto plan = world.push(k_ana, {draft});
  EXPECT_EQ(outcomes(plan), "accepted");
  EXPECT_TRUE(plan.conflicts.empty());
  EXPECT_EQ(plan.views[0].row.state.heads, std::vector<version_id>{root.id});
  EXPECT_EQ(plan.views[0].row.state.drafts, std::vector<version_id>{draft.id});
  EXPECT_EQ(plan.views[0].row.active, root.id);
}

TEST(Drafts, OfADraftReplaceItAndPublishingEndsIt) {
  acceptance_world world;
  const auto first = by(k_ana, a_patient().draft().with("nome_mae", ""));
  const auto second = by(k_ana, a_patient().after({&first}).draft().with("rg", "1"));
  const auto third = by(k_ana, a_patient().after({&second}).with("nome_mae", "Maria"));
  EXPECT_EQ(world.push(k_ana, {first}).views[0].row.active, std::nullopt);
  EXPECT_EQ(world.push(k_ana, {second}).views[0].row.state.drafts,
            std::vector<version_id>{second.id});
  const auto published = world.push(k_ana, {third});
  EXPECT_TRUE(published.views[0].row.state.drafts.empty());
  EXPECT_EQ(published.views[0].row.active, third.id);
}

TEST(Drafts, PublishingAnIncompleteOneIsRefused) {
  acceptance_world world;
  const auto draft = by(k_ana, a_patient().draft().with("nome_mae", ""));
  const auto published = by(k_ana, a_patient().after({&draft}));
  world.push(k_ana, {draft});
  auto blank = a_patient().after({&draft});
  blank.with("nome_mae", "");
  EXPECT_EQ(outcomes(world.push(k_ana, {by(k_ana, blank)})), "invalid_field");
}

TEST(Drafts, DiscardTakesOneOutOnceAndKeepsTheVersion) {
  acceptance_world world;
  const auto root = by(k_ana, a_patient());
  const auto draft = by(k_ana, a_patient().after({&root}).draft().with("rg", "1"));
  world.push(k_ana, {root, draft});
  const auto plan = world.push(k_ana, {}, {draft.id});
  EXPECT_EQ(outcomes(plan), "discarded");
  EXPECT_EQ(events(plan), "d");
  EXPECT_TRUE(plan.views[0].row.state.drafts.empty());
  EXPECT_EQ(world.stored.size(), 2U);
  const auto again = world.push(k_ana, {}, {draft.id});
  EXPECT_EQ(outcomes(again), "duplicate");
  EXPECT_TRUE(again.events.empty());
  EXPECT_TRUE(again.views.empty());
}

TEST(Drafts, DiscardOfOneInTheSameBatchComesAfterIt) {
  acceptance_world world;
  const auto draft = by(k_ana, a_patient().draft());
  const auto plan = world.push(k_ana, {draft}, {draft.id});
  EXPECT_EQ(outcomes(plan), "accepted discarded");
  EXPECT_EQ(events(plan), "vd");
  EXPECT_EQ(plan.events[1].known, 0);
}

TEST(Drafts, OnlyOwnDraftsCanBeDiscardedAndOthersLookLikeNone) {
  acceptance_world world;
  const auto hers = by(k_bia, a_patient().draft());
  const auto mine = by(k_ana, a_patient());
  world.push(k_bia, {hers});
  world.push(k_ana, {mine});
  const auto plan = world.push(k_ana, {}, {hers.id, testing::nth<version_id>(77), mine.id});
  EXPECT_EQ(outcomes(plan), "not_found not_found not_found");
  EXPECT_EQ(plan.results[0].message, plan.results[1].message);
  EXPECT_EQ(world.view(k_bia, hers)->state.drafts, std::vector<version_id>{hers.id});
}

TEST(Merging, DisjointEditsAreMergedOnceAfterThePush) {
  acceptance_world world;
  const auto root = by(k_ana, a_patient());
  const auto a = by(k_ana, a_patient().after({&root}).with("rg", "1"));
  const auto b = by(k_ana, a_patient().after({&root}).with("idade", "40"));
  const auto c = by(k_ana, a_patient().after({&root}).with("sexo", "F"));
  world.push(k_ana, {root, a});
  const auto plan = world.push(k_ana, {b, c});
  EXPECT_EQ(outcomes(plan), "merged merged");
  ASSERT_EQ(plan.merges.size(), 1U) << "one merge of three heads, not two of two";
  const auto& merge = *plan.merges[0];
  EXPECT_EQ(merge.header.parents.size(), 3U);
  EXPECT_EQ(merge.header.author, system_user());
  EXPECT_EQ(merge.header.device, merge_device());
  EXPECT_EQ(events(plan), "vvv");
  EXPECT_EQ(plan.events[2].version, merge.id);
  EXPECT_EQ(plan.versions[2].number, 5);
  EXPECT_EQ(plan.versions[2].author, 900);
  EXPECT_EQ(plan.versions[2].device, 901);
  EXPECT_TRUE(plan.conflicts.empty());
  EXPECT_EQ(world.heads(k_ana, root), std::vector<version_id>{merge.id});
  EXPECT_EQ(merge.payload.fields.at("rg"), domain::field_value("1"));
  EXPECT_EQ(merge.payload.fields.at("idade"), domain::field_value("40"));
}

TEST(Merging, SameGroupStaysAConflict) {
  acceptance_world world;
  const auto root = by(k_ana, a_patient());
  const auto a = by(k_ana, a_patient().after({&root}).with("rg", "1"));
  const auto b = by(k_ana, a_patient().after({&root}).with("rg", "2"));
  EXPECT_EQ(outcomes(world.push(k_ana, {root, a, b})), "accepted sibling sibling");
}

TEST(Merging, ManualPolicyOfTheOwnerKeepsSiblings) {
  acceptance_world world;
  world.policy = domain::merge_policy::manual;
  const auto root = by(k_ana, a_patient());
  const auto a = by(k_ana, a_patient().after({&root}).with("rg", "1"));
  const auto b = by(k_ana, a_patient().after({&root}).with("idade", "40"));
  EXPECT_EQ(outcomes(world.push(k_ana, {root, a, b})), "accepted sibling sibling");
  // Equal fields are merged always.
  const auto same = by(k_bia, a_patient().with("rg", "9"));
  const auto twin = by(k_bia, a_patient().salt(4).with("rg", "9"));
  EXPECT_EQ(outcomes(world.push(k_bia, {same, twin})), "merged merged");
}

TEST(Merging, ABaseThatTheOwnerCannotSeeIsNoBase) {
  acceptance_world world;
  const auto root = by(k_bia, a_patient());
  const auto left = by(k_bia, a_patient().after({&root}).with("rg", "1"));
  const auto right = by(k_bia, a_patient().after({&root}).with("idade", "40"));
  world.policy = domain::merge_policy::manual;
  world.push(k_bia, {root, left, right});
  world.policy = domain::merge_policy::automatic;
  world.assign(k_ana, left);
  const auto mine = by(k_ana, a_patient().after({&left}).with("sexo", "F"));
  world.push(k_ana, {mine});
  world.assign(k_ana, right);  // heads: right; mine stays in her history
  const auto more = by(k_ana, a_patient().after({&mine}).with("cidade_paciente", "Recife"));
  const auto moved = by(k_ana, a_patient().after({&right}).with("nome_mae", "Marta"));
  const auto plan = world.push(k_ana, {more, moved});
  EXPECT_EQ(outcomes(plan), "sibling sibling");
  ASSERT_EQ(plan.conflicts.size(), 1U);
  EXPECT_EQ(plan.conflicts[0].row.base, std::nullopt)
      << "its id alone would tell of another doctor";
}

TEST(Merging, AnErasedHeadOrBasePreventsIt) {
  acceptance_world world;
  const auto root = by(k_ana, a_patient());
  const auto a = by(k_ana, a_patient().after({&root}).with("rg", "1"));
  const auto b = by(k_ana, a_patient().after({&root}).with("idade", "40"));
  world.push(k_ana, {root, a});
  world.erase_payload(root.id);
  EXPECT_EQ(outcomes(world.push(k_ana, {b})), "sibling");
  const auto clinic = by(k_ana, a_clinic());
  const auto c = by(k_ana, a_clinic().after({&clinic}).with("nome_clinica", "Outra"));
  const auto d = by(k_ana, a_clinic().after({&clinic}).with("telefone_clinica", "(11) 2222-3333"));
  world.push(k_ana, {clinic, c});
  world.erase_payload(c.id);
  EXPECT_EQ(outcomes(world.push(k_ana, {d})), "sibling");
}

TEST(Merging, APinnedHeadPreventsIt) {
  acceptance_world world;
  const auto root = by(k_ana, a_patient());
  const auto a = by(k_ana, a_patient().after({&root}).with("rg", "1"));
  const auto b = by(k_ana, a_patient().after({&root}).with("idade", "40"));
  world.push(k_ana, {root, a});
  world.assign(k_ana, a);
  const auto plan = world.push(k_ana, {b});
  EXPECT_EQ(outcomes(plan), "sibling");
  EXPECT_EQ(plan.views[0].row.active, a.id) << "pinned";
  // An edit of the pinned one ends the pin.
  const auto next = by(k_ana, a_patient().after({&a, &b}));
  const auto resolved = world.push(k_ana, {next});
  EXPECT_EQ(resolved.views[0].row.state.pinned, std::nullopt);
  EXPECT_EQ(world.closed_conflicts.at(0).state, store::conflict_state::resolved);
}

TEST(Merging, AMergeThatAnotherViewMadeBeforeIsSharedNotStoredTwice) {
  acceptance_world world;
  world.policy = domain::merge_policy::manual;
  const auto root = by(k_ana, a_patient());
  const auto a = by(k_ana, a_patient().after({&root}).with("rg", "1"));
  const auto b = by(k_ana, a_patient().after({&root}).with("idade", "40"));
  world.push(k_ana, {root, a, b});
  // The merge of a and b is known to the record, by way of another view.
  auto merged = domain::make_merge(
      {&a, &b},
      [&] {
        auto fields = a.payload.fields;
        fields.at("idade") = std::string("40");
        return fields;
      }(),
      testing::k_server_secret);
  const person system{system_user(), 900, {{merge_device(), 901}}};
  world.store_directly(system, merged);
  world.records.begin()->second.views.at(k_ana.key).state.heads = {a.id};
  world.records.begin()->second.visible.at(k_ana.key).erase(b.id);
  std::erase_if(world.records.begin()->second.graph, [&](const auto& n) { return n.id == b.id; });
  world.policy = domain::merge_policy::automatic;
  const auto plan = world.push(k_ana, {b});
  EXPECT_EQ(outcomes(plan), "merged");
  EXPECT_EQ(plan.versions.size(), 1U) << "b alone";
  ASSERT_EQ(plan.events.size(), 2U);
  EXPECT_EQ(plan.events[1].version, merged.id);
  EXPECT_NE(plan.events[1].known, 0);
}

TEST(Conflicts, AreResolvedByAJoinAndMergedByTheServer) {
  acceptance_world world;
  world.policy = domain::merge_policy::manual;
  const auto root = by(k_ana, a_patient());
  const auto a = by(k_ana, a_patient().after({&root}).with("rg", "1"));
  const auto b = by(k_ana, a_patient().after({&root}).with("idade", "40"));
  world.push(k_ana, {root, a, b});
  const auto join = by(k_ana, a_patient().after({&a, &b}).with("idade", "40"));
  EXPECT_EQ(outcomes(world.push(k_ana, {join})), "accepted");
  ASSERT_EQ(world.closed_conflicts.size(), 1U);
  EXPECT_EQ(world.closed_conflicts[0].state, store::conflict_state::resolved);
  EXPECT_EQ(world.closed_conflicts[0].heads.size(), 2U) << "as they were";
  EXPECT_TRUE(world.closed_conflicts[0].closed_at.has_value());

  const auto c = by(k_ana, a_patient().after({&join}).with("sexo", "F"));
  const auto d = by(k_ana, a_patient().after({&join}).with("idade", "41"));
  world.push(k_ana, {c, d});
  world.policy = domain::merge_policy::automatic;
  const auto e = by(k_ana, a_patient().after({&c}).with("cidade_paciente", "Recife"));
  EXPECT_EQ(outcomes(world.push(k_ana, {e})), "merged");
  EXPECT_EQ(world.closed_conflicts.at(1).state, store::conflict_state::merged);
}

TEST(Conflicts, ComeBackOnTheAdminsListWhenTheHeadsChange) {
  acceptance_world world;
  const auto root = by(k_ana, a_patient());
  const auto a = by(k_ana, a_patient().after({&root}).with("rg", "1"));
  const auto b = by(k_ana, a_patient().after({&root}).with("rg", "2"));
  world.push(k_ana, {root, a, b});
  auto& conflict = world.records.begin()->second.conflicts.at(k_ana.key);
  conflict.dismissed = true;
  const auto opened_at = conflict.opened_at;
  // A draft does not change the heads.
  world.push(k_ana, {by(k_ana, a_patient().after({&a}).draft().with("idade", "1"))});
  EXPECT_TRUE(world.records.begin()->second.conflicts.at(k_ana.key).dismissed);
  const auto c = by(k_ana, a_patient().after({&a}).with("idade", "40"));
  const auto plan = world.push(k_ana, {c});
  ASSERT_EQ(plan.conflicts.size(), 1U);
  EXPECT_FALSE(plan.conflicts[0].row.dismissed);
  EXPECT_EQ(plan.conflicts[0].row.opened_at, opened_at);
  EXPECT_NE(plan.conflicts[0].row.key, 0) << "the same conflict goes on";
}

TEST(Admins, ResolveIntoTheOwnersView) {
  acceptance_world world;
  const auto root = by(k_ana, a_patient());
  const auto a = by(k_ana, a_patient().after({&root}).with("rg", "1"));
  const auto b = by(k_ana, a_patient().after({&root}).with("rg", "2"));
  world.push(k_ana, {root, a, b});
  const auto join = by(k_admin, a_patient().after({&a, &b}).with("rg", "2"));
  const auto plan = world.push(k_admin, {join}, {}, &k_ana);
  EXPECT_EQ(outcomes(plan), "accepted");
  EXPECT_EQ(world.heads(k_ana, root), std::vector<version_id>{join.id});
  EXPECT_EQ(world.view(k_admin, root), nullptr);
  EXPECT_EQ(outcomes(world.push(k_admin, {join}, {}, &k_ana)), "duplicate");
  // The same version is no way into somebody else's view.
  const auto hers = by(k_bia, a_patient().salt(3));
  world.push(k_bia, {hers});
  EXPECT_EQ(outcomes(world.push(k_admin, {join}, {}, &k_bia)), "parent_unavailable");
  world.assign(k_bia, a);
  world.assign(k_bia, b);
  EXPECT_EQ(outcomes(world.push(k_admin, {join}, {}, &k_bia)), "already_exists");
}

TEST(Admins, OnlyTheirOwnVersionsResolve) {
  acceptance_world world;
  const auto root = by(k_ana, a_patient());
  world.push(k_ana, {root});
  const auto edit = by(k_ana, a_patient().after({&root}).with("rg", "1"));
  EXPECT_EQ(outcomes(world.push(k_admin, {edit}, {}, &k_ana)), "author_mismatch");
}

}  // namespace
}  // namespace autocusto::sync
