// Laws of the shown view on random graphs, a random part of which the server has told.
#include <algorithm>
#include <set>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "client/replica/file/shown_view.hpp"
#include "shared/domain/view.hpp"
#include "tests/support/random_graphs.hpp"

namespace autocusto::replica {
namespace {

using rows = std::vector<std::vector<std::uint8_t>>;
using testing::random_graph;

/// The first `told` versions of a graph came from the server; the rest were saved here, in order.
struct laptop_state {
  random_graph graph;
  domain::version_dag dag;
  server_view s;
  std::vector<local_version> p;

  laptop_state(const rows& raw, std::uint8_t cut) : graph(raw), dag(graph.dag()) {
    const std::size_t told = graph.size() == 0 ? 0 : cut % (graph.size() + 1);
    domain::view_state view;
    for (std::size_t i = 0; i < graph.size(); ++i) {
      if (i < told) {
        domain::add_version(view, dag, graph.id(i), graph.status[i]);
      } else {
        p.push_back({.id = graph.id(i), .status = graph.status[i]});
      }
    }
    s.heads = view.heads;
    s.active = domain::active_version(view, dag);
    s.drafts = view.drafts;
  }
  [[nodiscard]] shown_view shown() const { return make_shown_view(s, p, dag, {}); }
};

bool holds(const std::vector<version_id>& ids, const version_id& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

RC_GTEST_PROP(ShownViewProperty, WithNothingWaitingItIsTheServersView, (const rows& raw)) {
  const laptop_state all(raw, static_cast<std::uint8_t>(std::min<std::size_t>(raw.size(), 24)));
  RC_PRE(all.p.empty());
  RC_ASSERT(all.shown().heads == all.s.heads);
  RC_ASSERT(all.shown().active == all.s.active);
  RC_ASSERT(all.shown().drafts == all.s.drafts);
}

RC_GTEST_PROP(ShownViewProperty, TheLaptopShowsTheHeadsThatTheServerWillCompute,
              (const rows& raw, std::uint8_t cut)) {
  const laptop_state state(raw, cut);
  domain::view_state later;
  for (std::size_t i = 0; i < state.graph.size(); ++i) {
    domain::add_version(later, state.dag, state.graph.id(i), state.graph.status[i]);
  }
  RC_ASSERT(state.shown().heads == later.heads);
  auto mine = state.shown().drafts;
  std::sort(mine.begin(), mine.end());
  std::sort(later.drafts.begin(), later.drafts.end());
  RC_ASSERT(mine == later.drafts);
}

RC_GTEST_PROP(ShownViewProperty, NothingIsCoveredButByWhatGoesOnFromIt,
              (const rows& raw, std::uint8_t cut)) {
  const laptop_state state(raw, cut);
  const auto shown = state.shown();
  auto before = state.s.heads;
  for (const auto& local : state.p) {
    if (local.status == domain::version_status::active) before.push_back(local.id);
  }
  for (const auto& id : before) {
    const bool covered = std::any_of(
        shown.heads.begin(), shown.heads.end(),
        [&](const version_id& head) { return head == id || state.dag.is_ancestor(id, head); });
    RC_ASSERT(covered);
  }
  for (const auto& head : shown.heads) RC_ASSERT(holds(before, head));
}

RC_GTEST_PROP(ShownViewProperty, TheActiveVersionIsAHeadAndAnOwnOneIfThereIsOne,
              (const rows& raw, std::uint8_t cut)) {
  const laptop_state state(raw, cut);
  const auto shown = state.shown();
  RC_ASSERT(shown.active.has_value() == !shown.heads.empty());
  if (!shown.active) return;
  RC_ASSERT(holds(shown.heads, *shown.active));
  const bool own_head =
      std::any_of(state.p.begin(), state.p.end(),
                  [&](const local_version& local) { return holds(shown.heads, local.id); });
  const bool own_active =
      std::any_of(state.p.begin(), state.p.end(),
                  [&](const local_version& local) { return local.id == *shown.active; });
  RC_ASSERT(own_head == own_active);
}

RC_GTEST_PROP(ShownViewProperty, ADiscardTakesThatDraftAndNothingElse,
              (const rows& raw, std::uint8_t cut)) {
  const laptop_state state(raw, cut);
  const auto before = state.shown();
  RC_PRE(!before.drafts.empty());
  const auto gone = before.drafts.front();
  const auto after = make_shown_view(state.s, state.p, state.dag, {gone});
  RC_ASSERT(after.heads == before.heads);
  RC_ASSERT(after.active == before.active);
  auto expected = before.drafts;
  expected.erase(expected.begin());
  RC_ASSERT(after.drafts == expected);
}

}  // namespace
}  // namespace autocusto::replica
