// The corners of merge, views, heads, feed and conflicts that other tests do not come to: what
// tools/coverage has asked for.
#include <array>
#include <stdexcept>

#include <gtest/gtest.h>

#include "client/replica/file/shown_view.hpp"
#include "server/sync/conflict_rule.hpp"
#include "server/sync/feed_writer.hpp"
#include "shared/base/limits.hpp"
#include "tests/support/acceptance_world.hpp"

namespace autocusto {
namespace {

using testing::a_patient;
using testing::acceptance_world;
using testing::by;
using testing::graph;
using testing::k_ana;
using testing::nth;
using testing::nth_person;

TEST(MergeCorners, EveryObstacleHasANameAndNothingElseHas) {
  using domain::merge_obstacle;
  constexpr std::array k_all{merge_obstacle::no_single_base, merge_obstacle::base_unavailable,
                             merge_obstacle::same_group,     merge_obstacle::clinical,
                             merge_obstacle::policy,         merge_obstacle::pinned};
  std::set<std::string_view> names;
  for (const auto why : k_all) names.insert(domain::obstacle_name(why));
  EXPECT_EQ(names.size(), k_all.size());
  EXPECT_THROW(static_cast<void>(domain::obstacle_name(static_cast<merge_obstacle>(99))),
               std::logic_error);
}

TEST(MergeCorners, JoinsVersionsOfOneRecordUnderOneKey) {
  const auto one = by(k_ana, a_patient());
  const auto other_record = by(k_ana, a_patient("52998224725"));
  auto builder = a_patient();
  builder.payload().key = "52998224725";
  const auto other_key = by(k_ana, builder);
  for (const auto* second : {&other_record, &other_key}) {
    EXPECT_THROW(static_cast<void>(domain::make_merge({&one, second}, one.payload.fields, "s")),
                 std::logic_error);
  }
  EXPECT_THROW(static_cast<void>(domain::make_merge({&one}, one.payload.fields, "s")),
               std::logic_error);
}

TEST(MergeCorners, AnAdminMayJoinClinicalChangesOfDifferentFields) {
  const auto base = a_patient().with("peso", "70").make().payload.fields;
  auto left = base;
  auto right = base;
  left.at("peso") = std::string("71");
  right.at("sexo") = std::string("F");
  domain::merge_options asked;
  asked.admin_asked = true;
  const auto merged = domain::merge_fields("patient", {&left, &right}, &base, true, asked);
  ASSERT_TRUE(std::holds_alternative<domain::field_map>(merged));
  EXPECT_THROW(static_cast<void>(domain::merge_fields("none", {&left, &right}, &base, true, asked)),
               std::logic_error);
}

TEST(ViewCorners, AHeadOutsideTheGraphCountsAsTheOldest) {
  const graph g("a b:a");
  domain::view_state view;
  view.heads = graph::ids("b z");
  EXPECT_EQ(domain::active_version(view, g.dag), graph::id("b"));
}

TEST(ViewCorners, AVersionOfNoKnownStatusJoinsNothing) {
  const graph g("a");
  domain::view_state view;
  domain::add_version(view, g.dag, graph::id("a"), static_cast<domain::version_status>(9));
  EXPECT_TRUE(view.heads.empty() && view.drafts.empty());
}

TEST(ViewCorners, WhatTurnsOutToBeAnAncestorLeavesTheView) {
  struct renewal {
    const char* what;
    const char* versions;
    const char* heads;
    const char* pinned;
    const char* drafts;
    const char* heads_after;
    const char* pinned_after;
    const char* drafts_after;
  };
  constexpr renewal k_cases[] = {
      {"nothing to be found out", "a b:a c:a ~d:b", "b c", "", "d", "b c", "", "d"},
      {"a head below a head", "a b:a c:b", "a c", "", "", "c", "", ""},
      {"an edit of the pinned head", "a b:a", "a b", "a", "", "b", "", ""},
      {"the pinned head through a draft", "a ~b:a c:b", "a c", "a", "", "c", "", ""},
      {"an edit that does not continue the pinned head", "a b:a c:b", "a c", "a", "", "a c", "a",
       ""},
      {"a head below the pinned head", "a b:a c:b", "a c", "c", "", "c", "c", ""},
      {"a draft below a draft", "~a ~b:a ~c:b", "", "", "a c", "", "", "c"},
      {"a draft that was published", "~a b:a c:b", "c", "", "a", "c", "", ""},
      {"a draft beside one that was published", "~a b:a ~c:b", "b", "", "a c", "b", "", "c"},
  };
  for (const auto& c : k_cases) {
    const graph g(c.versions);
    domain::view_state view;
    view.heads = graph::ids(c.heads);
    if (*c.pinned != 0) view.pinned = graph::id(c.pinned);
    view.drafts = graph::ids(c.drafts);
    const auto before = view;
    const bool changed = domain::renew_view(view, g.dag);
    EXPECT_EQ(changed, view != before) << c.what;
    EXPECT_EQ(graph::names(view.heads), c.heads_after) << c.what;
    EXPECT_EQ(graph::names(view.drafts), c.drafts_after) << c.what;
    EXPECT_EQ(view.pinned ? graph::names(std::vector{*view.pinned}) : "", c.pinned_after) << c.what;
    EXPECT_FALSE(domain::renew_view(view, g.dag)) << c.what << ", a second time";
  }
}

TEST(DagCorners, ContinuingGoesThroughDraftsOnceEach) {
  const graph g("a ~b:a ~c:b ~d:b e:c,d f:x");
  EXPECT_TRUE(g.dag.continues(graph::id("e"), graph::id("a")));
  EXPECT_FALSE(g.dag.continues(graph::id("e"), graph::id("z")));
  EXPECT_FALSE(g.dag.continues(graph::id("unknown"), graph::id("a")));
  EXPECT_TRUE(g.dag.continues(graph::id("f"), graph::id("x")));
  EXPECT_FALSE(g.dag.continues(graph::id("f"), graph::id("a")))
      << "nobody knows what x went on from";
}

TEST(FeedCorners, CursorsAndKindsThatAreNone) {
  const std::string chain(64, '0');
  for (const auto* seq : {"abc", "1a", "-1", "-", "-0"}) {
    EXPECT_FALSE(wire::parse_cursor(std::string(seq) + "." + chain)) << seq;
  }
  const auto page = [&chain](const std::string& kind) {
    return R"({"items":[{"incarnation":"00000008-0000-4000-8000-000000000008","kind":")" + kind +
           R"(","record_id":"893649c410021f5dd361cd04e698ba7a","seq":1,"version_id":null}],)" +
           R"("versions":[],"views":[],"people":[],"devices":[],"cursor":"1.)" + chain +
           R"(","more":false})";
  };
  EXPECT_TRUE(wire::decode_page(page("removed")));
  EXPECT_FALSE(wire::decode_page(page("stolen")));
  EXPECT_THROW(static_cast<void>(sync::item_kind_of(static_cast<store::feed_kind>(9))),
               std::logic_error);
}

