// After the whole push, once per record: merge what has several heads, keep the books on conflicts,
// and say which views changed.
#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>

#include "server/sync/conflict_rule.hpp"
#include "server/sync/record_work.hpp"
#include "shared/base/limits.hpp"
#include "shared/domain/merge.hpp"

namespace autocusto::sync::detail {
namespace {

/// Versions are fetched for about this many keys at a time, so that memory stays bounded.
constexpr std::size_t k_fetch = 250;

using value_map = std::unordered_map<store::pk, domain::version>;

bool heads_changed(const record_work& work) {
  return work.touched && work.view->state.heads != work.heads_before;
}

/// What a merge may have to read of this record.
std::vector<version_id> needed_for_merge(record_work& work) {
  auto out = work.view->state.heads;
  if (const auto base = work.visible_base()) out.push_back(*base);
  return out;
}

const domain::version* value_of(const record_work& work, const version_id& id,
                                const value_map& stored) {
  const auto* node = work.find(id);
  if (node->fresh != nullptr) return node->fresh;
  const auto at = stored.find(node->key);
  return at == stored.end() ? nullptr : &at->second;
}

/// The merge of the record's heads, if the rules allow it.
std::unique_ptr<domain::version> merged(const acceptance_input& input, record_work& work,
                                        const value_map& stored) {
  const auto& state = work.view->state;
  std::vector<const domain::version*> heads;
  std::vector<const domain::field_map*> fields;
  for (const auto& id : state.heads) {
    const auto* head = value_of(work, id, stored);
    if (head == nullptr) return nullptr;  // erased: nobody can say what it held
    heads.push_back(head);
    fields.push_back(&head->payload.fields);
  }
  const auto base_id = work.visible_base();
  const auto* base = base_id ? value_of(work, *base_id, stored) : nullptr;
  const auto& kind = work.state->row.kind;
  domain::merge_options options;
  options.policy = input.policy(kind);
  options.pinned = state.pinned.has_value();
  auto outcome =
      domain::merge_fields(kind, fields, base != nullptr ? &base->payload.fields : nullptr,
                           work.single_base().has_value(), options);
  auto* result = std::get_if<domain::field_map>(&outcome);
  if (result == nullptr) return nullptr;
  auto made = std::make_unique<domain::version>(
      domain::make_merge(heads, std::move(*result), input.server_secret));
  // Long texts of several heads may not fit one version together: then a person has to choose.
  const bool fits = made->raw.header.size() + made->raw.payload.size() <= limits::version_bytes;
  return fits ? std::move(made) : nullptr;
}

class settlement {
 public:
  settlement(const acceptance_input& input, std::vector<record_work>& works, std::int64_t& done,
             acceptance_plan& plan)
      : input_(input), works_(works), done_(done), plan_(plan) {}

  bool run() {
    for (auto& work : works_) {
      if (work.touched && work.view->state.heads.size() > 1) work.load_history();
      if (spent(work)) return false;
    }
    merge_all();
    for (std::size_t i = 0; i < works_.size(); ++i) {
      update_conflict(i);
      if (works_[i].renewed) renew_others(i);
      if (spent(works_[i])) return false;
    }
    tell_outcomes();
    return true;
  }

 private:
  bool spent(record_work& work) {
    const auto now = work.work();
    done_ += now - std::exchange(work.counted, now);
    return done_ > budget_of(input_);
  }

  void merge_all() {
    std::vector<std::size_t> group;
    std::vector<store::pk> keys;
    for (std::size_t i = 0; i < works_.size(); ++i) {
      auto& work = works_[i];
      if (!heads_changed(work) || work.view->state.heads.size() < 2) continue;
      // While laptops still bring back what the server lost, nobody knows what the heads share.
      if (work.restored || !work.complete()) {
        for (const auto& id : work.view->state.heads) siblings_.insert(id);
        continue;
      }
      group.push_back(i);
      for (const auto& id : needed_for_merge(work)) {
        const auto* node = work.find(id);
        if (node->fresh == nullptr) keys.push_back(node->key);
      }
      if (keys.size() < k_fetch) continue;
      merge_group(group, keys);
      group.clear();
      keys.clear();
    }
    if (!group.empty()) merge_group(group, keys);
  }

