#pragma once
// The version graph of one record.
//
// Nodes are versions, edges go to parents. The graph is acyclic because an id is a hash over its
// parents. A graph may be partial: on a laptop the ancestors of an assigned version are missing, on
// a server restored versions may lack parents for a while; a parent that is not a node ends the
// walk. Purely in memory, no I/O. One thread at a time may change it; const calls are safe from
// any.
//
// Generations grow along every edge (1 + the greatest of the parents'), so a walk that looks for a
// version of generation g need not go below g. A node whose generation is not above its parents'
// must not be added: the acceptance rules refuse it. Every call visits a node at most once, however
// many versions it is asked about, so long and criss-crossed histories cost no more than their
// size. Calls that walk take a counter, and raise it by one for each edge that they follow.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "shared/base/ids.hpp"

namespace autocusto::domain {

struct dag_node {
  version_id id;
  std::vector<version_id> parents;
  std::int64_t generation = 1;
  bool draft = false;  ///< its status; a draft continues what its parents are
};

class version_dag {
 public:
  /// Adds a node; adding it again changes nothing. Parents may be added later, or never.
  void add(dag_node node);
  [[nodiscard]] bool contains(const version_id& id) const { return nodes_.contains(id); }
  /// The node, or null.
  [[nodiscard]] const dag_node* find(const version_id& id) const;
  [[nodiscard]] std::size_t size() const { return nodes_.size(); }

  /// True if `ancestor` can be reached from `descendant` over one or more edges. A parent that is
  /// named but is no node itself counts as reached.
  [[nodiscard]] bool is_ancestor(const version_id& ancestor, const version_id& descendant) const;
  /// All proper ancestors of the given versions (named ones, nodes or not).
  [[nodiscard]] std::set<version_id> ancestors(const std::vector<version_id>& of,
                                               std::int64_t* visited = nullptr) const;
  /// The members of `set` that are a proper ancestor of a member of `by`; in the order of `set`.
  [[nodiscard]] std::vector<version_id> beneath(const std::vector<version_id>& set,
                                                const std::vector<version_id>& by,
                                                std::int64_t* visited = nullptr) const;
  /// The members of `set` that have a proper ancestor in `from`; in the order of `set`.
  [[nodiscard]] std::vector<version_id> descending(const std::vector<version_id>& set,
                                                   const std::vector<version_id>& from,
                                                   std::int64_t* visited = nullptr) const;
  /// True if `descendant` was made on top of `ancestor` itself: it names it as a parent, directly
  /// or through drafts only.
  [[nodiscard]] bool continues(const version_id& descendant, const version_id& ancestor,
                               std::int64_t* visited = nullptr) const;
  /// The members that are no ancestor of another member; sorted, unique.
  [[nodiscard]] std::vector<version_id> maximal(const std::vector<version_id>& set,
                                                std::int64_t* visited = nullptr) const;
  /// The maximal elements among the common ancestors of all given versions. A version counts as an
  /// ancestor of itself here, as in a three-way merge. Sorted.
  [[nodiscard]] std::vector<version_id> nearest_common_ancestors(
      const std::vector<version_id>& of, std::int64_t* visited = nullptr) const;
  /// 1 + the greatest generation of the parents; 1 without parents; nothing if one is no node.
  [[nodiscard]] std::optional<std::int64_t> next_generation(
      const std::vector<version_id>& parents) const;

 private:
  [[nodiscard]] std::unordered_set<version_id> walk(const std::vector<version_id>& from,
                                                    std::int64_t floor,
                                                    std::int64_t* visited) const;
  [[nodiscard]] std::int64_t lowest_generation(const std::vector<version_id>& of) const;

  std::unordered_map<version_id, dag_node> nodes_;
};

}  // namespace autocusto::domain
