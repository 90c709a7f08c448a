// The version graph as text and for Graphviz.

#include <gtest/gtest.h>

#include "tests/support/domain_builders.hpp"
#include "tools/admin/graph.hpp"
#include "tools/admin/text.hpp"

namespace autocusto::admin {
namespace {

using testing::graph;

/// `1 2:1 3:1 …`: names are numbers, parents behind the colon.
std::vector<graph_node> nodes_of(const std::string& text) {
  const graph g(text);
  std::vector<graph_node> out;
  for (const auto& word : testing::words_of(text)) {
    const auto name = testing::words_of(word, ':').at(0);
    const auto* node = g.dag.find(graph::id(name));
    out.push_back({node->id, std::stoll(name), node->generation, node->parents, name, false});
  }
  return out;
}

struct drawing {
  const char* name;
  const char* graph;
  const char* text;
};

class graph_text : public ::testing::TestWithParam<drawing> {};

TEST_P(graph_text, looks_like_this) {
  EXPECT_EQ("\n" + draw_text(nodes_of(GetParam().graph)), GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    cases, graph_text,
    ::testing::Values(drawing{"one", "1", R"(
o  1
)"},
                      drawing{"a_line", "1 2:1 3:2", R"(
*  3
*  2
o  1
)"},
                      drawing{"the_order_given_does_not_matter", "1 3:1 2:1", R"(
*  3
| *  2
|/
o  1
)"},
                      drawing{"a_merge", "1 2:1 3:1 4:2,3", R"(
*  4
|\
| *  3
* |  2
|/
o  1
)"},
                      drawing{"three_heads_joined", "1 2:1 3:1 4:1 5:2,3,4", R"(
*  5
|\
|\ \
| * |  4
| | *  3
* | |  2
|_|/
|/
o  1
)"},
                      drawing{"two_roots", "1 2 3:1 4:2", R"(
*  4
| *  3
o |  2
 /
o  1
)"},
                      drawing{"a_far_line_joins_over_others", "1 2:1 3 4:3 5:1", R"(
*  5
| *  4
| o  3
| *  2
|/
o  1
)"},
                      drawing{"a_line_joins_across_another", "1 2 3:2 4:1 5:2 6:1", R"(
*  6
| *  5
| | *  4
| | | *  3
| |_|/
| o |  2
|  /
|/
o  1
)"},
                      drawing{"a_parent_that_is_missing_ends_its_line", "2:x 3:2", R"(
*  3
o  2
)"}),
    [](const auto& one) { return std::string(one.param.name); });

TEST(graph_text_order, generations_count_where_numbers_came_out_of_order) {
  // A restored server numbered the child before its parent.
  auto nodes = nodes_of("1 3:1 2:3");
  EXPECT_EQ(draw_text(nodes), "*  2\n*  3\no  1\n");
}

TEST(graph_dot, has_edges_from_children_to_known_parents_and_quotes_texts) {
  auto nodes = nodes_of("1:x 2:1");
  nodes[1].label = R"(say "hi" \)";
  nodes[1].head = true;
  const auto dot = draw_dot(nodes, "patient 1");
  EXPECT_NE(dot.find(R"(v2 [label="say \"hi\" \\", peripheries=2];)"), std::string::npos) << dot;
  EXPECT_NE(dot.find("v2 -> v1;"), std::string::npos);
  EXPECT_EQ(dot.find("-> vx"), std::string::npos);
  EXPECT_EQ(dot.find("v1 ->"), std::string::npos);
}

TEST(wrapped_text, breaks_at_blanks_and_inside_long_words) {
  using lines = std::vector<std::string>;
  EXPECT_EQ(wrapped("", 5), lines{""});
  EXPECT_EQ(wrapped("Rua das Flores", 8), (lines{"Rua das", "Flores"}));
  EXPECT_EQ(wrapped("abcdefgh", 3), (lines{"abc", "def", "gh"}));
  EXPECT_EQ(wrapped("São João", 4), (lines{"São", "João"}));
  EXPECT_EQ(wrapped("a\nb", 9), lines{"a\xEF\xBF\xBD"
                                      "b"})
      << "nobody's text moves the cursor";
}

}  // namespace
}  // namespace autocusto::admin
