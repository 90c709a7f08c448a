// Acceptance on random graphs: the order of arrival and repetition change nothing.
#include <algorithm>
#include <tuple>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "tests/support/acceptance_world.hpp"

namespace autocusto::sync {
namespace {

using rows = std::vector<std::vector<std::uint8_t>>;
using numbers = std::vector<std::uint8_t>;
using testing::a_patient;
using testing::acceptance_world;
using testing::by;
using testing::k_ana;
using testing::nth_person;
using testing::person;

constexpr std::size_t k_most = 14;  // so that no view reaches its limit of heads

/// One record's versions, parents before children, each with different field values.
std::vector<domain::version> versions_of(const rows& raw) {
  std::vector<domain::version> out;
  out.reserve(k_most);
  for (std::size_t i = 0; i < std::min(raw.size(), k_most); ++i) {
    auto b = a_patient();
    std::vector<const domain::version*> parents;
    std::size_t sum = 0;
    for (const auto number : raw[i]) {
      sum += number;
      const auto* parent = i > 0 ? &out[number % i] : nullptr;
      const bool taken = std::find(parents.begin(), parents.end(), parent) != parents.end();
      if (parent != nullptr && !taken && parents.size() < 3) parents.push_back(parent);
    }
    if (!parents.empty()) b.after(parents);
    std::sort(b.header().parents.begin(), b.header().parents.end());
    b.with("rg", std::to_string(i).c_str());
    if (sum % 4 == 3) b.draft();
    out.push_back(by(k_ana, b));
  }
  return out;
}

/// An order in which parents come before their children, steered by `picks`.
std::vector<domain::version> shuffled(const std::vector<domain::version>& all,
                                      const numbers& picks) {
  std::vector<domain::version> out;
  std::vector<const domain::version*> left;
  for (const auto& v : all) left.push_back(&v);
  for (std::size_t step = 0; !left.empty(); ++step) {
    std::vector<std::size_t> ready;
    for (std::size_t i = 0; i < left.size(); ++i) {
      const auto& parents = left[i]->header.parents;
      const bool waits = std::any_of(left.begin(), left.end(), [&](const auto* other) {
        return std::find(parents.begin(), parents.end(), other->id) != parents.end();
      });
      if (!waits) ready.push_back(i);
    }
    const auto pick = ready[(picks.empty() ? 0 : picks[step % picks.size()]) % ready.size()];
    out.push_back(*left[pick]);
    left.erase(left.begin() + static_cast<std::ptrdiff_t>(pick));
  }
  return out;
}

/// What the owner's view is, but for the order of drafts, which is that of arrival.
auto picture(const acceptance_world& world, const domain::version& of) {
  const auto* view = world.view(k_ana, of);
  auto drafts = view->state.drafts;
  std::sort(drafts.begin(), drafts.end());
  return std::tuple(view->state.heads, drafts, view->active,
                    world.records.begin()->second.row.last_number);
}

RC_GTEST_PROP(AcceptanceProperty, HeadsDoNotDependOnTheOrderOrOnThePushes,
              (const rows& raw, const numbers& picks, const numbers& sizes)) {
  const auto versions = versions_of(raw);
  RC_PRE(!versions.empty());
  acceptance_world one;
  one.policy = domain::merge_policy::manual;
  one.push(k_ana, versions);
  acceptance_world other;
  other.policy = domain::merge_policy::manual;
  const auto order = shuffled(versions, picks);
  for (std::size_t from = 0, n = 0; from < order.size(); ++n) {
    const std::size_t size = sizes.empty() ? 1U : 1U + std::size_t{sizes[n % sizes.size()]} % 5U;
    const std::size_t to = std::min(order.size(), from + size);
    other.push(k_ana, {order.begin() + static_cast<std::ptrdiff_t>(from),
                       order.begin() + static_cast<std::ptrdiff_t>(to)});
    from = to;
  }
  RC_ASSERT(picture(one, versions[0]) == picture(other, versions[0]));
}

RC_GTEST_PROP(AcceptanceProperty, PushingAgainChangesNothing, (const rows& raw, bool manual)) {
  const auto versions = versions_of(raw);
  RC_PRE(!versions.empty());
  acceptance_world world;
  world.policy = manual ? domain::merge_policy::manual : domain::merge_policy::automatic;
  world.push(k_ana, versions);
  const auto before = picture(world, versions[0]);
  const auto plan = world.push(k_ana, versions);
  for (const auto& r : plan.results) RC_ASSERT(r.outcome == wire::push_outcome::duplicate);
  RC_ASSERT(plan.events.empty());
  RC_ASSERT(plan.views.empty());
  RC_ASSERT(plan.conflicts.empty());
  RC_ASSERT(picture(world, versions[0]) == before);
}

RC_GTEST_PROP(AcceptanceProperty, WhatIsAcceptedIsAHeadADraftOrBelowOne,
              (const rows& raw, bool manual)) {
  const auto versions = versions_of(raw);
  RC_PRE(!versions.empty());
  acceptance_world world;
  world.policy = manual ? domain::merge_policy::manual : domain::merge_policy::automatic;
  world.push(k_ana, versions);
  domain::version_dag dag;
  const auto& record = world.records.begin()->second;
  for (const auto& n : record.graph)
    dag.add({n.id, n.parents, n.generation, n.status == domain::version_status::draft});
  const auto& state = world.view(k_ana, versions[0])->state;
  auto leaves = state.heads;
  leaves.insert(leaves.end(), state.drafts.begin(), state.drafts.end());
  for (const auto& n : record.graph) {
    RC_ASSERT(std::any_of(leaves.begin(), leaves.end(), [&](const version_id& leaf) {
      return leaf == n.id || dag.is_ancestor(n.id, leaf);
    }));
  }
  RC_ASSERT((record.conflicts.size() == 1) == (state.heads.size() > 1));
}

/// What one step of a story does, in the same way in both worlds.
void act(acceptance_world& world, const std::vector<domain::version>& all, std::size_t at,
         std::uint8_t what) {
  const auto& v = all[at];
  switch (what % 8) {
    case 0:
      if (v.header.status == domain::version_status::active) world.assign(k_ana, v);
      break;
    case 1:
      if (world.view(k_ana, v) != nullptr) world.unassign(k_ana, v);
      break;
    case 2:
      world.push(k_ana, {}, {v.id});
      break;
    default:
      break;
  }
}

RC_GTEST_PROP(AcceptanceProperty, ReadingOnlyWhatIsNeededDecidesTheSame,
              (const rows& raw, const numbers& picks, const numbers& sizes, const numbers& acts,
               bool manual)) {
  const auto versions = versions_of(raw);
  RC_PRE(!versions.empty());
  acceptance_world whole;
  acceptance_world sparing;
  sparing.sparing = true;
  whole.policy = sparing.policy =
      manual ? domain::merge_policy::manual : domain::merge_policy::automatic;
  const auto order = shuffled(versions, picks);
  for (std::size_t from = 0, n = 0; from < order.size(); ++n) {
    const std::size_t size = sizes.empty() ? 1U : 1U + std::size_t{sizes[n % sizes.size()]} % 5U;
    const std::size_t to = std::min(order.size(), from + size);
    const std::vector<domain::version> batch(order.begin() + static_cast<std::ptrdiff_t>(from),
                                             order.begin() + static_cast<std::ptrdiff_t>(to));
    const auto a = whole.push(k_ana, batch);
    const auto b = sparing.push(k_ana, batch);
    RC_ASSERT(testing::outcomes(a) == testing::outcomes(b));
    from = to;
    const auto id = versions[0].header.record.id;
    if (!acts.empty() && whole.records.contains(id)) {
      const auto pick = acts[n % acts.size()];
      const auto known = whole.records.at(id).graph.size();
      const auto of = order[pick / 8U % std::min(known, to)].id;
      const auto place =
          std::find_if(order.begin(), order.end(), [&of](const auto& v) { return v.id == of; });
      const auto at = static_cast<std::size_t>(place - order.begin());
      const bool stored =
          std::any_of(whole.records.at(id).graph.begin(), whole.records.at(id).graph.end(),
                      [&of](const auto& node) { return node.id == of; });
      if (stored) {
        act(whole, order, at, pick);
        act(sparing, order, at, pick);
      }
    }
    const auto* one = whole.view(k_ana, versions[0]);
    const auto* other = sparing.view(k_ana, versions[0]);
    RC_ASSERT((one == nullptr) == (other == nullptr));
    if (one == nullptr) continue;
    RC_ASSERT(one->state == other->state);
    RC_ASSERT(one->active == other->active);
    RC_ASSERT(whole.records.at(id).row.last_number == sparing.records.at(id).row.last_number);
    RC_ASSERT(whole.records.at(id).conflicts.size() == sparing.records.at(id).conflicts.size());
  }
}

}  // namespace
}  // namespace autocusto::sync
