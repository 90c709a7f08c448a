// Conflicts: the list, and one with everything that deciding it takes.
#include "server/store/conflicts.hpp"

#include <algorithm>

#include "server/admin/handlers.hpp"
#include "server/admin/record_snapshot.hpp"
#include "server/store/settings.hpp"
#include "shared/domain/dag.hpp"

namespace autocusto::admin::detail {
namespace {

std::string state_name(store::conflict_state state) {
  switch (state) {
    case store::conflict_state::open:
      return "open";
    case store::conflict_state::resolved:
      return "resolved";
    case store::conflict_state::merged:
      return "merged";
    case store::conflict_state::assigned:
      return "assigned";
    case store::conflict_state::removed:
      return "removed";
  }
  return "open";
}

msg::conflict_item item_of(const store::conflict_entry& entry) {
  msg::conflict_item item;
  item.id = entry.conflict.key;
  item.kind = entry.record.kind;
  item.key = entry.record.natural_key;
  item.user = entry.user.email;
  item.base = entry.conflict.base;
  item.heads = entry.conflict.heads;
  item.opened_at = format_time(entry.conflict.opened_at);
  if (entry.conflict.closed_at) item.closed_at = format_time(*entry.conflict.closed_at);
  item.state = state_name(entry.conflict.state);
  item.dismissed = entry.conflict.dismissed;
  return item;
}

std::vector<const store::version_node*> nodes_of(const record_snapshot& of,
                                                 const std::vector<version_id>& ids) {
  std::vector<const store::version_node*> out;
  for (const auto& id : ids) {
    const auto* node = of.find(id);
    if (node == nullptr) throw std::runtime_error("a conflict names an unknown version");
    out.push_back(node);
  }
  return out;
}

/// The one nearest common ancestor of the heads, if there is exactly one.
const store::version_node* base_of(const record_snapshot& of,
                                   const std::vector<version_id>& heads) {
  domain::version_dag dag;
  for (const auto& node : of.nodes)
    dag.add({node.id, node.parents, node.generation, node.status == domain::version_status::draft});
  const auto bases = dag.nearest_common_ancestors(heads);
  return bases.size() == 1 ? of.find(bases.front()) : nullptr;
}

msg::conflict_shown shown(store::snapshot& snapshot, const store::conflict_entry& entry,
                          bool with_visible) {
  const auto of = load(snapshot, entry.record.id, entry.user.key);
  msg::conflict_shown out;
  out.conflict = item_of(entry);
  out.owner = entry.user.id;
  out.record = entry.record.id;
  out.view_open = entry.view.open;
  out.active = entry.view.active;
  out.pinned = entry.view.state.pinned;
  const auto policy = store::settings::reads(snapshot).policy(entry.user.key, entry.record.kind);
  out.policy = policy == domain::merge_policy::automatic ? "auto" : "manual";
  const auto& heads = entry.conflict.heads;
  out.heads = describe(snapshot, of, nodes_of(of, heads), true);
  if (const auto* base = base_of(of, heads)) {
    out.single_base = true;
    auto told = describe(snapshot, of, {base}, true).front();
    const bool usable = base->visible && !told.info.erased;
    out.conflict.base.reset();
    if (usable) {
      out.conflict.base = base->id;
      out.base = std::move(told);
    }
  }
  if (!with_visible) return out;
  std::vector<const store::version_node*> visible;
  for (const auto& node : of.nodes) {
    if (node.visible) visible.push_back(&node);
  }
  out.visible = describe(snapshot, of, visible, true);
  return out;
}

}  // namespace

http::response conflicts(context& in, const http::request& asked, const session_owner& caller) {
  const auto query = question<msg::conflict_query>(asked);
  const nlohmann::json args{{"closed", query.closed}, {"dismissed", query.dismissed}};
  return audited(in, caller, "conflict.list", args, [&](store::snapshot& snapshot, auto&) {
    msg::conflict_list out;
    for (const auto& entry :
         store::conflicts::reads(snapshot).conflict_list(query.closed, query.dismissed)) {
      out.items.push_back(item_of(entry));
    }
    return out;
  });
}

http::response conflict(context& in, const http::request& asked, const session_owner& caller) {
  const auto query = question<msg::conflict_request>(asked);
  const nlohmann::json args{{"conflict", query.id}};
  return audited(in, caller, "conflict.show", args, [&](store::snapshot& snapshot, auto& subject) {
    const auto entry = store::conflicts::reads(snapshot).conflict(query.id);
    if (!entry) {
      refuse(errc::not_found, "There is no such conflict; see `conflict list --all`.", "id");
    }
    subject.user = entry->user.key;
    subject.record = entry->record.key;
    return shown(snapshot, *entry, query.visible);
  });
}

}  // namespace autocusto::admin::detail