  void merge_group(const std::vector<std::size_t>& group, const std::vector<store::pk>& keys) {
    value_map stored;
    if (!keys.empty()) {
      for (auto& bytes : input_.payloads(keys)) {
        if (!bytes.payload) continue;
        auto v = domain::decode_version({std::move(bytes.header), *std::move(bytes.payload)});
        if (v) stored.emplace(bytes.key, *std::move(v));
      }
    }
    for (const auto i : group) merge_one(i, stored);
  }

  void merge_one(std::size_t i, const value_map& stored) {
    auto& work = works_[i];
    auto made = merged(input_, work, stored);
    if (!made) {
      for (const auto& id : work.view->state.heads) siblings_.insert(id);
      return;
    }
    for (const auto& id : work.view->state.heads) merged_.insert(id);
    // Equal inputs give an equal version: another view's merge may have made it before.
    const auto known = work.known_anywhere(made->id);
    const store::pk key = known ? known->key : 0;
    const auto [author, device] = input_.merger();
    work.add(*made, author, known.has_value());
    if (key == 0) {
      plan_.versions.push_back({i, ++work.last_number, author, device, made.get()});
    }
    plan_.events.push_back({i, store::feed_kind::version, made->id, key});
    merged_records_.insert(i);
    plan_.merges.push_back(std::move(made));
  }

  void update_conflict(std::size_t i) {
    auto& work = works_[i];
    if (!work.touched) return;
    auto& row = *work.view;
    row.active = domain::active_version(row.state, work.dag);
    if (heads_changed(work)) {
      const auto& heads = row.state.heads;
      const auto base = heads.size() > 1 ? work.visible_base() : std::nullopt;
      const auto how = merged_records_.contains(i) ? store::conflict_state::merged
                                                   : store::conflict_state::resolved;
      if (auto conflict =
              settle_conflict(work.state->conflict, row.key, heads, base, how, input_.now)) {
        plan_.conflicts.push_back({i, *std::move(conflict)});
      }
    }
    plan_.views.push_back({i, row});
  }

  /// Views of other users in which something turns out to be an ancestor of a head.
  void renew_others(std::size_t i) {
    auto& work = works_[i];
    for (const auto& other : work.state->others) {
      planned_renewal renewal{i, other.owner, other.row, std::nullopt, {}, 0};
      auto& row = renewal.row;
      if (!domain::renew_view(row.state, work.dag, &work.visited)) continue;
      row.active = domain::active_version(row.state, work.dag);
      renewal.conflict = settle_conflict(other.conflict, row.key, row.state.heads, std::nullopt,
                                         store::conflict_state::resolved, input_.now);
      renewal.shows = row.active ? *row.active : row.state.drafts.back();
      renewal.shows_key = work.find(renewal.shows)->key;
      plan_.renewals.push_back(std::move(renewal));
    }
  }

  void tell_outcomes() {
    for (auto& r : plan_.results) {
      if (r.outcome != wire::push_outcome::accepted) continue;
      if (merged_.contains(r.version)) r.outcome = wire::push_outcome::merged;
      if (siblings_.contains(r.version)) r.outcome = wire::push_outcome::sibling;
    }
  }

  const acceptance_input& input_;
  std::vector<record_work>& works_;
  std::int64_t& done_;
  acceptance_plan& plan_;
  std::unordered_set<version_id> merged_;
  std::unordered_set<version_id> siblings_;
  std::unordered_set<std::size_t> merged_records_;
};

}  // namespace

bool settle(const acceptance_input& input, std::vector<record_work>& works, std::int64_t& done,
            acceptance_plan& plan) {
  return settlement(input, works, done, plan).run();
}

}  // namespace autocusto::sync::detail
