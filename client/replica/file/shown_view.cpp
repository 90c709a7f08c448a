#include "client/replica/file/shown_view.hpp"

#include <algorithm>

namespace autocusto::replica {
namespace {

bool holds(const std::vector<version_id>& ids, const version_id& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

std::vector<version_id> shown_heads(const server_view& s, const std::vector<local_version>& p,
                                    const domain::version_dag& dag) {
  auto candidates = s.heads;
  for (const auto& local : p) {
    if (local.status == domain::version_status::active) candidates.push_back(local.id);
  }
  auto heads = dag.maximal(candidates);
  // What the admin assigned yields only to an edit that was made on top of it, as at the server.
  const bool kept =
      s.pinned && holds(s.heads, *s.pinned) && !holds(heads, *s.pinned) &&
      std::none_of(p.begin(), p.end(), [&](const local_version& local) {
        return local.status == domain::version_status::active && dag.continues(local.id, *s.pinned);
      });
  if (kept) heads.insert(std::upper_bound(heads.begin(), heads.end(), *s.pinned), *s.pinned);
  return heads;
}

std::optional<version_id> shown_active(const server_view& s, const std::vector<local_version>& p,
                                       const std::vector<version_id>& heads) {
  for (auto local = p.rbegin(); local != p.rend(); ++local) {
    if (local->status == domain::version_status::active && holds(heads, local->id)) {
      return local->id;
    }
  }
  return s.active;
}

std::vector<version_id> shown_drafts(const server_view& s, const std::vector<local_version>& p,
                                     const domain::version_dag& dag,
                                     const std::vector<version_id>& discards) {
  auto drafts = s.drafts;
  for (const auto& local : p) {
    if (local.status == domain::version_status::draft && !holds(drafts, local.id)) {
      drafts.push_back(local.id);
    }
  }
  if (drafts.empty()) return drafts;
  // Whatever goes on from a draft replaces it: another draft, or the version that it became.
  auto later = s.heads;
  later.insert(later.end(), drafts.begin(), drafts.end());
  for (const auto& local : p) later.push_back(local.id);
  const auto replaced = dag.ancestors(later);
  std::erase_if(drafts, [&](const version_id& draft) {
    return replaced.contains(draft) || holds(discards, draft);
  });
  return drafts;
}

}  // namespace

shown_view make_shown_view(const server_view& s, const std::vector<local_version>& p,
                           const domain::version_dag& dag,
                           const std::vector<version_id>& discards) {
  if (p.empty() && discards.empty()) {
    shown_view same{.heads = s.heads, .active = s.active, .drafts = s.drafts};
    std::sort(same.heads.begin(), same.heads.end());
    return same;
  }
  shown_view shown;
  shown.heads = shown_heads(s, p, dag);
  shown.active = shown_active(s, p, shown.heads);
  shown.drafts = shown_drafts(s, p, dag, discards);
  return shown;
}

}  // namespace autocusto::replica
