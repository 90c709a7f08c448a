#include "shared/domain/view.hpp"

#include <algorithm>
#include <tuple>

#include "shared/domain/view_lineage.hpp"

namespace autocusto::domain {
namespace {

bool holds(const std::vector<version_id>& ids, const version_id& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
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
  view_lineage().add(view, dag, v, status);
}

bool renew_view(view_state& view, const version_dag& dag, std::int64_t* visited) {
  const auto before = view;
  const auto older_heads = dag.beneath(view.heads, view.heads, visited);
  auto leaves = view.heads;
  leaves.insert(leaves.end(), view.drafts.begin(), view.drafts.end());
  std::erase_if(view.heads, [&](const version_id& head) {
    if (view.pinned != head) return holds(older_heads, head);
    return std::any_of(before.heads.begin(), before.heads.end(), [&](const version_id& other) {
      return dag.continues(other, head, visited);
    });
  });
  const auto older_drafts = dag.beneath(view.drafts, leaves, visited);
  std::erase_if(view.drafts, [&](const version_id& draft) { return holds(older_drafts, draft); });
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
