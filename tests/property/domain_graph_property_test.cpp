// Laws of the graph and of views on random graphs. A failure prints how to replay it (RC_PARAMS).
#include <algorithm>
#include <set>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "shared/domain/dag.hpp"
#include "shared/domain/view.hpp"
#include "tests/support/random_graphs.hpp"

namespace autocusto::domain {
namespace {

using rows = std::vector<std::vector<std::uint8_t>>;
using numbers = std::vector<std::uint8_t>;
using testing::random_graph;
using testing::view_after;

std::vector<std::size_t> some_nodes(const random_graph& g, const numbers& picks) {
  std::vector<std::size_t> out;
  for (const auto pick : picks) {
    if (g.size() > 0) out.push_back(pick % g.size());
  }
  return out;
}

std::vector<version_id> sorted_ids(const random_graph& g, const std::set<std::size_t>& nodes) {
  std::vector<version_id> out = g.ids({nodes.begin(), nodes.end()});
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<version_id> sorted(std::vector<version_id> ids) {
  std::sort(ids.begin(), ids.end());
  return ids;
}

/// The members that no other member has above it, by the matrix.
std::set<std::size_t> naive_maximal(const random_graph& g, const std::set<std::size_t>& set) {
  std::set<std::size_t> out;
  for (const auto i : set) {
    if (std::none_of(set.begin(), set.end(), [&](std::size_t j) { return g.above[j][i]; })) {
      out.insert(i);
    }
  }
  return out;
}

RC_GTEST_PROP(DagProperty, AncestryIsThatOfTheMatrix, (const rows& raw)) {
  const random_graph g(raw);
  const auto dag = g.dag();
  for (std::size_t i = 0; i < g.size(); ++i) {
    std::set<std::size_t> mine;
    for (std::size_t j = 0; j < g.size(); ++j) {
      RC_ASSERT(dag.is_ancestor(g.id(j), g.id(i)) == g.above[i][j]);
      if (g.above[i][j]) mine.insert(j);
    }
    const auto ancestors = dag.ancestors({g.id(i)});
    RC_ASSERT(std::vector<version_id>(ancestors.begin(), ancestors.end()) == sorted_ids(g, mine));
    RC_ASSERT(dag.next_generation(g.ids(g.parents[i])) == g.nodes[i].generation);
  }
}

RC_GTEST_PROP(DagProperty, MaximalIsThatOfTheMatrix, (const rows& raw, const numbers& picks)) {
  const random_graph g(raw);
  const auto chosen = some_nodes(g, picks);
  const auto expected = naive_maximal(g, {chosen.begin(), chosen.end()});
  RC_ASSERT(g.dag().maximal(g.ids(chosen)) == sorted_ids(g, expected));
}

RC_GTEST_PROP(DagProperty, NearestCommonAncestorsAreThoseOfTheMatrix,
              (const rows& raw, const numbers& picks)) {
  const random_graph g(raw);
  const auto chosen = some_nodes(g, picks);
  RC_PRE(!chosen.empty());
  std::set<std::size_t> common;
  for (std::size_t j = 0; j < g.size(); ++j) {
    if (std::all_of(chosen.begin(), chosen.end(),
                    [&](std::size_t i) { return i == j || g.above[i][j]; })) {
      common.insert(j);
    }
  }
  RC_ASSERT(g.dag().nearest_common_ancestors(g.ids(chosen)) ==
            sorted_ids(g, naive_maximal(g, common)));
}

RC_GTEST_PROP(DagProperty, APartialGraphNeverKnowsMoreThanTheWhole,
              (const rows& raw, const numbers& missing)) {
  const random_graph g(raw);
  const auto absent = some_nodes(g, missing);
  version_dag part;
  for (std::size_t i = 0; i < g.size(); ++i) {
    if (std::find(absent.begin(), absent.end(), i) == absent.end()) part.add(g.nodes[i]);
  }
  for (std::size_t i = 0; i < g.size(); ++i) {
    for (std::size_t j = 0; j < g.size(); ++j) {
      const bool known = part.is_ancestor(g.id(j), g.id(i));
      RC_ASSERT((!known || g.above[i][j]));
      const bool named = std::count(g.parents[i].begin(), g.parents[i].end(), j) > 0;
      if (named && part.contains(g.id(i))) RC_ASSERT(known);
    }
  }
}

RC_GTEST_PROP(ViewProperty, TheOrderOfArrivalDoesNotMatter,
              (const rows& raw, const numbers& one, const numbers& other)) {
  const random_graph g(raw);
  const auto dag = g.dag();
  const auto a = view_after(g, g.some_order(one));
  const auto b = view_after(g, g.some_order(other));
  RC_ASSERT(a.heads == b.heads);
  RC_ASSERT(sorted(a.drafts) == sorted(b.drafts));
  RC_ASSERT(active_version(a, dag) == active_version(b, dag));
}

RC_GTEST_PROP(ViewProperty, WithTheWholeGraphAnyOrderGivesTheSame, (const rows& raw)) {
  const random_graph g(raw);
  const auto dag = g.dag();
  std::vector<std::size_t> all(g.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  const auto in_order = view_after(g, all);
  // Children before their parents, too: as when versions come back after a restore.
  for (std::size_t i = all.size(); i > 1; --i) {
    std::swap(all[i - 1], all[*rc::gen::inRange<std::size_t>(0, i)]);
  }
  view_state view;
  for (const auto i : all) add_version(view, dag, g.id(i), g.status[i]);
  RC_ASSERT(view.heads == in_order.heads);
  RC_ASSERT(sorted(view.drafts) == sorted(in_order.drafts));
}

RC_GTEST_PROP(ViewProperty, HeadsAndDraftsAreThoseOfTheModel, (const rows& raw)) {
  const random_graph g(raw);
  const auto view = view_after(g, g.some_order({}));
  std::set<std::size_t> active;
  std::set<std::size_t> leaves;
  for (std::size_t i = 0; i < g.size(); ++i) {
    if (g.status[i] == version_status::active) {
      active.insert(i);
      continue;
    }
    bool leaf = true;
    for (std::size_t j = 0; j < g.size(); ++j) leaf = leaf && !g.above[j][i];
    if (leaf) leaves.insert(i);
  }
  RC_ASSERT(view.heads == sorted_ids(g, naive_maximal(g, active)));
  RC_ASSERT(sorted(view.drafts) == sorted_ids(g, leaves));
}

RC_GTEST_PROP(ViewProperty, AddingTwiceIsAddingOnce, (const rows& raw, const numbers& again)) {
  const random_graph g(raw);
  auto view = view_after(g, g.some_order({}));
  const auto before = view;
  for (const auto i : some_nodes(g, again)) {
    add_version(view, g.dag(), g.id(i), g.status[i]);
    RC_ASSERT(view == before);
  }
}

RC_GTEST_PROP(ViewProperty, NothingThatWasAddedIsLost, (const rows& raw, const numbers& picks)) {
  const random_graph g(raw);
  const auto dag = g.dag();
  const auto order = g.some_order(picks);
  const auto view = view_after(g, order);
  const auto above_one_of = [&](const version_id& v, const std::vector<version_id>& ids) {
    return std::any_of(ids.begin(), ids.end(),
                       [&](const version_id& id) { return id == v || dag.is_ancestor(v, id); });
  };
  for (const auto i : order) {
    const bool in_heads = above_one_of(g.id(i), view.heads);
    if (g.status[i] == version_status::active) {
      RC_ASSERT(in_heads);
    } else {
      RC_ASSERT((in_heads || above_one_of(g.id(i), view.drafts)));
      RC_ASSERT(std::count(view.heads.begin(), view.heads.end(), g.id(i)) == 0);
    }
  }
  RC_ASSERT(dag.maximal(view.heads) == view.heads);
}

RC_GTEST_PROP(ViewProperty, TheActiveVersionIsAPureFunctionOfTheSet,
              (const rows& raw, bool pin, std::uint8_t pick)) {
  const random_graph g(raw, false);
  const auto dag = g.dag();
  auto view = view_after(g, g.some_order({}));
  RC_PRE(!view.heads.empty());
  if (pin) view.pinned = view.heads[pick % view.heads.size()];
  const auto shown = active_version(view, dag);
  RC_ASSERT(shown.has_value());
  auto shuffled = view;
  std::reverse(shuffled.heads.begin(), shuffled.heads.end());
  RC_ASSERT(active_version(shuffled, dag) == shown);
  if (pin) {
    RC_ASSERT(shown == view.pinned);
    return;
  }
  for (const auto& head : view.heads) {
    const auto generation = dag.find(head)->generation;
    const auto best = dag.find(*shown)->generation;
    RC_ASSERT((generation < best || (generation == best && head <= *shown)));
  }
}

/// Whether `of` was made on top of `x`: a parent of it, directly or through drafts.
bool made_on_top(const random_graph& g, std::size_t of, std::size_t x) {
  return std::any_of(g.parents[of].begin(), g.parents[of].end(), [&](std::size_t p) {
    return p == x || (g.status[p] == version_status::draft && made_on_top(g, p, x));
  });
}

RC_GTEST_PROP(ViewProperty, APinStaysUntilSomethingIsMadeOnTopOfIt,
              (const rows& raw, std::uint8_t at)) {
  const random_graph g(raw);
  RC_PRE(g.size() > 0);
  const auto dag = g.dag();
  const auto x = at % g.size();
  view_state view;
  assign_version(view, g.id(x));
  bool replaced = false;
  for (const auto i : g.some_order({})) {
    add_version(view, dag, g.id(i), g.status[i]);
    replaced = replaced || (made_on_top(g, i, x) && g.status[i] == version_status::active);
    RC_ASSERT(view.pinned.has_value() == !replaced);
    RC_ASSERT(replaced || active_version(view, dag) == g.id(x));
  }
}

}  // namespace
}  // namespace autocusto::domain
