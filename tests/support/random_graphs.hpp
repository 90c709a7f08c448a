#pragma once
// Random version graphs for property tests, and naive models to compare with.
//
// A graph is drawn as plain numbers, so that rapidcheck can shrink a failure to a small one: node
// i takes as parents the numbers of row i, each modulo i. Node i of the graph is the version
// `nth<version_id>(order(i))`, so that ids do not sort by age. Values only; one thread.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include "shared/domain/dag.hpp"
#include "shared/domain/view.hpp"
#include "tests/support/domain_builders.hpp"

namespace autocusto::testing {

struct random_graph {
  std::vector<std::vector<std::size_t>> parents;  ///< of each node, all of them smaller numbers
  std::vector<domain::version_status> status;
  std::vector<domain::dag_node> nodes;
  std::vector<std::vector<bool>> above;  ///< above[i][j]: j is a proper ancestor of i

  /// `rows` as rapidcheck draws them; a row whose sum is divisible by 4 is a draft, if allowed.
  explicit random_graph(const std::vector<std::vector<std::uint8_t>>& rows, bool drafts = true) {
    const std::size_t n = std::min<std::size_t>(rows.size(), 24);
    parents.resize(n);
    above.assign(n, std::vector<bool>(n, false));
    for (std::size_t i = 0; i < n; ++i) {
      std::set<std::size_t> mine;
      std::size_t sum = 0;
      for (const auto number : rows[i]) {
        sum += number;
        if (i > 0 && mine.size() < 4) mine.insert(number % i);
      }
      parents[i].assign(mine.begin(), mine.end());
      status.push_back(drafts && sum % 4 == 3 ? domain::version_status::draft
                                              : domain::version_status::active);
      add_node(i);
    }
  }

  [[nodiscard]] std::size_t size() const { return parents.size(); }
  [[nodiscard]] static version_id id(std::size_t i) {
    return nth<version_id>(i * 0x9E3779B1U);  // an odd factor: all different, in no order
  }
  [[nodiscard]] domain::version_dag dag() const {
    domain::version_dag out;
    for (const auto& node : nodes) out.add(node);
    return out;
  }
  [[nodiscard]] std::vector<version_id> ids(const std::vector<std::size_t>& numbers) const {
    std::vector<version_id> out;
    for (const auto i : numbers) out.push_back(id(i));
    return out;
  }

  /// An order in which parents come before their children, steered by `picks`.
  [[nodiscard]] std::vector<std::size_t> some_order(const std::vector<std::uint8_t>& picks) const {
    std::vector<std::size_t> out;
    std::vector<bool> done(size(), false);
    while (out.size() < size()) {
      std::vector<std::size_t> ready;
      for (std::size_t i = 0; i < size(); ++i) {
        const bool parents_done = std::all_of(parents[i].begin(), parents[i].end(),
                                              [&done](std::size_t p) { return done[p]; });
        if (!done[i] && parents_done) ready.push_back(i);
      }
      const std::size_t pick = picks.empty() ? 0 : picks[out.size() % picks.size()];
      out.push_back(ready[pick % ready.size()]);
      done[out.back()] = true;
    }
    return out;
  }

 private:
  void add_node(std::size_t i) {
    domain::dag_node node{id(i), ids(parents[i]), 1};
    node.draft = status[i] == domain::version_status::draft;
    for (const auto p : parents[i]) {
      node.generation = std::max(node.generation, nodes[p].generation + 1);
      above[i][p] = true;
      for (std::size_t j = 0; j < p; ++j) {
        if (above[p][j]) above[i][j] = true;
      }
    }
    std::sort(node.parents.begin(), node.parents.end());
    nodes.push_back(std::move(node));
  }
};

/// Adds the versions of `g` to a fresh view in that order; each joins the graph when it comes.
[[nodiscard]] inline domain::view_state view_after(const random_graph& g,
                                                   const std::vector<std::size_t>& order) {
  domain::view_state view;
  domain::version_dag dag;
  for (const auto i : order) {
    dag.add(g.nodes[i]);
    domain::add_version(view, dag, g.nodes[i].id, g.status[i]);
  }
  return view;
}

}  // namespace autocusto::testing
