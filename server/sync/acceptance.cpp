#include "server/sync/acceptance.hpp"

#include <algorithm>
#include <stdexcept>
#include <unordered_set>
#include <utility>

#include "server/sync/record_work.hpp"

namespace autocusto::sync {
namespace detail {

record_work::record_work(const record_state& from, const acceptance_input& of)
    : input(&of),
      state(&from),
      whole(from.whole || !from.view),
      view(from.view),
      last_number(from.row.last_number) {
  take(from.graph);
  if (view) heads_before = view->state.heads;
}

void record_work::take(const std::vector<store::version_node>& graph) {
  nodes.reserve(nodes.size() + graph.size());
  for (const auto& n : graph) {
    dag.add({n.id, n.parents, n.generation, n.status == domain::version_status::draft});
    nodes.emplace(n.id,
                  work_node{n.key, n.author, n.visible && view.has_value(), n.status, nullptr});
  }
  visited += k_work_of_a_version * static_cast<std::int64_t>(graph.size());
  if (!whole) return;
  for (const auto& n : graph) {
    for (const auto& parent : n.parents) {
      if (!nodes.contains(parent)) missing.insert(parent);
    }
  }
}

void record_work::load_history() {
  if (std::exchange(whole, true)) return;
  const auto history = input->history(*state);
  take(history);
  lineage.forget();
  // A version of this push that joined before may turn out to be the missing parent of one there.
  const bool named = std::any_of(history.begin(), history.end(), [this](const auto& n) {
    return std::any_of(n.parents.begin(), n.parents.end(), [this](const version_id& id) {
      const auto* node = find(id);
      return node != nullptr && node->fresh != nullptr;
    });
  });
  if (named) domain::renew_view(view->state, dag, &visited);
}

void record_work::load_history_for(const std::vector<version_id>& parents,
                                   domain::version_status status) {
  one_line_ = false;
  if (whole) return;
  // A draft that others go on from already does not join; and only what is made on top of the
  // assigned version replaces it, through drafts that may be any number.
  const bool is_draft = status == domain::version_status::draft;
  const auto& pinned = view->state.pinned;
  const bool on_pinned = pinned && parents == std::vector<version_id>{*pinned};
  if (is_draft || (pinned && !on_pinned)) return load_history();
  static_cast<void>(lineage.replaced(view->state, dag, parents));
  if (lineage.met_gap()) load_history();
}

const work_node* record_work::find(const version_id& id) const {
  const auto at = nodes.find(id);
  return at == nodes.end() ? nullptr : &at->second;
}

std::optional<work_node> record_work::known_anywhere(const version_id& id) const {
  if (const auto* node = find(id)) return *node;
  if (!input->known) return std::nullopt;
  const auto stored = input->known(id);
  if (!stored) return std::nullopt;
  return work_node{stored->key, stored->author, false, stored->status, nullptr};
}

std::optional<version_id> record_work::single_base() {
  const auto& heads = view->state.heads;
  if (base_of_ == heads) return base_;
  const auto common = dag.nearest_common_ancestors(heads, &visited);
  base_of_ = heads;
  base_ = common.size() == 1 ? std::optional(common.front()) : std::nullopt;
  return base_;
}

std::optional<version_id> record_work::visible_base() {
  const auto base = single_base();
  const auto* node = base ? find(*base) : nullptr;
  return node != nullptr && node->visible ? base : std::nullopt;
}

bool record_work::complete() {
  if (missing.empty()) return true;
  const auto ancestors = dag.ancestors(view->state.heads, &visited);
  return std::none_of(ancestors.begin(), ancestors.end(),
                      [this](const version_id& id) { return missing.contains(id); });
}

/// Whether it goes on from all that the view has, so that it replaces just that, and the lineage
/// was not needed yet. Once it is in use it has to see every version: to begin anew costs a walk.
bool record_work::continues_one_line(const domain::version_header& h) const {
  const auto& now = view->state;
  return one_line_ && now.heads.size() <= 1 && h.parents == now.heads && now.drafts.empty() &&
         !now.pinned && h.status == domain::version_status::active;
}

void record_work::add(const domain::version& v, store::pk author, bool may_be_named) {
  const auto& h = v.header;
  const bool plain = !may_be_named && !missing.contains(v.id) && continues_one_line(h);
  if (!plain) load_history_for(h.parents, h.status);
  const bool fills_gap = !plain && missing.contains(v.id);
  dag.add({v.id, h.parents, h.generation, h.status == domain::version_status::draft});
  auto [at, is_new] = nodes.try_emplace(v.id, work_node{0, author, true, h.status, &v});
  at->second.visible = true;
  if (plain) {
    view->state.heads.assign(1, v.id);
    visited += static_cast<std::int64_t>(h.parents.size());
  } else {
    lineage.add(view->state, dag, v.id, h.status, may_be_named || fills_gap);
    if (fills_gap) lineage.forget();  // what descends from it descends from its parents now
  }
  touched = true;
}

}  // namespace detail

namespace {

using detail::record_work;

/// Payloads are asked for in sets of this size, so that memory stays bounded.
constexpr std::size_t k_fetch = 500;
/// To read and decode one, beside the version itself: measured by tests/bench/work_bench.
constexpr std::int64_t k_work_of_a_payload = 20;

wire::push_result refused(const version_id& id, const error& why) {
  wire::push_result r;
  r.version = id;
  r.outcome = wire::push_outcome::refused;
  r.code = code_name(why.code);
  r.message = why.message;
  r.field = why.field;
  r.limit = why.limit;
  return r;
}

class acceptor {
 public:
  explicit acceptor(const acceptance_input& input) : input_(input) {
    works_.reserve(input.records.size());
    for (const auto& state : input.records) {
      by_record_.emplace(state.row.id, works_.size());
      works_.emplace_back(state, input);
    }
    for (const auto& node : input.elsewhere) elsewhere_.emplace(node.id, &node);
    plan_.results.reserve(input.batch.size() + input.discards.size());
    plan_.versions.reserve(input.batch.size());
    plan_.events.reserve(input.batch.size());
  }

