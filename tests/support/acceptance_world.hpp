#pragma once
// A world without a database for the rules of acceptance: a few people, the records that they
// pushed, and what each of them sees. Plans are applied to it in memory, as a store would. All data
// is synthetic. One thread.

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "server/sync/acceptance.hpp"
#include "tests/support/domain_builders.hpp"

namespace autocusto::testing {

inline constexpr std::string_view k_tenant_key = "tenant key for tests";
inline constexpr std::string_view k_server_secret = "server secret for tests";

struct person {
  user_id id;
  store::pk key = 0;
  std::vector<std::pair<device_id, store::pk>> devices;
};

/// The n-th person; their first device has ten times their number.
[[nodiscard]] inline person nth_person(std::size_t n) {
  const auto key = static_cast<store::pk>(n);
  return {nth<user_id>(n), key, {{nth<device_id>(10 * n), 10 * key}}};
}

/// The same content by this person on this device.
[[nodiscard]] inline domain::version by(const person& who, version_builder builder) {
  builder.header().author = who.id;
  builder.header().device = who.devices.front().first;
  return builder.make();
}

class acceptance_world {
 public:
  struct record {
    store::record_row row;
    std::vector<store::version_node> graph;
    std::map<store::pk, store::view_row> views;          ///< open ones, by user
    std::map<store::pk, store::conflict_row> conflicts;  ///< open ones, by user
    std::map<store::pk, std::set<version_id>> visible;   ///< by user
    std::set<store::pk> removed;                         ///< users who had a view once
  };

  /// The rules get what a push reads at first, and ask for the history of a view where they need
  /// it.
  bool sparing = false;
  std::size_t histories = 0;  ///< how often they asked
  std::int64_t budget = limits::push_work;
  std::size_t shown_before = 0;         ///< as if every view had shown so many more versions
  std::int64_t (*meter)() = nullptr;    ///< tells how much was allocated so far
  std::int64_t allocated_by_rules = 0;  ///< by the last push
  domain::merge_policy policy = domain::merge_policy::automatic;
  std::optional<error> withdrawn;  ///< the pusher has lost its access
  std::map<record_id, record> records;
  std::map<store::pk, store::stored_version> stored;
  std::vector<store::conflict_row> closed_conflicts;
  std::size_t payload_calls = 0;

  /// Pushes these versions (and discards) into the person's own view, or into `owner`'s.
  sync::acceptance_plan push(const person& who, const std::vector<domain::version>& versions,
                             const std::vector<version_id>& discards = {},
                             const person* owner = nullptr) {
    std::vector<sync::candidate> batch;
    for (const auto& v : versions) batch.push_back(sync::examine(v.raw, k_tenant_key));
    return push_candidates(who, batch, discards, owner);
  }

  sync::acceptance_plan push_candidates(const person& who,
                                        const std::vector<sync::candidate>& batch,
                                        const std::vector<version_id>& discards = {},
                                        const person* owner = nullptr) {
    const person& of = owner != nullptr ? *owner : who;
    sync::acceptance_input in;
    in.who = {who.id, who.key, of.id, of.key, who.devices};
    in.batch = batch;
    in.discards = discards;
    const auto states = states_for(batch, discards, in.who);
    in.records = states;
    in.history = [this](const sync::record_state& asked) {
      ++histories;
      auto all = records.at(asked.row.id).graph;
      // What nobody showed the owner is there as far as something visible descends from it.
      const auto& visible = records.at(asked.row.id).visible[asked.view->user];
      std::set<version_id> wanted(visible.begin(), visible.end());
      for (auto n = all.rbegin(); n != all.rend(); ++n) {
        if (wanted.contains(n->id)) wanted.insert(n->parents.begin(), n->parents.end());
        n->visible = visible.contains(n->id);
      }
      std::erase_if(all, [&wanted](const auto& n) { return !wanted.contains(n.id); });
      return all;
    };
    in.known = [this](const version_id& id) -> std::optional<store::version_node> {
      for (const auto& [record, r] : records) {
        for (const auto& n : r.graph) {
          if (n.id == id) return n;
        }
      }
      return std::nullopt;
    };
    in.budget = budget;
    in.payloads = [this](std::span<const store::pk> keys) {
      ++payload_calls;
      std::vector<store::stored_version> out;
      for (const auto key : keys) out.push_back(stored.at(key));
      return out;
    };
    in.policy = [this](std::string_view) { return policy; };
    in.fresh_incarnation = [this] { return nth<incarnation_id>(++incarnations_); };
    in.server_secret = k_server_secret;
    in.merger = [] { return std::pair<store::pk, store::pk>(900, 901); };
    in.withdrawn = withdrawn;
    in.now = ++now_;
    const auto before = meter != nullptr ? meter() : 0;
    auto plan = sync::accept(in);
    if (meter != nullptr) allocated_by_rules = meter() - before;
    apply(plan, states, of);
    return plan;
  }

