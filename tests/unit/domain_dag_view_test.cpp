// The graph and the views on small graphs written as text.
#include <chrono>

#include <gtest/gtest.h>

#include "shared/domain/dag.hpp"
#include "shared/domain/view.hpp"
#include "tests/support/domain_builders.hpp"

namespace autocusto::domain {
namespace {

using testing::graph;

TEST(Dag, AncestorsAreProperAndTransitive) {
  const graph g("a b:a c:a d:b,c e:d");
  EXPECT_TRUE(g.dag.is_ancestor(g.id("a"), g.id("e")));
  EXPECT_TRUE(g.dag.is_ancestor(g.id("c"), g.id("d")));
  EXPECT_FALSE(g.dag.is_ancestor(g.id("b"), g.id("c")));
  EXPECT_FALSE(g.dag.is_ancestor(g.id("e"), g.id("a")));
  EXPECT_FALSE(g.dag.is_ancestor(g.id("d"), g.id("d")));
  EXPECT_FALSE(g.dag.is_ancestor(g.id("x"), g.id("d")));
  EXPECT_FALSE(g.dag.is_ancestor(g.id("a"), g.id("x")));
  EXPECT_EQ(g.names(g.dag.ancestors(g.ids("d"))), "a b c");
  EXPECT_EQ(g.names(g.dag.ancestors(g.ids("b c"))), "a");
  EXPECT_EQ(g.names(g.dag.ancestors(g.ids("a x"))), "");
}

TEST(Dag, AMissingParentCountsAsReachedAndEndsTheWalk) {
  const graph g("b:a c:b d:z");
  EXPECT_FALSE(g.dag.contains(g.id("a")));
  EXPECT_TRUE(g.dag.is_ancestor(g.id("a"), g.id("c")));
  EXPECT_EQ(g.names(g.dag.ancestors(g.ids("c"))), "a b");
  EXPECT_EQ(g.names(g.dag.maximal(g.ids("a c d z"))), "c d");
  EXPECT_EQ(g.dag.next_generation(g.ids("a")), std::nullopt);
  EXPECT_EQ(g.names(g.dag.nearest_common_ancestors(g.ids("c d"))), "");
}

TEST(Dag, AddingTwiceKeepsTheFirst) {
  graph g("a b:a");
  g.dag.add({g.id("b"), {}, 7});
  EXPECT_EQ(g.dag.size(), 2U);
  EXPECT_EQ(g.dag.find(g.id("b"))->generation, 2);
  EXPECT_EQ(g.dag.find(g.id("x")), nullptr);
}

TEST(Dag, MaximalIsSortedUniqueAndWithoutAncestors) {
  const graph g("a b:a c:a d:b,c e:a");
  EXPECT_EQ(g.names(g.dag.maximal(g.ids("e a d b d c"))), "d e");
  EXPECT_EQ(g.names(g.dag.maximal(g.ids("c b"))), "b c");
  EXPECT_EQ(g.names(g.dag.maximal({})), "");
  EXPECT_EQ(g.names(g.dag.maximal(g.ids("x a"))), "a x");
}

TEST(Dag, NearestCommonAncestors) {
  struct row {
    const char* text;
    const char* of;
    const char* expected;
  };
  const row rows[] = {
      {"a b:a c:a", "b c", "a"},
      {"a b:a c:b d:a", "c d", "a"},
      {"a b:a c:b", "b c", "b"},                // one is the other's ancestor
      {"a b:a", "b", "b"},                      // itself
      {"a b:a", "b b", "b"},                    // named twice
      {"a b", "a b", ""},                       // two roots
      {"r a:r b:r x:a,b y:a,b", "x y", "a b"},  // criss-cross: two
      {"r a:r b:r x:a,b y:b,a z:x,y w:x,y", "z w", "x y"},
      {"r a:r b:r m:a,b x:m y:m", "x y", "m"},  // joined again: one
      {"r a:r x:a y:a z:r", "x y z", "r"},      // of three
      {"r a:r x:a y:a z:a", "z x y", "a"},
      {"r a:r b:r x:a,b y:a z:b", "x y z", "r"},
      {"x:q y:q", "x y", "q"},  // the base itself is missing here
      {"a", "", ""},
  };
  for (const auto& r : rows) {
    const graph g(r.text);
    EXPECT_EQ(g.names(g.dag.nearest_common_ancestors(g.ids(r.of))), r.expected) << r.text;
  }
}

TEST(Dag, NextGeneration) {
  const graph g("a b:a c:b d:a");
  EXPECT_EQ(g.dag.next_generation({}), 1);
  EXPECT_EQ(g.dag.next_generation(g.ids("a")), 2);
  EXPECT_EQ(g.dag.next_generation(g.ids("d c")), 4);
  EXPECT_EQ(g.dag.next_generation(g.ids("d x")), std::nullopt);
}

TEST(Dag, AThousandCrissCrossesStayQuick) {
  // Each layer has two versions with both of the layer before as parents: 2^2000 paths.
  version_dag dag;
  std::vector<version_id> layer;
  const std::size_t layers = 2000;
  for (std::size_t i = 0; i < layers; ++i) {
    std::vector<version_id> next;
    for (std::size_t side = 0; side < 2; ++side) {
      next.push_back(testing::nth<version_id>(2 * i + side + 1));
      dag.add({next.back(), layer, static_cast<std::int64_t>(i) + 1});
    }
    layer = next;
  }
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(dag.is_ancestor(testing::nth<version_id>(1), layer[0]));
  EXPECT_FALSE(dag.is_ancestor(testing::nth<version_id>(0), layer[0])) << "no node, so no pruning";
  EXPECT_EQ(dag.ancestors(layer).size(), 2 * layers - 2);
  EXPECT_EQ(dag.nearest_common_ancestors(layer).size(), 2U);
  EXPECT_EQ(dag.maximal(layer), layer);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

/// A view and its graph, moved by words.
struct viewer {
  graph g;
  view_state view;

  explicit viewer(const std::string& text) : g(text) {}
  viewer& active(const std::string& names) {
    for (const auto& id : g.ids(names)) add_version(view, g.dag, id, version_status::active);
    return *this;
  }
  viewer& draft(const std::string& names) {
    for (const auto& id : g.ids(names)) add_version(view, g.dag, id, version_status::draft);
    return *this;
  }
  /// "heads | drafts | active"
  [[nodiscard]] std::string text() const {
    const auto shown = active_version(view, g.dag);
    return g.names(view.heads) + "|" + g.names(view.drafts) + "|" +
           (shown ? g.names(std::vector{*shown}) : "-");
  }
};

TEST(View, AnAssignedOlderVersionYieldsOnlyToWhatContinuesIt) {
  viewer v("a b:a c:b d:a e:d f:b,a");
  v.active("a b");
  assign_version(v.view, v.g.id("a"));
  EXPECT_EQ(v.active("c").text(), "a c||a") << "an edit of b, made before the assignment";
  EXPECT_EQ(v.view.pinned, v.g.id("a"));
  viewer resolved = v;
  EXPECT_EQ(v.active("d").text(), "c d||c") << "an edit of what was assigned";
  EXPECT_EQ(v.view.pinned, std::nullopt);
  EXPECT_EQ(v.active("e").text(), "c e||e");
  EXPECT_EQ(resolved.active("f").text(), "c f||f") << "f names the assigned version as a parent";
}

TEST(View, ADraftOfTheAssignedVersionContinuesIt) {
  viewer v("a b:a ~p:a ~q:p r:q");
  v.active("a b");
  assign_version(v.view, v.g.id("a"));
  v.draft("p q");
  EXPECT_EQ(v.active("r").text(), "r||r") << "published from drafts that began at the assigned one";
}

TEST(View, AnEditMovesTheHead) {
  viewer v("a b:a c:b");
  EXPECT_EQ(v.text(), "||-");
  EXPECT_EQ(v.active("a").text(), "a||a");
  EXPECT_EQ(v.active("b").text(), "b||b");
  EXPECT_EQ(v.active("c").text(), "c||c");
  EXPECT_EQ(v.active("a b c").text(), "c||c");
  EXPECT_FALSE(in_conflict(v.view));
}

TEST(View, SiblingsAreAllKeptAndAJoinEndsTheConflict) {
  viewer v("a b:a c:a d:c e:b,d");
  EXPECT_EQ(v.active("a b c").text(), "b c||c");
  EXPECT_TRUE(in_conflict(v.view));
  EXPECT_EQ(v.active("d").text(), "b d||d") << "the greater generation is shown";
  EXPECT_EQ(v.active("e").text(), "e||e");
  EXPECT_FALSE(in_conflict(v.view));
}

TEST(View, EqualGenerationsAreToldApartByTheGreaterId) {
  EXPECT_EQ(viewer("a b:a c:a").active("a c b").text(), "b c||c");
  EXPECT_EQ(viewer("a c:a b:a z:b").active("c z").text(), "c z||z");
  EXPECT_EQ(viewer("a z:a b:a c:b").active("z c").text(), "c z||c");
}

TEST(View, DraftsStayApartAndShowNothingActive) {
  viewer v("d a p:a");
  EXPECT_EQ(v.draft("d").text(), "|d|-");
  EXPECT_EQ(v.active("a").draft("p").text(), "a|d p|a");
  EXPECT_FALSE(in_conflict(v.view));
}

TEST(View, ADraftReplacesItsParentDraft) {
  viewer v("a p:a q:p r:a");
  EXPECT_EQ(v.active("a").draft("p").text(), "a|p|a");
  EXPECT_EQ(v.draft("q").text(), "a|q|a");
  EXPECT_EQ(v.draft("r").text(), "a|q r|a") << "in the order of arrival";
  EXPECT_EQ(v.draft("p q r").text(), "a|q r|a");
}

TEST(View, PublishingTakesTheDraftAway) {
  viewer v("a p:a q:p x:q y:a");
  EXPECT_EQ(v.active("a").draft("p q").active("x").text(), "x||x");
  EXPECT_EQ(v.draft("q").text(), "x||x") << "what was published does not come back";
  EXPECT_EQ(v.active("y").text(), "x y||x");
}

TEST(View, AssigningPinsAndAnEditOfTheOldHeadBecomesASibling) {
  viewer v("a b:a x z:b p:b");
  v.active("a b").draft("p");
  assign_version(v.view, v.g.id("x"));
  EXPECT_EQ(v.text(), "x|p|x");
  EXPECT_EQ(v.active("z").text(), "x z|p|x") << "the pinned head is shown, not the greater one";
  v.g.add("e:x");
  EXPECT_EQ(v.active("e").text(), "e z|p|z") << "the pin goes with its head";
  EXPECT_EQ(v.view.pinned, std::nullopt);
}

TEST(View, AStalePinIsNotShown) {
  viewer v("a b:a");
  v.active("b");
  v.view.pinned = v.g.id("a");
  EXPECT_EQ(v.text(), "b||b");
}

TEST(View, DiscardingTakesADraftOutOnce) {
  viewer v("a p:a");
  v.active("a").draft("p");
  EXPECT_TRUE(discard_draft(v.view, v.g.id("p")));
  EXPECT_FALSE(discard_draft(v.view, v.g.id("p")));
  EXPECT_FALSE(discard_draft(v.view, v.g.id("a")));
  EXPECT_EQ(v.text(), "a||a");
}

TEST(View, AVersionOutsideTheGraphIsABug) {
  viewer v("a");
  EXPECT_THROW(v.active("x"), std::logic_error);
}

}  // namespace
}  // namespace autocusto::domain
