// What a view remembers of its ancestry: the same result as the definition, and work that is linear
// in the edges that it is given. Work is counted, not timed.
#include <map>
#include <random>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "shared/domain/view_lineage.hpp"
#include "tests/support/naive_view.hpp"
#include "tests/support/random_graphs.hpp"

namespace autocusto::domain {
namespace {

using testing::naive_add;
using testing::naive_renew;
using testing::naive_replaced;
using testing::random_graph;
using rows = std::vector<std::vector<std::uint8_t>>;
using numbers = std::vector<std::uint8_t>;

/// The same view twice: by the definition, and with what is remembered.
struct pair_of_views {
  version_dag dag;
  view_state naive;
  view_state kept;
  view_lineage lineage;

  void assign(const version_id& v) {
    assign_version(naive, v);
    assign_version(kept, v);
  }
  void discard(std::uint8_t pick) {
    if (naive.drafts.empty()) return;
    const auto draft = naive.drafts[pick % naive.drafts.size()];
    discard_draft(naive, draft);
    discard_draft(kept, draft);
  }
  void check_replaced(const std::vector<version_id>& parents) {
    auto found = lineage.replaced(kept, dag, parents);
    std::sort(found.begin(), found.end());
    RC_ASSERT(found == naive_replaced(naive, dag, parents));
  }
};

/// Now and then something beside the versions happens: an assignment, a discard.
void disturb(pair_of_views& views, const random_graph& g, const std::vector<std::size_t>& order,
             std::size_t step, const numbers& acts) {
  if (acts.empty()) return;
  const auto act = acts[step % acts.size()];
  const auto target = order[act / 8 % (step + 1)];
  if (act % 4 == 1 && g.status[target] == version_status::active) views.assign(g.id(target));
  if (act % 4 == 2) views.discard(static_cast<std::uint8_t>(act / 8));
}

std::vector<std::size_t> shuffled(std::size_t n) {
  std::vector<std::size_t> all(n);
  for (std::size_t i = 0; i < n; ++i) all[i] = i;
  for (std::size_t i = n; i > 1; --i) {
    std::swap(all[i - 1], all[*rc::gen::inRange<std::size_t>(0, i)]);
  }
  return all;
}

RC_GTEST_PROP(LineageProperty, IsTheDefinitionWhileTheGraphGrows,
              (const rows& raw, const numbers& picks, const numbers& acts)) {
  const random_graph g(raw);
  pair_of_views views;
  const auto order = g.some_order(picks);
  for (std::size_t step = 0; step < order.size(); ++step) {
    const auto i = order[step];
    if (step % 3 == 0) views.check_replaced(g.nodes[i].parents);
    views.dag.add(g.nodes[i]);
    naive_add(views.naive, views.dag, g.id(i), g.status[i]);
    views.lineage.add(views.kept, views.dag, g.id(i), g.status[i], false);
    RC_ASSERT(views.kept == views.naive);
    disturb(views, g, order, step, acts);
  }
}

RC_GTEST_PROP(LineageProperty, IsTheDefinitionOverAWholeGraphInAnyOrder,
              (const rows& raw, const numbers& acts)) {
  const random_graph g(raw);
  pair_of_views views;
  views.dag = g.dag();
  const auto order = shuffled(g.size());
  for (std::size_t step = 0; step < order.size(); ++step) {
    const auto i = order[step];
    naive_add(views.naive, views.dag, g.id(i), g.status[i]);
    views.lineage.add(views.kept, views.dag, g.id(i), g.status[i]);
    RC_ASSERT(views.kept == views.naive);
    disturb(views, g, order, step, acts);
  }
}

RC_GTEST_PROP(LineageProperty, IsTheDefinitionWhereAncestorsComeLate,
              (const rows& raw, const numbers& acts)) {
  const random_graph g(raw);
  pair_of_views views;
  std::set<version_id> named;
  const auto order = shuffled(g.size());
  for (std::size_t step = 0; step < order.size(); ++step) {
    const auto i = order[step];
    const bool late = named.contains(g.id(i));
    views.check_replaced(g.nodes[i].parents);
    views.dag.add(g.nodes[i]);
    named.insert(g.nodes[i].parents.begin(), g.nodes[i].parents.end());
    naive_add(views.naive, views.dag, g.id(i), g.status[i]);
    views.lineage.add(views.kept, views.dag, g.id(i), g.status[i], late);
    RC_ASSERT(views.kept == views.naive);
    if (late) {
      RC_ASSERT(naive_renew(views.naive, views.dag) == renew_view(views.kept, views.dag));
      views.lineage.forget();
      RC_ASSERT(views.kept == views.naive);
    }
    disturb(views, g, order, step, acts);
  }
}

// --- work ---

/// A history that a view takes in, in this order.
struct story {
  std::vector<dag_node> nodes;
  std::map<std::size_t, std::size_t> assigned;  ///< after this many: this one is assigned
  bool whole_graph = false;                     ///< the graph is there before the view
  bool refused = false;                         ///< every version is asked about once more

