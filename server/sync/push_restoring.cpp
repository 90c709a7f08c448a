// What a push needs beyond the ordinary where versions come back with their proofs.
#include <algorithm>
#include <stdexcept>
#include <unordered_map>
#include <unordered_set>

#include "server/store/journal.hpp"
#include "server/store/records.hpp"
#include "server/sync/push_transaction.hpp"

namespace autocusto::sync::detail {
namespace {

/// Parents that are named in the graph and are not in it.
std::unordered_set<version_id> missing_parents(const std::vector<store::version_node>& graph) {
  std::unordered_set<version_id> known;
  for (const auto& node : graph) known.insert(node.id);
  std::unordered_set<version_id> out;
  for (const auto& node : graph) {
    for (const auto& parent : node.parents) {
      if (!known.contains(parent)) out.insert(parent);
    }
  }
  return out;
}

}  // namespace

/// The owner's closed incarnations of records in which something comes back, and the views of
/// others where that is a parent that was missing.
void push_transaction::load_for_restoring() {
  std::unordered_map<record_id, std::vector<version_id>> proven;
  for (const auto& c : push_.batch) {
    if (c.restorable()) proven[c.value->header.record.id].push_back(c.id);
  }
  if (proven.empty()) return;
  std::unordered_map<store::pk, record_state*> by_key;
  std::vector<store::pk> keys;
  for (auto& state : states_) {
    by_key.emplace(state.row.key, &state);
    keys.push_back(state.row.key);
  }
  if (!keys.empty()) {
    for (auto& [record, incarnation] : views_.closed_incarnations(keys, who_.owner_key)) {
      by_key.at(record)->closed.push_back(incarnation);
    }
  }
  // Views that were removed after the state to which the database went back.
  std::vector<incarnation_id> asked;
  for (const auto& c : push_.batch) {
    if (c.restorable()) asked.push_back(*c.proven);
  }
  const auto removed = store::journal::reads(tx_).removed_incarnations(asked);
  for (auto& state : states_) {
    state.closed.insert(state.closed.end(), removed.begin(), removed.end());
  }
  for (auto& state : states_) {
    const auto at = proven.find(state.row.id);
    if (at == proven.end() || !state.whole) continue;
    const auto missing = missing_parents(state.graph);
    const bool fills = std::any_of(at->second.begin(), at->second.end(),
                                   [&](const version_id& id) { return missing.contains(id); });
    if (!fills) continue;
    for (auto& each : views_.views_of_record(state.row.key)) {
      if (each.user.key == who_.owner_key) continue;
      other_view other{each.user.id, std::move(each.view), std::nullopt};
      const store::pk view[] = {other.row.key};
      auto conflicts = conflicts_.open_conflicts(view);
      if (!conflicts.empty()) other.conflict = std::move(conflicts[0]);
      state.others.push_back(std::move(other));
    }
  }
}

/// Rows of the author and the device that the header names; `know_origins` has seen to it that
/// there are some.
std::pair<store::pk, store::pk> push_transaction::origin_of(const domain::version_header& header) {
  const auto [author, new_author] = authors_.try_emplace(header.author, 0);
  if (new_author) {
    const auto user = people_.user_by_id(header.author);
    if (!user) throw std::logic_error("the author of a restored version has no row");
    author->second = user->key;
  }
  const auto [device, new_device] = made_on_.try_emplace(header.device, 0);
  if (new_device) {
    const auto row = people_.device_by_id(header.device);
    if (!row) throw std::logic_error("the device of a restored version has no row");
    device->second = row->key;
  }
  return {author->second, device->second};
}

/// Views of others, worked out again; their owners are told with an item that shows what they have
/// already, which brings the view as it is now.
void push_transaction::write_renewals(const acceptance_plan& plan) {
  if (plan.renewals.empty()) return;
  std::vector<store::view_row> views;
  std::vector<store::conflict_row> conflicts;
  for (const auto& r : plan.renewals) {
    views.push_back(r.row);
    if (r.conflict) conflicts.push_back(*r.conflict);
    feed_event event;
    event.kind = store::feed_kind::version;
    event.view = r.row.key;
    event.incarnation = r.row.state.incarnation;
    event.record = states_[r.record].row.id;
    event.version = r.shows_key;
    event.version_public = r.shows;
    auto& feed = feeds_[r.row.user];
    feed.owner = r.owner;
    feed.events.push_back(event);
  }
  static_cast<void>(views_.save_views(views));
  if (!conflicts.empty()) static_cast<void>(conflicts_.save_conflicts(conflicts));
  tally_.closed += static_cast<std::int64_t>(conflicts.size());
}

/// Records that were made for versions that were then refused.
void push_transaction::drop_unused_records(const acceptance_plan& plan) {
  std::unordered_set<std::size_t> used;
  for (const auto& v : plan.versions) used.insert(v.record);
  std::vector<store::pk> unused;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (states_[i].row.last_number == 0 && !used.contains(i)) unused.push_back(states_[i].row.key);
  }
  if (!unused.empty()) store::records::writes(tx_).drop_empty_records(unused);
}

}  // namespace autocusto::sync::detail
