#include "shared/domain/view.hpp"

#include <algorithm>
#include <stdexcept>
#include <tuple>

namespace autocusto::domain {
namespace {

bool holds(const std::vector<version_id>& ids, const version_id& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

/// Whether one of `ids` descends from `v`.
bool goes_on_from(const version_dag& dag, const std::vector<version_id>& ids, const version_id& v) {
  return std::any_of(ids.begin(), ids.end(),
                     [&](const version_id& id) { return dag.is_ancestor(v, id); });
}

void add_head(view_state& view, const version_dag& dag, const version_id& v) {
  if (holds(view.heads, v) || goes_on_from(dag, view.heads, v)) return;
  std::erase_if(view.heads, [&](const version_id& head) {
    // What was assigned yields only to a version that was made on top of it: an older edit that
    // comes in late stands beside it, even where the assigned version is its ancestor.
    if (view.pinned == head) return dag.continues(v, head);
    return dag.is_ancestor(head, v);
  });
  view.heads.insert(std::upper_bound(view.heads.begin(), view.heads.end(), v), v);
}

void add_draft(view_state& view, const version_dag& dag, const version_id& v) {
  if (holds(view.drafts, v)) return;
  if (goes_on_from(dag, view.drafts, v) || goes_on_from(dag, view.heads, v)) return;
  view.drafts.push_back(v);
}

}  // namespace

std::optional<version_id> active_version(const view_state& view, const version_dag& dag) {
  if (view.heads.empty()) return std::nullopt;
  if (view.pinned && holds(view.heads, *view.pinned)) return view.pinned;
  const auto rank = [&dag](const version_id& id) {
    const auto* node = dag.find(id);
    return std::tuple(node == nullptr ? std::int64_t{0} : node->generation, id);
  };
  return *std::max_element(
      view.heads.begin(), view.heads.end(),
      [&rank](const version_id& a, const version_id& b) { return rank(a) < rank(b); });
}

void add_version(view_state& view, const version_dag& dag, const version_id& v,
                 version_status status) {
  if (!dag.contains(v)) throw std::logic_error("a version outside the graph cannot join a view");
  std::erase_if(view.drafts, [&](const version_id& d) { return dag.is_ancestor(d, v); });
  switch (status) {
    case version_status::active:
      add_head(view, dag, v);
      break;
    case version_status::draft:
      add_draft(view, dag, v);
      break;
  }
  if (view.pinned && !holds(view.heads, *view.pinned)) view.pinned.reset();
}

bool renew_view(view_state& view, const version_dag& dag) {
  const auto before = view;
  const auto heads = view.heads;
  std::erase_if(view.heads, [&](const version_id& head) {
    if (view.pinned != head) return goes_on_from(dag, heads, head);
    return std::any_of(heads.begin(), heads.end(),
                       [&](const version_id& other) { return dag.continues(other, head); });
  });
  const auto drafts = view.drafts;
  std::erase_if(view.drafts, [&](const version_id& draft) {
    return goes_on_from(dag, drafts, draft) || goes_on_from(dag, heads, draft);
  });
  if (view.pinned && !holds(view.heads, *view.pinned)) view.pinned.reset();
  return view != before;
}

void assign_version(view_state& view, const version_id& v) {
  view.heads = {v};
  view.pinned = v;
}

bool discard_draft(view_state& view, const version_id& draft) {
  return std::erase(view.drafts, draft) > 0;
}

}  // namespace autocusto::domain