  acceptance_plan run() {
    if (!fetch_known_values()) return too_much();
    for (std::size_t i = 0; i < input_.batch.size(); ++i) {
      take(i);
      if (spent(work_of(input_.batch[i]))) return too_much();
    }
    for (const auto& id : input_.discards) discard(id);
    if (!detail::settle(input_, works_, work_done_, plan_)) return too_much();
    plan_.work = work_done_;
    return std::move(plan_);
  }

 private:
  record_work* work_of(const candidate& c) {
    const auto* head = c.head();
    if (head == nullptr) return nullptr;
    const auto at = by_record_.find(head->record.id);
    return at == by_record_.end() ? nullptr : &works_[at->second];
  }

  /// Values of older versions matter only where a new one breaks a rule of entry. Those of earlier
  /// versions of this push need no look: what breaks a rule in them was exempt by an older one,
  /// too.
  /// False when that passes the budget.
  bool fetch_known_values() {
    std::vector<std::pair<store::pk, record_work*>> wanted;
    for (const auto& c : input_.batch) {
      const bool asked = !c.entry_problems.empty() && !detail::origin_problem(c, input_.who);
      auto* work = asked ? work_of(c) : nullptr;
      if (work == nullptr || !work->view || work->wants_known) continue;
      work->wants_known = true;
      work->load_history();
      for (const auto& [id, node] : work->nodes) {
        if (!node.visible) continue;
        wanted.emplace_back(node.key, work);
        work->visited += k_work_of_a_payload;
      }
      if (spent(work)) return false;
    }
    std::sort(wanted.begin(), wanted.end());
    for (std::size_t from = 0; from < wanted.size(); from += k_fetch) {
      const std::size_t to = std::min(wanted.size(), from + k_fetch);
      std::vector<store::pk> keys;
      for (std::size_t i = from; i < to; ++i) keys.push_back(wanted[i].first);
      for (const auto& stored : input_.payloads(keys)) {
        const auto at =
            std::lower_bound(wanted.begin(), wanted.end(), stored.key,
                             [](const auto& entry, store::pk key) { return entry.first < key; });
        if (stored.payload) remember(*at->second, stored);
      }
    }
    return true;
  }

