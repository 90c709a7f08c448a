#include "client/replica/file/shown_view.hpp"

#include <algorithm>

namespace autocusto::replica {
namespace {

bool holds(const std::vector<version_id>& ids, const version_id& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

std::vector<version_id> shown_heads(const server_view& server,
                                    const std::vector<local_version>& local,
                                    const domain::version_dag& dag) {
  auto candidates = server.heads;
  for (const auto& each : local) {
    if (each.status == domain::version_status::active) candidates.push_back(each.id);
  }
  auto heads = dag.maximal(candidates);
  // An assigned head is replaced only by a version that continues it, as on the server.
  const bool kept = server.pinned && holds(server.heads, *server.pinned) &&
                    !holds(heads, *server.pinned) &&
                    std::none_of(local.begin(), local.end(), [&](const local_version& each) {
                      return each.status == domain::version_status::active &&
                             dag.continues(each.id, *server.pinned);
                    });
  if (kept)
    heads.insert(std::upper_bound(heads.begin(), heads.end(), *server.pinned), *server.pinned);
  return heads;
}

std::optional<version_id> shown_active(const server_view& server,
                                       const std::vector<local_version>& local,
                                       const std::vector<version_id>& heads) {
  for (auto each = local.rbegin(); each != local.rend(); ++each) {
    if (each->status == domain::version_status::active && holds(heads, each->id)) {
      return each->id;
    }
  }
  return server.active;
}

std::vector<version_id> shown_drafts(const server_view& server,
                                     const std::vector<local_version>& local,
                                     const domain::version_dag& dag,
                                     const std::vector<version_id>& discards) {
  auto drafts = server.drafts;
  for (const auto& each : local) {
    if (each.status == domain::version_status::draft && !holds(drafts, each.id)) {
      drafts.push_back(each.id);
    }
  }
  if (drafts.empty()) return drafts;
  // A version that continues a draft replaces it: another draft, or the published version.
  auto later = server.heads;
  later.insert(later.end(), drafts.begin(), drafts.end());
  for (const auto& each : local) later.push_back(each.id);
  const auto replaced = dag.ancestors(later);
  std::erase_if(drafts, [&](const version_id& draft) {
    return replaced.contains(draft) || holds(discards, draft);
  });
  return drafts;
}

}  // namespace

shown_view make_shown_view(const server_view& server, const std::vector<local_version>& local,
                           const domain::version_dag& dag,
                           const std::vector<version_id>& discards) {
  if (local.empty() && discards.empty()) {
    shown_view same{.heads = server.heads, .active = server.active, .drafts = server.drafts};
    std::sort(same.heads.begin(), same.heads.end());
    return same;
  }
  shown_view shown;
  shown.heads = shown_heads(server, local, dag);
  shown.active = shown_active(server, local, shown.heads);
  shown.drafts = shown_drafts(server, local, dag, discards);
  return shown;
}

}  // namespace autocusto::replica
