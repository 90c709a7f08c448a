#include "shared/domain/dag.hpp"

#include <algorithm>
#include <limits>
#include <unordered_set>
#include <utility>

namespace autocusto::domain {

void version_dag::add(dag_node node) {
  const version_id id = node.id;
  nodes_.try_emplace(id, std::move(node));
}

const dag_node* version_dag::find(const version_id& id) const {
  const auto at = nodes_.find(id);
  return at == nodes_.end() ? nullptr : &at->second;
}

/// Everything reachable over one or more edges from `from`, without going on from nodes of
/// generation `floor` or lower: their ancestors are older still.
std::unordered_set<version_id> version_dag::walk(const std::vector<version_id>& from,
                                                 std::int64_t floor) const {
  std::unordered_set<version_id> reached;
  std::vector<const dag_node*> open;
  const auto go_on = [&](const version_id& id) {
    const auto* node = find(id);
    if (node != nullptr && node->generation > floor) open.push_back(node);
  };
  for (const auto& id : from) go_on(id);
  while (!open.empty()) {
    const auto* node = open.back();
    open.pop_back();
    for (const auto& parent : node->parents) {
      if (reached.insert(parent).second) go_on(parent);
    }
  }
  return reached;
}

/// The smallest generation among the given versions. One that is no node may be of any generation,
/// so then there is no bound.
std::int64_t version_dag::lowest_generation(const std::vector<version_id>& of) const {
  std::int64_t lowest = std::numeric_limits<std::int64_t>::max();
  for (const auto& id : of) {
    const auto* node = find(id);
    if (node == nullptr) return 0;
    lowest = std::min(lowest, node->generation);
  }
  return lowest;
}

bool version_dag::is_ancestor(const version_id& ancestor, const version_id& descendant) const {
  const auto* start = find(descendant);
  if (start == nullptr) return false;
  const std::int64_t floor = lowest_generation({ancestor});
  std::unordered_set<version_id> seen;
  std::vector<const dag_node*> open;
  if (start->generation > floor) open.push_back(start);
  while (!open.empty()) {
    const auto* node = open.back();
    open.pop_back();
    for (const auto& parent : node->parents) {
      if (parent == ancestor) return true;
      const auto* next = find(parent);
      if (next == nullptr || next->generation <= floor) continue;
      if (seen.insert(parent).second) open.push_back(next);
    }
  }
  return false;
}

std::set<version_id> version_dag::ancestors(const std::vector<version_id>& of) const {
  const auto reached = walk(of, 0);
  return {reached.begin(), reached.end()};
}

bool version_dag::continues(const version_id& descendant, const version_id& ancestor) const {
  std::vector<version_id> open{descendant};
  std::set<version_id> seen;
  while (!open.empty()) {
    const dag_node* node = find(open.back());
    open.pop_back();
    if (node == nullptr) continue;
    for (const version_id& parent : node->parents) {
      if (parent == ancestor) return true;
      const dag_node* next = find(parent);
      if (next != nullptr && next->draft && seen.insert(parent).second) open.push_back(parent);
    }
  }
  return false;
}

std::vector<version_id> version_dag::maximal(const std::vector<version_id>& set) const {
  std::vector<version_id> out = set;
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  if (out.size() < 2) return out;
  const auto below = walk(out, lowest_generation(out));
  std::erase_if(out, [&below](const version_id& id) { return below.contains(id); });
  return out;
}

std::vector<version_id> version_dag::nearest_common_ancestors(
    const std::vector<version_id>& of) const {
  if (of.empty()) return {};
  std::unordered_set<version_id> common;
  for (bool first = true; const auto& id : of) {
    auto reached = walk({id}, 0);
    reached.insert(id);
    if (first) {
      common = std::move(reached);
      first = false;
    } else {
      std::erase_if(common, [&reached](const version_id& c) { return !reached.contains(c); });
    }
  }
  return maximal({common.begin(), common.end()});
}

std::optional<std::int64_t> version_dag::next_generation(
    const std::vector<version_id>& parents) const {
  std::int64_t greatest = 0;
  for (const auto& id : parents) {
    const auto* node = find(id);
    if (node == nullptr) return std::nullopt;
    greatest = std::max(greatest, node->generation);
  }
  return greatest + 1;
}

}  // namespace autocusto::domain
