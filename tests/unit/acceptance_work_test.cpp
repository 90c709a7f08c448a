// How much work a push causes, and what ends it: counted, not timed.
#include <gtest/gtest.h>

#include "shared/base/limits.hpp"
#include "tests/support/acceptance_world.hpp"

namespace autocusto::sync {
namespace {

using testing::a_patient;
using testing::acceptance_world;
using testing::by;
using testing::k_ana;
using testing::k_bia;
using testing::outcomes;

/// A version of the one patient that names these of the list.
domain::version after(const std::vector<domain::version>& all,
                      const std::vector<std::size_t>& parents) {
  std::vector<const domain::version*> named;
  for (const auto p : parents) named.push_back(&all[p]);
  std::sort(named.begin(), named.end(), [](const auto* a, const auto* b) { return a->id < b->id; });
  return by(k_ana, a_patient().after(named).with("peso", std::to_string(all.size()).c_str()));
}

std::vector<domain::version> roots(std::size_t count) {
  std::vector<domain::version> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(by(k_ana, a_patient().salt(i)));
  return out;
}

/// 15 roots beside each other and a chain whose versions name its last 16: the most that a view
/// takes.
std::vector<domain::version> sixteens(std::size_t length) {
  auto out = roots(16);
  while (out.size() < length) {
    std::vector<std::size_t> parents;
    for (std::size_t i = out.size(); i > 15 && parents.size() < 16; --i) parents.push_back(i - 1);
    out.push_back(after(out, parents));
  }
  return out;
}

std::int64_t edges_of(const std::vector<domain::version>& versions) {
  std::size_t out = versions.size();
  for (const auto& v : versions) out += v.header.parents.size();
  return static_cast<std::int64_t>(out);
}

TEST(WorkOfAPush, GrowsNoFasterThanItsVersions) {
  for (const bool sparing : {false, true}) {
    std::int64_t half = 0;
    for (const std::size_t n : {150U, 300U, 600U}) {
      acceptance_world world;
      world.policy = domain::merge_policy::manual;
      world.sparing = sparing;
      const auto all = sixteens(n);
      const auto work = world.push(k_ana, all).work;
      EXPECT_EQ(world.heads(k_ana, all[0]).size(), 16U);
      EXPECT_LE(work, 4 * edges_of(all)) << n;
      EXPECT_TRUE(half == 0 || work <= half * 5 / 2) << work << " after " << half << " for " << n;
      half = work;
    }
  }
}

TEST(WorkOfAPush, OnAHistoryGrowsWithEachOfThemOnce) {
  for (const bool sparing : {false, true}) {
    acceptance_world world;
    world.policy = domain::merge_policy::manual;
    world.sparing = sparing;
    const auto all = sixteens(600);
    const auto middle = all.begin() + 300;
    world.push(k_ana, {all.begin(), middle});
    const auto work = world.push(k_ana, {middle, all.end()}).work;
    EXPECT_LE(work, 4 * edges_of(all));
    EXPECT_EQ(world.histories, sparing ? 1U : 0U);
  }
}

TEST(WorkOfAPush, ThatIsRefusedForItsHeadsIsBoundedToo) {
  acceptance_world world;
  world.policy = domain::merge_policy::manual;
  auto all = sixteens(300);
  world.push(k_ana, all);
  std::vector<domain::version> late;
  for (std::size_t i = 0; i < 200; ++i) {
    auto v = a_patient().after({&all[100 + i / 2]}).salt(1000 + i);
    late.push_back(by(k_ana, v));
  }
  const auto plan = world.push(k_ana, late);
  EXPECT_EQ(plan.results[0].code, "too_many_heads");
  EXPECT_LE(plan.work, 4 * (edges_of(all) + edges_of(late)));
}

TEST(WorkOfAPush, AChildOfTheHeadAsksForNoHistory) {
  acceptance_world world;
  world.sparing = true;
  std::vector<domain::version> chain = roots(1);
  while (chain.size() < 200) chain.push_back(after(chain, {chain.size() - 1}));
  world.push(k_ana, chain);
  std::vector<domain::version> more{after(chain, {chain.size() - 1})};
  chain.push_back(more[0]);
  more.push_back(after(chain, {chain.size() - 1}));
  const auto plan = world.push(k_ana, more);
  EXPECT_EQ(outcomes(plan), "accepted accepted");
  EXPECT_EQ(world.histories, 0U);
  EXPECT_LE(plan.work, 8);
}

TEST(WorkOfAPush, BeyondItsBudgetIsRefusedAsAWholeAndChangesNothing) {
  acceptance_world world;
  world.policy = domain::merge_policy::manual;
  world.sparing = true;
  const auto all = sixteens(100);
  world.push(k_ana, all);
  world.budget = 200;
  const auto heads = world.heads(k_ana, all[0]);
  std::vector<domain::version> late;
  for (std::size_t i = 0; i < 5; ++i) {
    late.push_back(by(k_ana, a_patient().after({&all[60]}).salt(1000 + i)));
  }
  const auto plan = world.push(k_ana, late);
  ASSERT_TRUE(plan.refusal.has_value());
  EXPECT_EQ(plan.refusal->code, errc::too_much_work);
  EXPECT_EQ(plan.refusal->limit, 200);
  EXPECT_TRUE(plan.results.empty());
  EXPECT_TRUE(plan.versions.empty());
  EXPECT_EQ(world.heads(k_ana, all[0]), heads);
  // One by one they are judged: whoever halves a refused push gets on.
  const auto single = world.push(k_ana, {late[0]});
  EXPECT_FALSE(single.refusal.has_value());
  EXPECT_EQ(outcomes(single), "too_many_heads");
  // So is the least that halving comes to: one version and one discard.
  const auto pair = world.push(k_ana, {late[0]}, {all[60].id});
  EXPECT_FALSE(pair.refusal.has_value());
}

TEST(WorkOfAPush, AViewHasItsMostVersions) {
  acceptance_world world;
  std::vector<domain::version> chain = roots(1);
  world.push(k_ana, chain);
  world.shown_before = limits::versions_per_view - 3;
  for (int i = 0; i < 4; ++i) chain.push_back(after(chain, {chain.size() - 1}));
  const auto plan = world.push(k_ana, {chain.begin() + 1, chain.end()});
  EXPECT_EQ(outcomes(plan), "accepted accepted record_full parent_refused");
  EXPECT_EQ(plan.results[2].limit, static_cast<std::int64_t>(limits::versions_per_view));
  EXPECT_EQ(world.heads(k_ana, chain[0]), std::vector<version_id>{chain[2].id});
  // Bia's versions of the same patient are no business of Ana's limit, and the other way round.
  world.shown_before = 0;
  EXPECT_EQ(outcomes(world.push(k_bia, {by(k_bia, a_patient())})), "accepted");
}

}  // namespace
}  // namespace autocusto::sync