  /// What an admin's assignment does to a view.
  void assign(const person& to, const domain::version& v) {
    auto& r = records.at(v.header.record.id);
    auto& view = r.views[to.key];
    if (view.key == 0) {
      view.key = ++keys_;
      view.user = to.key;
      view.record = r.row.key;
      view.state.incarnation = nth<incarnation_id>(++incarnations_);
    }
    domain::assign_version(view.state, v.id);
    view.active = v.id;
    r.visible[to.key].insert(v.id);
    r.conflicts.erase(to.key);
  }

  void unassign(const person& from, const domain::version& v) {
    auto& r = records.at(v.header.record.id);
    r.views.erase(from.key);
    r.visible.erase(from.key);
    r.conflicts.erase(from.key);
    r.removed.insert(from.key);
  }

  void erase_payload(const version_id& id) {
    for (auto& [key, v] : stored) {
      if (v.id == id) v.payload.reset();
    }
  }

  /// Changes stored bytes without the rules, as an import of odd legacy data would have made them.
  void store_directly(const person& owner, const domain::version& v) {
    auto& r = records[v.header.record.id];
    if (r.row.key == 0)
      r.row = {++keys_, v.header.record.id, v.header.record.kind, v.payload.key, 0};
    add_node(r, v, ++r.row.last_number, owner.key, owner.devices.front().second);
    r.visible[owner.key].insert(v.id);
    auto& view = r.views[owner.key];
    if (view.key == 0) {
      view.key = ++keys_;
      view.user = owner.key;
      view.record = r.row.key;
      view.state.incarnation = nth<incarnation_id>(++incarnations_);
    }
    domain::version_dag dag;
    for (const auto& n : r.graph)
      dag.add({n.id, n.parents, n.generation, n.status == domain::version_status::draft});
    domain::add_version(view.state, dag, v.id, v.header.status);
    view.active = domain::active_version(view.state, dag);
  }

  [[nodiscard]] const store::view_row* view(const person& of, const domain::version& v) const {
    const auto at = records.find(v.header.record.id);
    if (at == records.end()) return nullptr;
    const auto view = at->second.views.find(of.key);
    return view == at->second.views.end() ? nullptr : &view->second;
  }
  [[nodiscard]] std::vector<version_id> heads(const person& of, const domain::version& v) const {
    const auto* found = view(of, v);
    return found == nullptr ? std::vector<version_id>{} : found->state.heads;
  }

 private:
  std::vector<sync::record_state> states_for(const std::vector<sync::candidate>& batch,
                                             const std::vector<version_id>& discards,
                                             const sync::pusher& who) {
    std::set<record_id> wanted;
    for (const auto& c : batch) {
      const auto* head = c.head();
      if (head == nullptr) continue;
      if (sync::may_open(c, who) && !records.contains(head->record.id)) {
        records[head->record.id].row = {++keys_, head->record.id, head->record.kind,
                                        c.value->payload.key, 0};
      }
      if (records.contains(head->record.id)) wanted.insert(head->record.id);
    }
    for (const auto& [id, r] : records) {
      for (const auto& n : r.graph) {
        if (std::find(discards.begin(), discards.end(), n.id) != discards.end()) wanted.insert(id);
      }
    }
    std::vector<sync::record_state> out;
    for (const auto& id : wanted) out.push_back(state_of(records.at(id), who.owner_key));
    if (sparing) {
      for (auto& state : out) leave_near(state, batch, discards);
    }
    return out;
  }

