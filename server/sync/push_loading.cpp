// What a push reads before the rules are asked, and which records it locks.
#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "server/store/records.hpp"
#include "server/sync/push_transaction.hpp"
#include "shared/base/limits.hpp"

namespace autocusto::sync::detail {
namespace {

/// Of everybody's graph, which is read where something comes back: of each version it is also asked
/// whether the owner sees it.
constexpr std::int64_t k_work_of_a_graphs_version = 10;

}  // namespace

/// Locks every record that the push may change, and inserts those that a root of it may open. A
/// version of any other record is treated as if the record did not exist.
void push_transaction::lock_records() {
  std::vector<store::wanted_record> wanted;
  std::unordered_map<record_id, std::size_t> places;
  wanted.reserve(push_.batch.size());
  places.reserve(push_.batch.size());
  const bool ordinary = !push_.object.owner;
  const auto want = [&](const record_id& id, store::pk viewer) -> store::wanted_record& {
    const auto [at, is_new] = places.try_emplace(id, wanted.size());
    if (is_new) wanted.push_back({id, {}, {}, false, viewer});
    return wanted[at->second];
  };
  for (const auto& c : push_.batch) {
    const auto* head = c.head();
    if (head == nullptr) continue;
    auto& record = want(head->record.id, who_.owner_key);
    const bool opens = c.restorable() || (!withdrawn_ && may_open(c, who_));
    if (!ordinary || !opens || record.create) continue;
    record.create = true;
    record.viewer = 0;
    record.kind = head->record.kind;
    record.natural_key = c.value->payload.key;
  }
  if (!push_.object.discards.empty()) {
    const auto visible = versions_.visible_versions(push_.object.discards, who_.owner_key);
    std::unordered_set<store::pk> keys;
    for (const auto& [id, key] : versions_.records_of(visible)) keys.insert(key);
    const std::vector<store::pk> list(keys.begin(), keys.end());
    for (const auto& row : store::records::reads(tx_).records_by_pk(list)) {
      static_cast<void>(want(row.id, who_.owner_key));
    }
  }
  if (wanted.empty()) return;
  states_.reserve(wanted.size());
  for (auto& row : store::records::writes(tx_).lock_records(wanted)) {
    if (!row) continue;
    auto& state = states_.emplace_back();
    state.row = *std::move(row);
  }
}

/// The owner's views and conflicts of the records. They are asked for under the lock: another
/// device of the owner may have opened or changed one a moment ago.
void push_transaction::load_states() {
  std::unordered_map<store::pk, record_state*> by_key;
  std::vector<store::pk> keys;
  by_key.reserve(states_.size());
  for (auto& state : states_) {
    by_key.emplace(state.row.key, &state);
    keys.push_back(state.row.key);
  }
  if (keys.empty()) return;
  std::unordered_map<store::pk, record_state*> by_view;
  std::vector<store::pk> divided;
  for (auto& view : views_.open_views(keys, who_.owner_key)) {
    auto* state = by_key.at(view.record);
    // A conflict is open exactly while there are several heads.
    if (view.state.heads.size() > 1) {
      divided.push_back(view.key);
      by_view.emplace(view.key, state);
    }
    // The record's number is of all its versions: so this is asked of few records, if of any.
    constexpr auto most = static_cast<std::int64_t>(limits::versions_per_view);
    if (state->row.last_number >= most) state->shown = versions_.versions_in_view(view.key);
    state->view = std::move(view);
  }
  if (!divided.empty()) {
    for (auto& conflict : conflicts_.open_conflicts(divided)) {
      by_view.at(conflict.view)->conflict = std::move(conflict);
    }
  }
  std::vector<store::pk> closed;
  for (const auto key : keys) {
    if (!by_key.at(key)->view) closed.push_back(key);
  }
  if (closed.empty()) return;
  for (const auto key : views_.records_with_closed_view(closed, who_.owner_key)) {
    by_key.at(key)->view_was_removed = true;
  }
}

/// The records in which something comes back. What the owner has, and what came from a view that
/// was closed, needs nothing but the owner's views: a proof must not tell what others have.
std::unordered_set<record_id> push_transaction::records_restored() {
  std::vector<version_id> ids;
  std::vector<incarnation_id> incarnations;
  for (const auto& c : push_.batch) {
    if (!c.restorable()) continue;
    ids.push_back(c.id);
    incarnations.push_back(*c.proven);
  }
  std::unordered_set<record_id> restored;
  if (ids.empty()) return restored;
  const auto visible = versions_.visible_versions(ids, who_.owner_key);
  const std::unordered_set<version_id> here(visible.begin(), visible.end());
  const auto ended = views_.closed_among(incarnations, who_.owner_key);
  const std::unordered_set<incarnation_id> closed(ended.begin(), ended.end());
  for (const auto& c : push_.batch) {
    if (!c.restorable() || here.contains(c.id) || closed.contains(*c.proven)) continue;
    restored.insert(c.value->header.record.id);
  }
  return restored;
}

/// What is known of the batch, its parents and discards, and the leaves of the views; everything of
/// records in which something comes back, unless that is too much of them.
std::optional<error> push_transaction::load_versions() {
  std::unordered_map<store::pk, record_state*> by_key;
  by_key.reserve(states_.size());
  const auto restored = records_restored();
  std::vector<store::pk> whole;
  std::int64_t work = 0;
  std::vector<version_id> leaves;
  for (auto& state : states_) {
    by_key.emplace(state.row.key, &state);
    state.whole = restored.contains(state.row.id);
    if (state.whole) {
      if (state.row.last_number > 0) whole.push_back(state.row.key);
      work += k_work_of_a_graphs_version * state.row.last_number;
    } else if (state.view) {
      const auto& view = state.view->state;
      leaves.insert(leaves.end(), view.heads.begin(), view.heads.end());
      leaves.insert(leaves.end(), view.drafts.begin(), view.drafts.end());
    }
  }
  const bool single = push_.batch.size() <= 1 && push_.object.discards.size() <= 1;
  if (work > env_.budget && !single) return too_much_work(env_.budget);
  std::unordered_set<version_id> asked(leaves.begin(), leaves.end());
  std::vector<version_id> others;
  const auto ask = [&](const version_id& id) {
    if (asked.insert(id).second) others.push_back(id);
  };
  for (const auto& c : push_.batch) {
    ask(c.id);
    if (c.head() == nullptr) continue;
    std::for_each(c.head()->parents.begin(), c.head()->parents.end(), ask);
  }
  std::for_each(push_.object.discards.begin(), push_.object.discards.end(), ask);
  // In the order of the index.
  std::sort(leaves.begin(), leaves.end());
  std::sort(others.begin(), others.end());
  for (auto& node : versions_.leaves_by_id(leaves)) {
    by_key.at(node.record)->graph.push_back(std::move(node));
  }
  for (auto& node : versions_.nodes_by_id(others, who_.owner_key)) {
    const auto at = by_key.find(node.record);
    auto& to = at == by_key.end() ? elsewhere_ : at->second->graph;
    if (at == by_key.end() || !at->second->whole) to.push_back(std::move(node));
  }
  for (auto& node : versions_.graphs(whole, who_.owner_key)) {
    auto& graph = by_key.at(node.record)->graph;
    graph.push_back(std::move(node));
  }
  return std::nullopt;
}

}  // namespace autocusto::sync::detail