  static void remember(record_work& work, const store::stored_version& stored) {
    const auto* node = work.find(stored.id);
    auto payload = domain::decode_payload(*stored.payload, work.state->row.kind);
    if (node == nullptr || !payload) return;  // damaged: it exempts nothing
    work.stored_fields.push_back(std::move(payload->fields));
    work.known.add(work.stored_fields.back(), node->status);
  }

  void take(std::size_t i) {
    const auto& c = input_.batch[i];
    auto* work = work_of(c);
    const auto* known = work == nullptr ? nullptr : work->find(c.id);
    if (known != nullptr && known->visible) return duplicate(c.id, *work);
    if (work == nullptr) {
      if (const auto at = elsewhere_.find(c.id); at != elsewhere_.end()) {
        return take_foreign(i, *at->second);
      }
    }
    if (c.restorable()) return restore(i, work);
    if (known != nullptr && known->author == input_.who.owner_key) {
      return refuse(i, removed_from_owner(), false);
    }
    if (input_.withdrawn) return refuse(i, *input_.withdrawn, known == nullptr);
    if (const auto e = detail::check_version(c, work, input_.who, parent_was_refused(c))) {
      return refuse(i, *e, true);
    }
    if (known != nullptr) {  // an admin's own version, which has no business with this owner yet
      return refuse(
          i, fail(errc::already_exists, "The server has this version already; assign it instead."),
          false);
    }
    accept_one(c, work);
  }

  /// A version that is known in a record in which the owner has no view and gets none.
  void take_foreign(std::size_t i, const store::version_node& known) {
    if (known.author == input_.who.owner_key) return refuse(i, removed_from_owner(), false);
    if (input_.withdrawn) return refuse(i, *input_.withdrawn, false);
    const auto& c = input_.batch[i];
    const auto e = detail::check_version(c, nullptr, input_.who, parent_was_refused(c));
    if (!e) throw std::logic_error("a root was accepted whose record is not there");
    refuse(i, *e, true);
  }

  static error removed_from_owner() {
    return fail(errc::access_removed,
                "Your access to this record was removed; the server keeps this version. Ask an "
                "administrator about it.");
  }

  /// Whether the push has caused more work than it may; `work` is what may have caused more of it.
  bool spent(record_work* work) {
    if (work == nullptr) return false;
    const auto now = work->work();
    work_done_ += now - std::exchange(work->counted, now);
    return work_done_ > detail::budget_of(input_);
  }

  acceptance_plan too_much() const {
    acceptance_plan none;
    none.work = work_done_;
    none.refusal = too_much_work(input_.budget);
    return none;
  }

  bool parent_was_refused(const candidate& c) const {
    const auto* head = c.head();
    return head != nullptr &&
           std::any_of(head->parents.begin(), head->parents.end(),
                       [this](const version_id& id) { return refused_.contains(id); });
  }

  void refuse(std::size_t i, const error& why, bool keep_bytes) {
    const auto& id = input_.batch[i].id;
    refused_.insert(id);
    plan_.results.push_back(refused(id, why));
    if (keep_bytes) plan_.quarantine.push_back(i);
  }

  void duplicate(const version_id& id, const record_work& work) {
    wire::push_result r;
    r.version = id;
    r.outcome = wire::push_outcome::duplicate;
    r.incarnation = work.view->state.incarnation;
    plan_.results.push_back(std::move(r));
  }

  void accept_one(const candidate& c, record_work* work) {
    if (work == nullptr) throw std::logic_error("a root was accepted whose record is not there");
    const std::size_t record = index_of(*work);
    if (!work->view) open_view(*work, input_.fresh_incarnation());
    const auto& v = *c.value;
    work->add(v, input_.who.actor_key);
    plan_.versions.push_back(
        {record, ++work->last_number, input_.who.actor_key, device_key(v.header.device), &v});
    if (!v.header.parents.empty()) {
      plan_.versions.back().parent = work->find(v.header.parents[0])->key;
    }
    plan_.events.push_back({record, store::feed_kind::version, v.id, 0});
    wire::push_result r;
    r.version = v.id;
    r.outcome = wire::push_outcome::accepted;
    r.incarnation = work->view->state.incarnation;
    plan_.results.push_back(std::move(r));
  }

