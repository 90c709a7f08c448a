#include "shared/domain/dag.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <queue>
#include <unordered_set>
#include <utility>

namespace autocusto::domain {
namespace {

void count(std::int64_t* visited) {
  if (visited != nullptr) ++*visited;
}

/// The walk of `nearest_common_ancestors`: from the youngest generation to the oldest, so that
/// everything which descends from a version is done before it is looked at.
class common_walk {
 public:
  common_walk(const version_dag& dag, const std::vector<version_id>& from, std::int64_t* visited)
      : dag_(dag), visited_(visited), words_((from.size() + 63) / 64), from_(from.size()) {
    for (std::size_t i = 0; i < from.size(); ++i) {
      const auto at = place_of(from[i]);
      bits_[at * words_ + i / 64] |= std::uint64_t{1} << (i % 64);
    }
  }

  std::vector<version_id> run() {
    std::vector<version_id> found;
    // What is beneath a common ancestor is a common ancestor, and not a nearest one.
    while (undecided_ > 0) {
      const std::size_t at = open_.top().second;
      open_.pop();
      const bool nearest = !places_[at].beneath && is_common(at);
      if (!places_[at].beneath) --undecided_;
      if (nearest) found.push_back(places_[at].id);
      const auto* node = places_[at].node;
      if (node == nullptr) continue;
      const bool beneath = nearest || places_[at].beneath;
      for (const auto& parent : node->parents) {
        count(visited_);
        const auto to = place_of(parent);
        for (std::size_t w = 0; w < words_; ++w) bits_[to * words_ + w] |= bits_[at * words_ + w];
        if (!beneath || places_[to].beneath) continue;
        places_[to].beneath = true;
        --undecided_;
      }
    }
    std::sort(found.begin(), found.end());
    return found;
  }

 private:
  struct place {
    version_id id;
    const dag_node* node;
    bool beneath = false;  ///< a common ancestor descends from it
  };

  std::size_t place_of(const version_id& id) {
    const auto [at, is_new] = numbers_.try_emplace(id, places_.size());
    if (is_new) {
      const auto* node = dag_.find(id);
      places_.push_back({id, node});
      bits_.resize(bits_.size() + words_, 0);
      open_.emplace(node == nullptr ? 0 : node->generation, at->second);
      ++undecided_;
    }
    return at->second;
  }

  [[nodiscard]] bool is_common(std::size_t at) const {
    std::size_t all = 0;
    for (std::size_t w = 0; w < words_; ++w) {
      all += static_cast<std::size_t>(std::popcount(bits_[at * words_ + w]));
    }
    return all == from_;
  }

  const version_dag& dag_;
  std::int64_t* visited_;
  std::size_t words_;
  std::size_t from_;
  std::unordered_map<version_id, std::size_t> numbers_;
  std::vector<place> places_;
  std::vector<std::uint64_t> bits_;  ///< by place: which of the given versions descend from it
  std::priority_queue<std::pair<std::int64_t, std::size_t>> open_;
  std::size_t undecided_ = 0;  ///< open ones that are not beneath a common ancestor
};

std::vector<version_id> sorted_once(std::vector<version_id> ids) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

}  // namespace

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
                                                 std::int64_t floor, std::int64_t* visited) const {
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
      count(visited);
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

std::set<version_id> version_dag::ancestors(const std::vector<version_id>& of,
                                            std::int64_t* visited) const {
  const auto reached = walk(of, 0, visited);
  return {reached.begin(), reached.end()};
}

std::vector<version_id> version_dag::beneath(const std::vector<version_id>& set,
                                             const std::vector<version_id>& by,
                                             std::int64_t* visited) const {
  std::vector<version_id> out;
  if (set.empty()) return out;
  const auto below = walk(by, lowest_generation(set), visited);
  std::copy_if(set.begin(), set.end(), std::back_inserter(out),
               [&below](const version_id& id) { return below.contains(id); });
  return out;
}

std::vector<version_id> version_dag::descending(const std::vector<version_id>& set,
                                                const std::vector<version_id>& from,
                                                std::int64_t* visited) const {
  const std::unordered_set<version_id> sought(from.begin(), from.end());
  const std::int64_t floor = lowest_generation(from);
  std::unordered_map<version_id, bool> known;  // whether it descends from one of `from`
  std::vector<std::pair<const dag_node*, std::size_t>> path;
  const auto open = [&](const version_id& id) {
    const auto* node = find(id);
    if (node == nullptr || node->generation <= floor || known.contains(id)) return;
    path.emplace_back(node, 0);
  };
  const auto descends = [&](const version_id& parent) {
    const auto at = known.find(parent);
    return sought.contains(parent) || (at != known.end() && at->second);
  };
  std::vector<version_id> out;
  for (const auto& id : set) {
    open(id);
    while (!path.empty()) {
      auto& [node, next] = path.back();
      const auto& parents = node->parents;
      if (next < parents.size()) {
        count(visited);
        open(parents[next++]);
        continue;
      }
      known.emplace(node->id, std::any_of(parents.begin(), parents.end(), descends));
      path.pop_back();
    }
    const auto at = known.find(id);
    if (at != known.end() && at->second) out.push_back(id);
  }
  return out;
}

bool version_dag::continues(const version_id& descendant, const version_id& ancestor,
                            std::int64_t* visited) const {
  std::vector<version_id> open{descendant};
  std::unordered_set<version_id> seen;
  while (!open.empty()) {
    const dag_node* node = find(open.back());
    open.pop_back();
    if (node == nullptr) continue;
    for (const version_id& parent : node->parents) {
      count(visited);
      if (parent == ancestor) return true;
      const dag_node* next = find(parent);
      if (next != nullptr && next->draft && seen.insert(parent).second) open.push_back(parent);
    }
  }
  return false;
}

std::vector<version_id> version_dag::maximal(const std::vector<version_id>& set,
                                             std::int64_t* visited) const {
  auto out = sorted_once(set);
  if (out.size() < 2) return out;
  const auto below = walk(out, lowest_generation(out), visited);
  std::erase_if(out, [&below](const version_id& id) { return below.contains(id); });
  return out;
}

std::vector<version_id> version_dag::nearest_common_ancestors(const std::vector<version_id>& of,
                                                              std::int64_t* visited) const {
  if (of.empty()) return {};
  return common_walk(*this, sorted_once(of), visited).run();
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