  void add(const std::vector<std::size_t>& parents, bool draft = false) {
    dag_node node{testing::nth<version_id>(nodes.size() * 0x9E3779B1U), {}, 1, draft};
    for (const auto p : parents) {
      node.parents.push_back(nodes[p].id);
      node.generation = std::max(node.generation, nodes[p].generation + 1);
    }
    nodes.push_back(std::move(node));
  }
  [[nodiscard]] std::size_t edges() const {
    std::size_t out = nodes.size();
    for (const auto& node : nodes) out += node.parents.size();
    return out;
  }
  [[nodiscard]] std::vector<std::size_t> last(std::size_t most, std::size_t from) const {
    std::vector<std::size_t> out;
    for (std::size_t i = nodes.size(); i > from && out.size() < most; --i) out.push_back(i - 1);
    return out;
  }
};

struct shape {
  const char* name;
  story (*of)(std::size_t n);
};

story siblings_then_a_chain_of_sixteens(std::size_t n) {
  story s;
  for (int i = 0; i < 16; ++i) s.add({});
  for (std::size_t i = 0; i < n; ++i) s.add(s.last(16, 15));
  return s;
}

story a_chain_beside_fourteen_heads(std::size_t n) {
  story s;
  for (int i = 0; i < 15; ++i) s.add({});
  for (std::size_t i = 0; i < n; ++i) s.add({s.nodes.size() - 1});
  return s;
}

story a_chain_that_also_names_its_first(std::size_t n) {
  auto s = a_chain_beside_fourteen_heads(1);
  for (std::size_t i = 0; i < n; ++i) s.add({s.nodes.size() - 1, 15});
  return s;
}

story drafts_then_what_they_became(std::size_t n) {
  story s;
  for (int i = 0; i < 15; ++i) s.add({});
  for (std::size_t i = 0; i < n; ++i) s.add(s.last(16, 14), i % 50 != 0);
  return s;
}

story drafts_beside_an_assigned_one(std::size_t n) {
  story s;
  for (int i = 0; i < 3; ++i) s.add({});
  s.assigned.emplace(3, 2);
  for (std::size_t i = 0; i < n; ++i) {
    // Some descend from the assigned one, though none was made on top of it.
    s.add(i == 0 ? std::vector<std::size_t>{0, 1} : s.last(16, 3), i % 5 != 0);
  }
  return s;
}

story two_chains_in_turn(std::size_t n) {
  story s;
  s.whole_graph = true;
  s.add({});
  s.add({});
  for (std::size_t i = 0; i < n; ++i) s.add({i % 2 == 0 || i < n / 2 ? s.nodes.size() - 1 : i / 2});
  return s;
}

story a_full_view_that_refuses(std::size_t n) {
  auto s = a_chain_beside_fourteen_heads(n);
  s.refused = true;
  return s;
}

story anything(std::size_t n) {
  story s;
  std::mt19937 random(static_cast<std::uint32_t>(n));
  s.add({});
  while (s.nodes.size() < n) {
    std::set<std::size_t> parents;
    const auto wanted = 1 + random() % 4;
    const auto back = std::min<std::size_t>(s.nodes.size(), 40);
    while (parents.size() < std::min<std::size_t>(wanted, back)) {
      parents.insert(s.nodes.size() - 1 - random() % back);
    }
    s.add({parents.begin(), parents.end()}, random() % 5 == 0);
  }
  return s;
}

const shape k_shapes[] = {
    {"siblings, then a chain that names its last 16", siblings_then_a_chain_of_sixteens},
    {"a chain beside 14 heads", a_chain_beside_fourteen_heads},
    {"a chain whose versions name its first", a_chain_that_also_names_its_first},
    {"drafts, some published", drafts_then_what_they_became},
    {"drafts beside an assigned version", drafts_beside_an_assigned_one},
    {"two chains in turn", two_chains_in_turn},
    {"a full view that refuses", a_full_view_that_refuses},
    {"any graph", anything},
};

struct work_of_a_story {
  std::int64_t one_by_one = 0;  ///< as a push brings them
  std::int64_t on_stored = 0;   ///< the second half, on a view that has the first
  std::int64_t common = 0;      ///< the base of the heads
  std::int64_t renewed = 0;
  std::int64_t descending = 0;
};

/// Brings `from` to `to` into the view.
std::int64_t take(const story& s, view_state& view, version_dag& dag, std::size_t from,
                  std::size_t to) {
  view_lineage lineage;
  for (std::size_t i = from; i < to; ++i) {
    const auto& node = s.nodes[i];
    dag.add(node);
    if (s.refused) static_cast<void>(lineage.replaced(view, dag, {s.nodes[i / 2].id}));
    const auto status = node.draft ? version_status::draft : version_status::active;
    lineage.add(view, dag, node.id, status, s.whole_graph);
    const auto at = s.assigned.find(i + 1);
    if (at != s.assigned.end()) assign_version(view, s.nodes[at->second].id);
  }
  return lineage.visited();
}

work_of_a_story work_of(const story& s) {
  work_of_a_story work;
  version_dag dag;
  if (s.whole_graph) {
    for (const auto& node : s.nodes) dag.add(node);
  }
  view_state view;
  work.one_by_one = take(s, view, dag, 0, s.nodes.size());
  view_state again;
  static_cast<void>(take(s, again, dag, 0, s.nodes.size() / 2));
  work.on_stored = take(s, again, dag, s.nodes.size() / 2, s.nodes.size());
  EXPECT_EQ(view, again);
  static_cast<void>(dag.nearest_common_ancestors(view.heads, &work.common));
  EXPECT_FALSE(renew_view(view, dag, &work.renewed));
  std::vector<version_id> all;
  for (const auto& node : s.nodes) all.push_back(node.id);
  static_cast<void>(
      dag.descending(all, {s.nodes[0].id, s.nodes[s.nodes.size() / 2].id}, &work.descending));
  return work;
}

TEST(LineageWork, IsLinearInTheEdges) {
  for (const auto& shape : k_shapes) {
    work_of_a_story before;
    for (const std::size_t n : {500U, 1'000U, 2'000U}) {
      const auto s = shape.of(n);
      const auto edges = static_cast<std::int64_t>(s.edges());
      const auto work = work_of(s);
      const auto check = [&](std::int64_t now, std::int64_t half, const char* what) {
        EXPECT_LE(now, 4 * edges) << shape.name << ", " << what << ", " << n;
        if (half == 0) return;
        EXPECT_LE(now, half * 5 / 2 + 200) << shape.name << ", " << what << ", " << n;
      };
      check(work.one_by_one, before.one_by_one, "one by one");
      check(work.on_stored, before.on_stored, "the second half");
      check(work.common, before.common, "the base");
      check(work.renewed, before.renewed, "renewed");
      check(work.descending, before.descending, "descending");
      before = work;
    }
  }
}

TEST(LineageWork, AChildOfAHeadNeedsNoHistory) {
  auto s = a_chain_beside_fourteen_heads(10'000);
  version_dag dag;
  view_state view;
  static_cast<void>(take(s, view, dag, 0, s.nodes.size()));
  for (int i = 0; i < 1000; ++i) s.add({s.nodes.size() - 1});
  EXPECT_LE(take(s, view, dag, s.nodes.size() - 1000, s.nodes.size()), 3000);
  EXPECT_EQ(view.heads.size(), 15U);
}

}  // namespace
}  // namespace autocusto::domain