  void open_view(record_work& work, const incarnation_id& incarnation) const {
    store::view_row opened;
    opened.user = input_.who.owner_key;
    opened.record = work.state->row.key;
    opened.state.incarnation = incarnation;
    work.view = std::move(opened);
  }

  /// Takes back what the server has lost, or what it has lost for this owner only.
  void restore(std::size_t i, record_work* work) {
    const auto& c = input_.batch[i];
    if (work == nullptr) throw std::logic_error("the record of a restored version is not there");
    const auto& closed = work->state->closed;
    const auto* known = work->find(c.id);
    const store::pk known_key = known == nullptr ? 0 : known->key;
    if (std::find(closed.begin(), closed.end(), *c.proven) != closed.end()) {
      return refuse(i,
                    fail(errc::access_removed,
                         "Your access to this record was removed; ask an administrator about it."),
                    known == nullptr);
    }
    const auto& v = *c.value;
    if (const auto full = detail::room_problem(v.header, work)) return refuse(i, *full, !known);
    if (!work->view) open_view(*work, *c.proven);
    const std::size_t record = index_of(*work);
    const auto [author, device] = input_.origin(v.header);
    const bool fills = work->missing.erase(v.id) > 0;
    const bool may_be_named = fills || known != nullptr;
    for (const auto& parent : v.header.parents) {
      if (work->find(parent) == nullptr) work->missing.insert(parent);
    }
    work->add(v, author, may_be_named);
    work->restored = true;
    if (fills) {
      work->renewed = true;
      domain::renew_view(work->view->state, work->dag, &work->visited);
      work->lineage.forget();
    }
    if (known == nullptr) {
      plan_.versions.push_back({record, ++work->last_number, author, device, &v});
    }
    plan_.events.push_back({record, store::feed_kind::version, v.id, known_key});
    wire::push_result r;
    r.version = v.id;
    r.outcome = wire::push_outcome::restored;
    r.incarnation = work->view->state.incarnation;
    plan_.results.push_back(std::move(r));
  }

  store::pk device_key(const device_id& id) const {
    return std::find_if(input_.who.devices.begin(), input_.who.devices.end(),
                        [&id](const auto& device) { return device.first == id; })
        ->second;
  }

  std::size_t index_of(const record_work& work) const {
    return static_cast<std::size_t>(&work - works_.data());
  }

  void discard(const version_id& id) {
    if (input_.withdrawn) return plan_.results.push_back(refused(id, *input_.withdrawn));
    record_work* work = nullptr;
    const detail::work_node* node = nullptr;
    for (auto& each : works_) {
      node = each.find(id);
      work = &each;
      if (node != nullptr) break;
    }
    if (node == nullptr || !node->visible || node->status != domain::version_status::draft) {
      plan_.results.push_back(refused(
          id, fail(errc::not_found, "There is no such draft in your records; pull the changes.")));
      return;
    }
    if (!domain::discard_draft(work->view->state, id)) return duplicate(id, *work);
    work->touched = true;
    plan_.events.push_back({index_of(*work), store::feed_kind::discarded, id, node->key});
    wire::push_result r;
    r.version = id;
    r.outcome = wire::push_outcome::discarded;
    r.incarnation = work->view->state.incarnation;
    plan_.results.push_back(std::move(r));
  }

  const acceptance_input& input_;
  std::vector<record_work> works_;
  std::unordered_map<record_id, std::size_t> by_record_;
  std::unordered_set<version_id> refused_;
  std::unordered_map<version_id, const store::version_node*> elsewhere_;
  std::int64_t work_done_ = 0;
  acceptance_plan plan_;
};

}  // namespace

error too_much_work(std::int64_t budget) {
  return fail(
      errc::too_much_work,
      "The push touches more of the records' histories than one push may; send its versions "
      "in several smaller pushes.",
      {}, budget);
}

acceptance_plan accept(const acceptance_input& input) {
  return acceptor(input).run();
}

}  // namespace autocusto::sync