  sync::record_state state_of(record& r, store::pk owner) {
    sync::record_state s;
    s.row = r.row;
    s.graph = r.graph;
    for (auto& n : s.graph) n.visible = r.visible[owner].contains(n.id);
    if (const auto at = r.views.find(owner); at != r.views.end()) s.view = at->second;
    if (const auto at = r.conflicts.find(owner); at != r.conflicts.end()) s.conflict = at->second;
    s.shown = static_cast<std::int64_t>(r.visible[owner].size() + shown_before);
    s.view_was_removed = !s.view && r.removed.contains(owner);
    return s;
  }

  /// Leaves what a push asks for at first: the leaves, the batch, its parents and its discards.
  static void leave_near(sync::record_state& state, const std::vector<sync::candidate>& batch,
                         const std::vector<version_id>& discards) {
    state.whole = false;
    std::set<version_id> near(discards.begin(), discards.end());
    if (state.view) {
      near.insert(state.view->state.heads.begin(), state.view->state.heads.end());
      near.insert(state.view->state.drafts.begin(), state.view->state.drafts.end());
    }
    for (const auto& c : batch) {
      near.insert(c.id);
      if (c.head() != nullptr) near.insert(c.head()->parents.begin(), c.head()->parents.end());
    }
    std::erase_if(state.graph, [&near](const auto& n) { return !near.contains(n.id); });
  }

  void add_node(record& r, const domain::version& v, std::int64_t number, store::pk author,
                store::pk device) {
    store::version_node n;
    n.key = ++keys_;
    n.record = r.row.key;
    n.id = v.id;
    n.number = number;
    n.generation = v.header.generation;
    n.author = author;
    n.device = device;
    n.status = v.header.status;
    n.parents = v.header.parents;
    stored[n.key] = {n.key, v.id, v.raw.header, v.raw.payload, false, device, author, number};
    r.graph.push_back(std::move(n));
  }

  void apply(const sync::acceptance_plan& plan, const std::vector<sync::record_state>& states,
             const person& owner) {
    const auto at = [&](std::size_t i) -> record& { return records.at(states[i].row.id); };
    for (const auto& v : plan.versions) {
      if (v.number != at(v.record).row.last_number + 1) throw std::logic_error("numbers not dense");
      at(v.record).row.last_number = v.number;
      add_node(at(v.record), *v.value, v.number, v.author, v.device);
    }
    for (const auto& e : plan.events) {
      if (e.kind == store::feed_kind::version) {
        at(e.record).visible[owner.key].insert(e.version);
      }
    }
    for (const auto& v : plan.views) {
      auto row = v.row;
      if (row.key == 0) row.key = ++keys_;
      at(v.record).views[owner.key] = row;
    }
    for (const auto& c : plan.conflicts) {
      auto row = c.row;
      if (row.key == 0) row.key = ++keys_;
      if (row.state == store::conflict_state::open) {
        at(c.record).conflicts[owner.key] = row;
      } else {
        at(c.record).conflicts.erase(owner.key);
        closed_conflicts.push_back(row);
      }
    }
    std::erase_if(records, [](const auto& entry) { return entry.second.row.last_number == 0; });
  }

  store::pk keys_ = 0;
  std::size_t incarnations_ = 0;
  unix_millis now_ = 1'700'000'000'000;
};

inline const person k_ana = nth_person(1);
inline const person k_bia = nth_person(2);

/// `accepted`, `sibling`, … or the code of a refusal, one word per line of the receipt.
[[nodiscard]] inline std::string outcomes(const sync::acceptance_plan& plan) {
  std::string out;
  for (const auto& r : plan.results) {
    if (!out.empty()) out += ' ';
    out += r.outcome == wire::push_outcome::refused ? r.code
                                                    : std::string(wire::outcome_name(r.outcome));
  }
  return out;
}

}  // namespace autocusto::testing
