// What a push reads before the rules are asked, and which records it locks.
#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "server/sync/push_transaction.hpp"
#include "shared/base/limits.hpp"

namespace autocusto::sync::detail {

/// Locks every record in which the push may change something; makes those that a root may bring
/// into being. Others are not looked at.
void push_transaction::lock_records() {
  std::vector<store::writer::wanted_record> wanted;
  std::unordered_map<record_id, std::size_t> places;
  std::vector<record_id> others;
  const bool ordinary = !push_.object.owner;
  const auto want = [&](const record_id& id) -> store::writer::wanted_record& {
    const auto [at, is_new] = places.try_emplace(id, wanted.size());
    if (is_new) wanted.push_back({id, {}, {}, false});
    return wanted[at->second];
  };
  for (const auto& c : push_.batch) {
    const auto* head = c.head();
    if (head == nullptr) continue;
    const bool opens = c.restorable() || (!withdrawn_ && may_open(c, who_));
    if (!ordinary || !opens) {
      others.push_back(head->record.id);
      continue;
    }
    auto& record = want(head->record.id);
    if (record.create) continue;
    record.create = true;
    record.kind = head->record.kind;
    record.natural_key = c.value->payload.key;
  }
  std::sort(others.begin(), others.end());
  others.erase(std::unique(others.begin(), others.end()), others.end());
  std::erase_if(others, [&places](const record_id& id) { return places.contains(id); });
  // Of those that are locked anyway it is asked under the lock: another device of the owner may be
  // opening a view just now.
  std::vector<record_id> opened;
  for (const auto& record : wanted) opened.push_back(record.id);
  for (const auto& id : in_.records_with_view(others, who_.owner_key)) {
    static_cast<void>(want(id));
    viewed_.insert(id);
  }
  if (!push_.object.discards.empty()) {
    const auto visible = in_.visible_versions(push_.object.discards, who_.owner_key);
    std::unordered_set<store::pk> keys;
    for (const auto& [id, key] : in_.records_of(visible)) keys.insert(key);
    const std::vector<store::pk> list(keys.begin(), keys.end());
    for (const auto& row : in_.records_by_pk(list)) {
      static_cast<void>(want(row.id));
      viewed_.insert(row.id);
    }
  }
  if (wanted.empty()) return;
  for (auto& row : in_.lock_records(wanted)) {
    if (!row) continue;
    auto& state = states_.emplace_back();
    state.row = *std::move(row);
  }
  for (const auto& id : in_.records_with_view(opened, who_.owner_key)) viewed_.insert(id);
}

/// The owner's views and conflicts of the records of which the owner has or had a view.
void push_transaction::load_states() {
  std::unordered_map<store::pk, record_state*> by_key;
  std::vector<store::pk> keys;
  for (auto& state : states_) {
    if (!viewed_.contains(state.row.id)) continue;
    by_key.emplace(state.row.key, &state);
    keys.push_back(state.row.key);
  }
  if (keys.empty()) return;
  std::unordered_map<store::pk, record_state*> by_view;
  std::vector<store::pk> views;
  for (auto& view : in_.open_views(keys, who_.owner_key)) {
    auto* state = by_key.at(view.record);
    views.push_back(view.key);
    by_view.emplace(view.key, state);
    // The record's number is of all its versions: so this is asked of few records, if of any.
    constexpr auto most = static_cast<std::int64_t>(limits::versions_per_view);
    if (state->row.last_number >= most) state->shown = in_.versions_in_view(view.key);
    state->view = std::move(view);
  }
  if (!views.empty()) {
    for (auto& conflict : in_.open_conflicts(views)) {
      by_view.at(conflict.view)->conflict = std::move(conflict);
    }
  }
  std::vector<store::pk> closed;
  for (const auto key : keys) {
    if (!by_key.at(key)->view) closed.push_back(key);
  }
  if (closed.empty()) return;
  for (const auto key : in_.records_with_closed_view(closed, who_.owner_key)) {
    by_key.at(key)->view_was_removed = true;
  }
}

/// What is known of the batch, its parents and discards, and the leaves of the views; everything of
/// records in which something comes back.
void push_transaction::load_versions() {
  std::unordered_map<store::pk, record_state*> by_key;
  std::unordered_set<record_id> restored;
  for (const auto& c : push_.batch) {
    if (c.restorable()) restored.insert(c.value->header.record.id);
  }
  std::vector<store::pk> whole;
  std::vector<version_id> ids;
  for (auto& state : states_) {
    by_key.emplace(state.row.key, &state);
    state.whole = restored.contains(state.row.id);
    if (state.whole) {
      if (state.row.last_number > 0) whole.push_back(state.row.key);
    } else if (state.view) {
      const auto& view = state.view->state;
      ids.insert(ids.end(), view.heads.begin(), view.heads.end());
      ids.insert(ids.end(), view.drafts.begin(), view.drafts.end());
    }
  }
  std::unordered_set<version_id> own;
  for (const auto& c : push_.batch) own.insert(c.id);
  for (const auto& c : push_.batch) {
    ids.push_back(c.id);
    if (c.head() == nullptr) continue;
    for (const auto& parent : c.head()->parents) {
      if (!own.contains(parent)) ids.push_back(parent);
    }
  }
  ids.insert(ids.end(), push_.object.discards.begin(), push_.object.discards.end());
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  for (auto& node : in_.nodes_by_id(ids, who_.owner_key)) {
    const auto at = by_key.find(node.record);
    auto& to = at == by_key.end() ? elsewhere_ : at->second->graph;
    if (at == by_key.end() || !at->second->whole) to.push_back(std::move(node));
  }
  for (auto& node : in_.graphs(whole, who_.owner_key)) {
    auto& graph = by_key.at(node.record)->graph;
    graph.push_back(std::move(node));
  }
}

}  // namespace autocusto::sync::detail
