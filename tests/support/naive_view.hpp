#pragma once
// The rules of a view as they are defined, with a walk for every question: what faster code is
// compared with. Values only; any thread.

#include <algorithm>
#include <vector>

#include "shared/domain/view.hpp"

namespace autocusto::testing {

namespace detail {

[[nodiscard]] inline bool holds(const std::vector<version_id>& ids, const version_id& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

[[nodiscard]] inline bool goes_on_from(const domain::version_dag& dag,
                                       const std::vector<version_id>& ids, const version_id& v) {
  return std::any_of(ids.begin(), ids.end(),
                     [&](const version_id& id) { return dag.is_ancestor(v, id); });
}

}  // namespace detail

/// `domain::add_version`.
inline void naive_add(domain::view_state& view, const domain::version_dag& dag, const version_id& v,
                      domain::version_status status) {
  using detail::goes_on_from;
  using detail::holds;
  std::erase_if(view.drafts, [&](const version_id& d) { return dag.is_ancestor(d, v); });
  if (status == domain::version_status::active) {
    if (!holds(view.heads, v) && !goes_on_from(dag, view.heads, v)) {
      std::erase_if(view.heads, [&](const version_id& head) {
        return view.pinned == head ? dag.continues(v, head) : dag.is_ancestor(head, v);
      });
      view.heads.insert(std::upper_bound(view.heads.begin(), view.heads.end(), v), v);
    }
  } else if (!holds(view.drafts, v) && !goes_on_from(dag, view.drafts, v) &&
             !goes_on_from(dag, view.heads, v)) {
    view.drafts.push_back(v);
  }
  if (view.pinned && !holds(view.heads, *view.pinned)) view.pinned.reset();
}

/// `domain::renew_view`.
inline bool naive_renew(domain::view_state& view, const domain::version_dag& dag) {
  const auto before = view;
  std::erase_if(view.heads, [&](const version_id& head) {
    if (view.pinned != head) return detail::goes_on_from(dag, before.heads, head);
    return std::any_of(before.heads.begin(), before.heads.end(),
                       [&](const version_id& other) { return dag.continues(other, head); });
  });
  std::erase_if(view.drafts, [&](const version_id& draft) {
    return detail::goes_on_from(dag, before.drafts, draft) ||
           detail::goes_on_from(dag, before.heads, draft);
  });
  if (view.pinned && !detail::holds(view.heads, *view.pinned)) view.pinned.reset();
  return view != before;
}

/// The leaves that an active version with these parents replaces; sorted.
[[nodiscard]] inline std::vector<version_id> naive_replaced(
    const domain::view_state& view, const domain::version_dag& dag,
    const std::vector<version_id>& parents) {
  std::vector<version_id> out;
  const auto is_replaced = [&](const version_id& leaf) {
    if (detail::holds(parents, leaf)) return true;
    if (view.pinned != leaf) return detail::goes_on_from(dag, parents, leaf);
    return std::any_of(parents.begin(), parents.end(), [&](const version_id& parent) {
      const auto* node = dag.find(parent);
      return node != nullptr && node->draft && dag.continues(parent, leaf);
    });
  };
  std::copy_if(view.heads.begin(), view.heads.end(), std::back_inserter(out), is_replaced);
  std::copy_if(view.drafts.begin(), view.drafts.end(), std::back_inserter(out), is_replaced);
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace autocusto::testing
