// What a doctor sees: the server's view S with the laptop's own waiting edits P on it.
//
// `A` … stand for versions; a graph is written as in tests/support/domain_builders.hpp.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "client/replica/file/shown_view.hpp"
#include "tests/support/domain_builders.hpp"

namespace autocusto::replica {
namespace {

using testing::graph;

struct shown_case {
  std::string what;
  std::string versions;
  std::string s_heads;
  std::string s_active;
  std::string s_drafts;
  std::string p;  ///< in the order of saving; `*` in front marks a draft
  std::string discards;
  std::string heads;
  std::string active;
  std::string drafts;
};

void PrintTo(const shown_case& c, std::ostream* out) {
  *out << c.what;
}

std::vector<local_version> locals(const std::string& text) {
  std::vector<local_version> out;
  for (auto word : testing::words_of(text)) {
    const bool draft = word.front() == '*';
    if (draft) word.erase(0, 1);
    out.push_back(
        {.id = graph::id(word),
         .status = draft ? domain::version_status::draft : domain::version_status::active});
  }
  return out;
}

TEST(ShownViewPin, AnEditMadeBeforeAnAssignmentStandsBesideTheAssignedVersion) {
  const graph g("A B:A C:B D:A");
  server_view s;
  s.heads = graph::ids("A");
  s.active = graph::id("A");
  s.pinned = graph::id("A");
  const auto late = make_shown_view(s, locals("C"), g.dag, {});
  EXPECT_EQ(graph::names(late.heads), "A C");
  const auto on_top = make_shown_view(s, locals("D"), g.dag, {});
  EXPECT_EQ(graph::names(on_top.heads), "D");
}

class ShownView : public ::testing::TestWithParam<shown_case> {};

TEST_P(ShownView, IsAsTheTableSays) {
  const auto& c = GetParam();
  const graph g(c.versions);
  server_view s;
  s.heads = graph::ids(c.s_heads);
  if (!c.s_active.empty()) s.active = graph::id(c.s_active);
  s.drafts = graph::ids(c.s_drafts);
  const auto shown = make_shown_view(s, locals(c.p), g.dag, graph::ids(c.discards));
  EXPECT_EQ(graph::names(shown.heads), c.heads);
  EXPECT_EQ(shown.active ? graph::names(std::vector{*shown.active}) : "", c.active);
  EXPECT_EQ(graph::names(shown.drafts), c.drafts);
}

const shown_case k_cases[] = {
    {"nothing waits: as told", "a b:a", "b", "b", "", "", "", "b", "b", ""},
    {"nothing waits, a conflict: as told", "a b:a c:a", "b c", "b", "", "", "", "b c", "b", ""},
    {"a new record", "a", "", "", "", "a", "", "a", "a", ""},
    {"an edit covers what it goes on from", "a b:a", "a", "a", "", "b", "", "b", "b", ""},
    {"edits in a row show the last", "a b:a c:b", "a", "a", "", "b c", "", "c", "c", ""},
    {"acknowledged and not pulled is still there", "a b:a", "a", "a", "", "b", "", "b", "b", ""},
    {"S moved under P: both, the own one active", "a b:a x:a", "x", "x", "", "b", "", "b x", "b",
     ""},
    {"S has the own edit in it already", "a b:a x:a m:b,x", "m", "m", "", "b", "", "m", "m", ""},
    {"a later own edit beside the merge", "a b:a x:a m:b,x c:b", "m", "m", "", "b c", "", "c m",
     "c", ""},
    {"an assignment under a waiting edit", "a b:a z", "z", "z", "", "b", "", "b z", "b", ""},
    {"a resolution joins the heads", "a b:a c:a r:b,c", "b c", "c", "", "r", "", "r", "r", ""},
    {"two own roots, the last saved is active", "a b", "", "", "", "a b", "", "a b", "b", ""},
    {"a draft is no head", "a d:a", "a", "a", "", "*d", "", "a", "a", "d"},
    {"only a draft", "d", "", "", "", "*d", "", "", "", "d"},
    {"a draft replaces its parent draft", "a d:a e:d", "a", "a", "d", "*e", "", "a", "a", "e"},
    {"publishing replaces the draft", "a d:a v:d", "a", "a", "d", "v", "", "v", "v", ""},
    {"publishing an own draft", "a d:a v:d", "a", "a", "", "*d v", "", "v", "v", ""},
    {"own drafts are the newest", "a d:a e:a", "a", "a", "e", "*d", "", "a", "a", "e d"},
    {"a draft in S and P stands once", "a d:a", "a", "a", "d", "*d", "", "a", "a", "d"},
    {"a discarded draft is gone", "a d:a e:a", "a", "a", "d e", "", "d", "a", "a", "e"},
    {"a discarded own draft is gone", "a d:a", "a", "a", "", "*d", "d", "a", "a", ""},
    {"a draft after an edit goes on from it", "a b:a d:b", "a", "a", "", "b *d", "", "b", "b", "d"},
};
INSTANTIATE_TEST_SUITE_P(Table, ShownView, ::testing::ValuesIn(k_cases));

TEST(ShownViewFront, IsTheActiveVersionElseTheNewestDraft) {
  shown_view shown;
  EXPECT_FALSE(shown.front());
  EXPECT_TRUE(shown.empty());
  shown.drafts = graph::ids("d e");
  EXPECT_EQ(shown.front(), graph::id("e"));
  shown.active = graph::id("a");
  EXPECT_EQ(shown.front(), graph::id("a"));
}

}  // namespace
}  // namespace autocusto::replica