TEST(ConflictCorners, TheSameHeadsNeedNoNewLine) {
  store::conflict_row open;
  open.heads = graph::ids("a b");
  EXPECT_FALSE(sync::settle_conflict(open, 1, open.heads, {}, store::conflict_state::resolved, 5));
}

TEST(SettleCorners, AMergeThatDoesNotFitStaysAConflict) {
  acceptance_world world;
  const std::string big(limits::version_bytes / 2, 'x');
  const auto root = by(k_ana, a_patient());
  const auto left = by(k_ana, a_patient().after({&root}).with("rg", big.c_str()));
  const auto right = by(k_ana, a_patient().after({&root}).with("sexo", big.c_str()));
  for (const auto* v : {&root, &left, &right}) world.store_directly(k_ana, *v);
  const auto third = by(k_ana, a_patient().after({&root}).with("idade", "3"));
  EXPECT_EQ(testing::outcomes(world.push(k_ana, {third})), "sibling");
  EXPECT_EQ(world.heads(k_ana, root).size(), 3U);
}

TEST(SettleCorners, AStoredHeadThatCannotBeReadIsNotMerged) {
  acceptance_world world;
  const auto root = by(k_ana, a_patient());
  const auto left = by(k_ana, a_patient().after({&root}).with("rg", "1"));
  world.push(k_ana, {root, left});
  for (auto& [key, v] : world.stored) {
    if (v.id == left.id) v.payload = "{}";
  }
  const auto right = by(k_ana, a_patient().after({&root}).with("sexo", "F"));
  EXPECT_EQ(testing::outcomes(world.push(k_ana, {right})), "sibling");
}

TEST(SettleCorners, HundredsOfRecordsAreMergedInOnePush) {
  constexpr std::uint32_t k_records = 130;
  acceptance_world world;
  std::vector<domain::version> first;
  std::vector<domain::version> second;
  for (std::uint32_t n = 0; n < k_records; ++n) {
    auto builder = a_patient();
    builder.payload().key = "legacy#" + std::to_string(n);
    builder.header().record.id =
        domain::make_record_id(testing::k_tenant_key, "patient", builder.payload().key);
    const auto root = by(k_ana, builder);
    world.store_directly(k_ana, root);
    const auto same_record = [&](const char* field) {
      auto b = builder;
      return by(k_ana, b.after({&root}).with(field, "1"));
    };
    first.push_back(same_record("rg"));
    second.push_back(same_record("sexo"));
  }
  world.push(k_ana, first);
  const auto plan = world.push(k_ana, second);
  EXPECT_EQ(plan.merges.size(), k_records);
}

TEST(ShownViewCorners, AStalePinAndAWaitingDraftChangeNothing) {
  const graph g("a b:a ~d:b c:a");
  replica::server_view told;
  told.heads = graph::ids("b");
  told.active = graph::id("b");
  told.pinned = graph::id("a");
  const std::vector<replica::local_version> draft{{graph::id("d"), domain::version_status::draft}};
  const auto shown = replica::make_shown_view(told, draft, g.dag, {});
  EXPECT_EQ(graph::names(shown.heads), "b");
  EXPECT_EQ(graph::names(shown.drafts), "d");
  // The pinned version is an ancestor of a waiting edit that does not go on from it directly.
  told.heads = graph::ids("a");
  told.active = graph::id("a");
  const graph older("a b:a e:b ~d:b");
  const std::vector<replica::local_version> both{{graph::id("d"), domain::version_status::draft},
                                                 {graph::id("e"), domain::version_status::active}};
  EXPECT_EQ(graph::names(replica::make_shown_view(told, both, older.dag, {}).heads), "a e");
}

TEST(ShownViewCorners, APinThatIsStillAHeadStandsOnce) {
  const graph g("a ~d:a c");
  replica::server_view told;
  told.heads = graph::ids("a");
  told.active = graph::id("a");
  told.pinned = graph::id("a");
  const std::vector<replica::local_version> draft{{graph::id("d"), domain::version_status::draft}};
  EXPECT_EQ(graph::names(replica::make_shown_view(told, draft, g.dag, {}).heads), "a");
  const std::vector<replica::local_version> root{{graph::id("c"), domain::version_status::active}};
  EXPECT_EQ(graph::names(replica::make_shown_view(told, root, g.dag, {}).heads), "a c");
}

}  // namespace
}  // namespace autocusto
