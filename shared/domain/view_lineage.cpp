#include "shared/domain/view_lineage.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace autocusto::domain {
namespace {

bool among(const std::vector<version_id>& ids, const version_id& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace

void view_lineage::forget() {
  leaves_.clear();
  leaf_ids_.clear();
  reach_.clear();
  does_not_continue_.clear();
  pin_.reset();
  heads_ = {};
  drafts_ = {};
  met_gap_ = asked_ = false;
}

void view_lineage::learn_leaf(const version_dag& dag, const version_id& id, version_status status) {
  leaves_.emplace(id, static_cast<leaf_number>(leaf_ids_.size()));
  leaf_ids_.push_back(id);
  const auto* node = dag.find(id);
  if (node == nullptr) return;
  auto& from = status == version_status::active ? heads_ : drafts_;
  from.open.emplace(node->generation, node);
}

/// Makes sure that the leaves are those of the view.
void view_lineage::follow(const view_state& view, const version_dag& dag) {
  const auto unknown = [this](const version_id& id) { return !leaves_.contains(id); };
  const bool changed = leaves_.size() != view.heads.size() + view.drafts.size() ||
                       std::any_of(view.heads.begin(), view.heads.end(), unknown) ||
                       std::any_of(view.drafts.begin(), view.drafts.end(), unknown);
  if (changed) {
    forget();
    for (const auto& id : view.heads) learn_leaf(dag, id, version_status::active);
    for (const auto& id : view.drafts) learn_leaf(dag, id, version_status::draft);
  }
  lowest_ = std::numeric_limits<std::int64_t>::max();
  for (const auto& [id, number] : leaves_) {
    const auto* node = dag.find(id);
    lowest_ = std::min(lowest_, node == nullptr ? 0 : node->generation);
  }
}

/// Whether the reach of this version is empty without a walk, or worked out already.
bool view_lineage::is_known(const view_state& view, const dag_node& node) const {
  if (node.generation <= lowest_ || reach_.contains(node.id)) return true;
  if (!among(view.heads, node.id)) return false;
  return view.pinned != node.id || view.drafts.empty();
}

view_lineage::leaf_set view_lineage::union_of(const std::vector<version_id>& parents) const {
  leaf_set out;
  const auto take = [&](leaf_number number) {
    if (leaves_.contains(leaf_ids_[number])) out.push_back(number);
  };
  for (const auto& parent : parents) {
    if (const auto leaf = leaves_.find(parent); leaf != leaves_.end()) take(leaf->second);
    if (const auto above = reach_.find(parent); above != reach_.end()) {
      std::for_each(above->second.begin(), above->second.end(), take);
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

/// Fills `reach_` for `start` and whatever it takes, parents first.
void view_lineage::work_out(const view_state& view, const version_dag& dag, const dag_node& start) {
  std::vector<std::pair<const dag_node*, std::size_t>> path;
  if (!is_known(view, start)) path.emplace_back(&start, 0);
  while (!path.empty()) {
    auto& [node, next] = path.back();
    if (next == node->parents.size()) {
      reach_.emplace(node->id, union_of(node->parents));
      path.pop_back();
      continue;
    }
    const auto& id = node->parents[next++];
    ++visited_;
    const auto* parent = dag.find(id);
    if (parent == nullptr) {
      met_gap_ = true;
    } else if (!is_known(view, *parent)) {
      path.emplace_back(parent, 0);
    }
  }
}

view_lineage::leaf_set view_lineage::reach_of(const view_state& view, const version_dag& dag,
                                              const std::vector<version_id>& parents) {
  for (const auto& id : parents) {
    ++visited_;
    const auto* parent = dag.find(id);
    if (parent != nullptr) {
      work_out(view, dag, *parent);
    } else {
      met_gap_ = true;
    }
  }
  return union_of(parents);
}

std::vector<version_id> view_lineage::replaced(const view_state& view, const version_dag& dag,
                                               const std::vector<version_id>& parents) {
  follow(view, dag);
  asked_ = true;
  std::vector<version_id> out;
  for (const auto number : reach_of(view, dag, parents)) {
    if (view.pinned != leaf_ids_[number]) out.push_back(leaf_ids_[number]);
  }
  if (view.pinned && continues(dag, parents, *view.pinned)) out.push_back(*view.pinned);
  return out;
}

/// Whether one of the leaves descends from `v`.
bool view_lineage::descends(descent& from, const version_dag& dag, const version_id& v) {
  const std::int64_t generation = dag.find(v)->generation;
  while (!from.open.empty() && from.open.top().first > generation) {
    const auto* node = from.open.top().second;
    from.open.pop();
    for (const auto& parent : node->parents) {
      ++visited_;
      if (!from.reached.insert(parent).second) continue;
      const auto* next = dag.find(parent);
      if (next != nullptr) from.open.emplace(next->generation, next);
    }
  }
  return from.reached.contains(v);
}

/// `version_dag::continues`, each draft looked at once.
bool view_lineage::continues(const version_dag& dag, const std::vector<version_id>& parents,
                             const version_id& pinned) {
  if (pin_ != pinned) {
    pin_ = pinned;
    does_not_continue_.clear();
  }
  std::vector<const std::vector<version_id>*> open{&parents};
  std::vector<version_id> seen;
  while (!open.empty()) {
    const auto& next = *open.back();
    open.pop_back();
    for (const auto& parent : next) {
      ++visited_;
      if (parent == pinned) {
        // What was seen on this way may well continue it.
        for (const auto& id : seen) does_not_continue_.erase(id);
        return true;
      }
      const auto* node = dag.find(parent);
      if (node == nullptr || !node->draft || !does_not_continue_.insert(parent).second) continue;
      seen.push_back(parent);
      open.push_back(&node->parents);
    }
  }
  return false;
}

void view_lineage::add_head(view_state& view, const version_dag& dag, const version_id& v,
                            const std::vector<version_id>& replaced, bool may_be_named) {
  if (among(view.heads, v) || (may_be_named && descends(heads_, dag, v))) return;
  std::erase_if(view.heads, [&](const version_id& head) {
    // What was assigned yields only to a version that was made on top of it: an older edit that
    // comes in late stands beside it, even where the assigned version is its ancestor.
    const bool yields =
        view.pinned == head ? continues(dag, dag.find(v)->parents, head) : among(replaced, head);
    if (yields) {
      leaves_.erase(head);
      reach_.emplace(head, leaf_set());  // no leaf is left beneath it
    }
    return yields;
  });
  view.heads.insert(std::upper_bound(view.heads.begin(), view.heads.end(), v), v);
  learn_leaf(dag, v, version_status::active);
}

void view_lineage::add(view_state& view, const version_dag& dag, const version_id& v,
                       version_status status, bool may_be_named) {
  const auto* node = dag.find(v);
  if (node == nullptr) throw std::logic_error("a version outside the graph cannot join a view");
  follow(view, dag);
  const bool was_leaf = leaves_.contains(v);
  std::vector<version_id> replaced;
  for (const auto number : reach_of(view, dag, node->parents)) {
    replaced.push_back(leaf_ids_[number]);
  }
  std::erase_if(view.drafts, [&](const version_id& draft) {
    const bool yields = among(replaced, draft);
    if (yields) leaves_.erase(draft);
    return yields;
  });
  switch (status) {
    case version_status::active:
      add_head(view, dag, v, replaced, may_be_named);
      break;
    case version_status::draft: {
      const bool older = may_be_named && (descends(drafts_, dag, v) || descends(heads_, dag, v));
      if (among(view.drafts, v) || older) break;
      view.drafts.push_back(v);
      learn_leaf(dag, v, version_status::draft);
      break;
    }
  }
  if (view.pinned && !among(view.heads, *view.pinned)) view.pinned.reset();
  // A new leaf that something descends from already: what was worked out does not have it. What is
  // beneath a leaf becomes one only where that leaf is a draft.
  const bool is_new = may_be_named && !was_leaf && leaves_.contains(v);
  if (is_new && (asked_ || descends(drafts_, dag, v))) reach_.clear();
}

}  // namespace autocusto::domain
