#include "server/intake/plan_batch.hpp"

#include <algorithm>

#include "server/store/conflicts.hpp"
#include "server/store/feed.hpp"
#include "server/store/imports/rows.hpp"
#include "server/store/versions.hpp"
#include "shared/domain/view_lineage.hpp"

namespace autocusto::intake::detail {
namespace {

domain::version_dag graph_of(const record_entry& entry, const present_record& present) {
  domain::version_dag dag;
  for (const auto& node : present.graph) {
    dag.add({node.id, node.parents, node.generation, node.status == domain::version_status::draft});
  }
  for (const auto& v : entry.versions) {
    if (v.known != 0) continue;
    dag.add({v.value.id, v.value.header.parents, v.value.header.generation,
             v.value.header.status == domain::version_status::draft});
  }
  return dag;
}

domain::version_status status_of(const version_entry& v, const present_record& present) {
  if (v.known == 0) return v.value.header.status;
  const auto at = std::find_if(present.graph.begin(), present.graph.end(),
                               [&](const store::version_node& n) { return n.key == v.known; });
  return at == present.graph.end() ? domain::version_status::active : at->status;
}

void add_item(planned_view& view, domain::view_lineage& lineage, const domain::version_dag& dag,
              const version_entry& v, domain::version_status status, bool assigned) {
  // A draft cannot be assigned: it is shown as the only leaf of its view.
  if (assigned && status == domain::version_status::active) {
    domain::assign_version(view.row.state, v.value.id);
    view.items.push_back({store::feed_kind::assigned, v.value.id});
    return;
  }
  lineage.add(view.row.state, dag, v.value.id, status);
  view.items.push_back({store::feed_kind::version, v.value.id});
}

planned_view open_view(const record_entry& record, const view_entry& entry,
                       const present_record& present, const domain::version_dag& dag) {
  planned_view out;
  out.entry = &entry;
  out.row.user = entry.user;
  out.row.record = present.row.key;
  out.row.state.incarnation = entry.incarnation;
  domain::view_lineage lineage;
  for (const auto& visible : entry.visible) {
    const auto& v = record.versions[visible.version];
    add_item(out, lineage, dag, v, status_of(v, present), visible.assigned);
  }
  return out;
}

bool untouched(const store::view_row& view, const version_id& imported) {
  const auto& state = view.state;
  if (state.heads.empty()) return state.drafts.size() == 1 && state.drafts[0] == imported;
  return state.heads.size() == 1 && state.heads[0] == imported;
}

bool in_history(const present_record& present, store::pk view, const version_entry& v) {
  if (!present.shown) return v.known != 0;
  const auto at = present.shown->find(view);
  return at != present.shown->end() && at->second.contains(v.known);
}

std::optional<planned_view> move_view(const record_entry& record, const view_entry& entry,
                                      const present_record& present, const store::view_row& view,
                                      const domain::version_dag& dag) {
  const auto imported = present.last_imported.find(view.key);
  const auto& shown = entry.visible.back();
  const auto& target = record.versions[shown.version];
  if (imported != present.last_imported.end() && imported->second == target.value.id) {
    return std::nullopt;
  }
  planned_view out;
  out.entry = &entry;
  out.row = view;
  out.before = view;
  const bool follows = imported != present.last_imported.end() && untouched(view, imported->second);
  domain::view_lineage lineage;
  for (const auto& visible : entry.visible) {
    const auto& v = record.versions[visible.version];
    const bool is_target = &visible == &shown;
    if (!is_target && in_history(present, view.key, v)) continue;
    add_item(out, lineage, dag, v, status_of(v, present), follows && visible.assigned);
  }
  const auto& heads = out.row.state.heads;
  if (heads.size() > 1) {
    const auto bases = dag.nearest_common_ancestors(heads);
    if (bases.size() == 1) out.base = bases[0];
  }
  return out;
}

planned_record plan_record(const record_entry& entry, const present_record& present) {
  planned_record out;
  out.entry = &entry;
  for (std::uint32_t i = 0; i < entry.versions.size(); ++i) {
    if (entry.versions[i].known == 0) out.added.push_back(i);
  }
  if (entry.views.empty()) return out;
  const auto dag = graph_of(entry, present);
  for (const auto& view : entry.views) {
    const store::view_row* open = nullptr;
    bool closed = false;
    for (const auto& row : present.views) {
      if (row.user != view.user || view.user == 0) continue;
      if (row.open) open = &row;
      closed = closed || !row.open;
    }
    std::optional<planned_view> planned;
    // Taken away here once, it is the source's no more, whatever has been opened in its place
    // since: only a view with items of an import follows.
    if (open != nullptr && (!closed || present.last_imported.contains(open->key))) {
      planned = move_view(entry, view, present, *open, dag);
    } else if (open == nullptr && !closed) {
      planned = open_view(entry, view, present, dag);
    }
    if (!planned) continue;
    planned->row.active = domain::active_version(planned->row.state, dag);
    out.views.push_back(std::move(*planned));
  }
  return out;
}

}  // namespace

std::vector<present_record> survey(store::snapshot& snapshot, const batch& what,
                                   std::vector<store::record_row> rows, batch_kind kind) {
  std::vector<present_record> out(what.records.size());
  std::unordered_map<store::pk, present_record*> by_key;
  std::vector<store::pk> keys;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    out[i].row = std::move(rows[i]);
    if (out[i].row.key == 0 || out[i].row.last_number == 0) continue;
    keys.push_back(out[i].row.key);
    by_key.emplace(out[i].row.key, &out[i]);
  }
  if (keys.empty()) return out;
  std::vector<store::pk> views;
  std::unordered_map<store::pk, present_record*> by_view;
  for (auto& view : store::imports::rows::reads(snapshot).views_of_records(keys)) {
    auto* record = by_key.at(view.record);
    if (view.open) {
      views.push_back(view.key);
      by_view.emplace(view.key, record);
    }
    record->views.push_back(std::move(view));
  }
  for (const auto& [view, id] : store::imports::rows::reads(snapshot).last_imported(views)) {
    by_view.at(view)->last_imported.emplace(view, id);
  }
  if (kind == batch_kind::set_aside) {
    for (auto& record : out) record.shown.emplace();
    for (const auto& item : store::feed::reads(snapshot).shown_versions(views)) {
      (*by_view.at(item.view)->shown)[item.view].insert(item.version);
    }
  }
  for (auto& conflict : store::conflicts::reads(snapshot).open_conflicts(views)) {
    auto* record = by_view.at(conflict.view);
    record->conflicts.emplace(conflict.view, std::move(conflict));
  }
  for (auto& node : store::versions::reads(snapshot).graphs(keys, 0))
    by_key.at(node.record)->graph.push_back(std::move(node));
  return out;
}

std::vector<planned_record> plan(const batch& what, const std::vector<present_record>& present) {
  std::vector<planned_record> out;
  out.reserve(what.records.size());
  for (std::size_t i = 0; i < what.records.size(); ++i) {
    out.push_back(plan_record(what.records[i], present[i]));
  }
  return out;
}

}  // namespace autocusto::intake::detail
