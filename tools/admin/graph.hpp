#pragma once
// The version graph of one record as text and for Graphviz. Pure functions; any thread.
//
// The text has one line for each version, newest on top, with one column for each line of descent:
//
//   *  4 1f2e3d4c5b  system  …    a version
//   |\                            its further parents branch off to the right
//   | *  3 …
//   |/                            lines that lead to the same parent join
//   o  1 …                        a version without parents

#include <cstdint>
#include <string>
#include <vector>

#include "shared/base/ids.hpp"

namespace autocusto::admin {

struct graph_node {
  version_id id;
  std::int64_t number = 0;
  std::int64_t generation = 1;
  std::vector<version_id> parents;  ///< those that are no node end their line
  std::string label;                ///< one line
  bool head = false;                ///< somebody's
};

/// In any order; they are sorted so that every version stands above its parents.
[[nodiscard]] std::string draw_text(std::vector<graph_node> nodes);
/// A digraph from children to parents; heads have a doubled frame.
[[nodiscard]] std::string draw_dot(std::vector<graph_node> nodes, const std::string& title);

}  // namespace autocusto::admin
