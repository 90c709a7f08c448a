#pragma once
// What the leaves (heads and drafts) of one view descend from, remembered while versions join it.
//
// `add_version` asks of every version which leaves it replaces, and whether a leaf descends from
// it. A walk for each of these questions makes a push of n versions cost n times the history. This
// remembers the answers instead:
//  - Reach: the leaves among the proper ancestors of a version. It is the union over its parents of
//    the parent, if it is a leaf, and the parent's reach. Each version is visited once, and what
//    comes later is no ancestor of what is there, so a reach stays right while the view grows;
//    leaves that were replaced are left out when it is read.
//  - Descent: the proper ancestors of all leaves, walked down by generation as far as was asked.
// Three bounds keep both from walking where nothing can be found: no leaf has a generation below
// the lowest of them; no head is an ancestor of a head and no draft of a head, so a walk ends at a
// head; the exception is the pinned head, beneath which drafts may stand after an assignment.
//
// So n versions that join one view cost the edges of these versions and of the history between them
// and the oldest leaf, each once (times the number of leaves, at most 33). `visited` counts.
//
// The graph and the view are handed to each call and must be the same ones throughout; when the
// view was changed by something else, that is noticed and all is forgotten. One thread.

#include <cstdint>
#include <optional>
#include <queue>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "shared/domain/view.hpp"

namespace autocusto::domain {

class view_lineage {
 public:
  /// `domain::add_version`, the same in every respect. `may_be_named` false promises that no
  /// version of the graph descends from `v`: then nothing is asked about descendants.
  void add(view_state& view, const version_dag& dag, const version_id& v, version_status status,
           bool may_be_named = true);

  /// The leaves that an active version with these parents would replace; a draft would replace the
  /// drafts among them. Parents may be missing in the graph.
  [[nodiscard]] std::vector<version_id> replaced(const view_state& view, const version_dag& dag,
                                                 const std::vector<version_id>& parents);

  /// True if a walk has met a parent that is no node of the graph, where it would have gone on:
  /// answers then hold for the graph as it is. Until `forget`.
  [[nodiscard]] bool met_gap() const { return met_gap_; }

  /// To be called when nodes joined the graph that are ancestors of nodes in it.
  void forget();

  /// Nodes looked at since it was made, one for each edge that was followed.
  [[nodiscard]] std::int64_t visited() const { return visited_; }

 private:
  using leaf_number = std::uint32_t;
  using leaf_set = std::vector<leaf_number>;  ///< sorted, unique

  /// The proper ancestors of some leaves, down to a generation.
  struct descent {
    std::unordered_set<version_id> reached;
    std::priority_queue<std::pair<std::int64_t, const dag_node*>> open;
  };

  void follow(const view_state& view, const version_dag& dag);
  void learn_leaf(const version_dag& dag, const version_id& id, version_status status);
  void work_out(const view_state& view, const version_dag& dag, const dag_node& start);
  bool is_known(const view_state& view, const dag_node& node) const;
  leaf_set union_of(const std::vector<version_id>& parents) const;
  leaf_set reach_of(const view_state& view, const version_dag& dag,
                    const std::vector<version_id>& parents);
  bool descends(descent& from, const version_dag& dag, const version_id& v);
  bool continues(const version_dag& dag, const std::vector<version_id>& parents,
                 const version_id& pinned);
  void add_head(view_state& view, const version_dag& dag, const version_id& v,
                const std::vector<version_id>& replaced, bool may_be_named);

  std::unordered_map<version_id, leaf_number> leaves_;
  std::vector<version_id> leaf_ids_;  ///< by number, replaced ones too
  std::unordered_map<version_id, leaf_set> reach_;
  std::unordered_set<version_id> does_not_continue_;  ///< drafts that do not continue the pin
  std::optional<version_id> pin_;                     ///< what `does_not_continue_` is about
  descent heads_;
  descent drafts_;
  std::int64_t lowest_ = 0;  ///< generation of the oldest leaf; 0 if one is no node
  std::int64_t visited_ = 0;
  bool met_gap_ = false;
  bool asked_ = false;  ///< `replaced` was called for versions that may not have joined
};

}  // namespace autocusto::domain
