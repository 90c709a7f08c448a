// How one user's view of one record came to be what it is: the events of the user's feed, replayed.
#include <algorithm>
#include <initializer_list>
#include <unordered_map>

#include "server/admin/handlers.hpp"
#include "server/admin/record_snapshot.hpp"
#include "server/store/audit.hpp"
#include "server/store/feed.hpp"
#include "server/store/people.hpp"
#include "shared/domain/view_lineage.hpp"

namespace autocusto::admin::detail {
namespace {

std::vector<store::feed_item> items_about(store::feed::reads feed, store::pk user,
                                          store::pk record) {
  std::vector<store::feed_item> out;
  std::int64_t after = 0;
  for (;;) {
    auto page = feed.feed(user, after, k_page);
    if (page.empty()) return out;
    after = page.back().seq;
    for (auto& item : page) {
      if (item.record == record) out.push_back(std::move(item));
    }
  }
}

/// The administrators' acts of these names that moved this view, in their order.
std::vector<store::audit_row> acts_about(store::audit::reads audit, store::pk user,
                                         store::pk record,
                                         std::initializer_list<std::string_view> names) {
  std::vector<store::audit_row> out;
  store::pk after = 0;
  for (;;) {
    auto page = audit.audit(user, record, 0, after, k_page);
    if (page.empty()) return out;
    after = page.back().key;
    for (auto& row : page) {
      const bool named = std::find(names.begin(), names.end(), row.what) != names.end();
      if (named && row.subject_user == user) out.push_back(std::move(row));
    }
  }
}

std::string rule_of(const store::view_row& view, const domain::version_dag& dag) {
  const auto& heads = view.state.heads;
  if (heads.empty()) return "drafts_only";
  if (view.state.pinned && view.active == view.state.pinned) return "pinned";
  if (heads.size() == 1) return "only_head";
  std::vector<std::int64_t> generations;
  for (const auto& id : heads) {
    const auto* node = dag.find(id);
    generations.push_back(node == nullptr ? 0 : node->generation);
  }
  const auto greatest = *std::max_element(generations.begin(), generations.end());
  const auto count = std::count(generations.begin(), generations.end(), greatest);
  return count == 1 ? "greatest_generation" : "greatest_id";
}

class replay {
 public:
  replay(store::snapshot& snapshot, const record_snapshot& of, const store::user_row& user)
      : snapshot_(snapshot), of_(of), user_(user) {
    for (const auto& node : of.nodes) {
      dag_.add(
          {node.id, node.parents, node.generation, node.status == domain::version_status::draft});
      by_key_.emplace(node.key, &node);
    }
  }

  std::vector<msg::access_step> steps() {
    const auto items = items_about(snapshot_, user_.key, of_.row.key);
    std::vector<const store::version_node*> nodes;
    for (const auto& item : items) {
      if (item.version) nodes.push_back(by_key_.at(*item.version));
    }
    std::sort(nodes.begin(), nodes.end());
    nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
    std::unordered_map<version_id, msg::version_item> told;
    for (auto& shown : describe(snapshot_, of_, nodes, false)) {
      const auto id = shown.info.version;
      told.emplace(id, std::move(shown.info));
    }
    std::vector<msg::access_step> out;
    for (const auto& item : items) {
      out.push_back(apply(item));
      if (!out.back().version) continue;
      const auto& info = told.at(*out.back().version);
      out.back().number = info.number;
      out.back().author = info.author;
      out.back().device = info.device;
      out.back().created_at = info.created_at;
    }
    name_actors(out, {"assign", "quarantine.accept"}, "assignment");
    name_actors(out, {"unassign"}, "removal");
    return out;
  }

  [[nodiscard]] const domain::version_dag& dag() const { return dag_; }

 private:
  msg::access_step apply(const store::feed_item& item) {
    msg::access_step step;
    step.seq = item.seq;
    step.event = store::feed_kind_name(item.kind);
    step.incarnation = item.incarnation;
    step.version = item.version_public;
    step.import_run = item.import_run;
    switch (item.kind) {
      case store::feed_kind::version: {
        const auto& node = *by_key_.at(*item.version);
        lineage_.add(state_, dag_, node.id, node.status);
        step.cause = item.import_run ? "import" : cause_of(node);
        break;
      }
      case store::feed_kind::assigned:
        domain::assign_version(state_, *item.version_public);
        step.cause = "assignment";
        break;
      case store::feed_kind::discarded:
        domain::discard_draft(state_, *item.version_public);
        step.cause = "discard";
        break;
      case store::feed_kind::removed:
        state_ = {};
        step.cause = "removal";
        break;
    }
    step.heads = state_.heads;
    return step;
  }

  std::string cause_of(const store::version_node& node) {
    if (node.author == user_.key) return "own";
    const store::pk key[] = {node.author};
    const auto authors = store::people::reads(snapshot_).users_by_pk(key);
    const bool by_system = !authors.empty() && authors[0].role == store::user_role::system;
    return by_system ? "merge" : "resolution";
  }

  /// Acts and their items follow each other in the same order, since both are written under the
  /// record's lock. What an import did has no act.
  void name_actors(std::vector<msg::access_step>& steps,
                   std::initializer_list<std::string_view> acts, std::string_view cause) {
    const auto rows = acts_about(snapshot_, user_.key, of_.row.key, acts);
    const auto meant = [cause](const msg::access_step& s) {
      return s.cause == cause && !s.import_run;
    };
    const auto count = std::count_if(steps.begin(), steps.end(), meant);
    if (static_cast<std::size_t>(count) != rows.size()) return;
    std::vector<store::pk> actors;
    for (const auto& row : rows) actors.push_back(row.actor);
    const labels names(snapshot_, actors, {});
    auto row = rows.begin();
    for (auto& step : steps) {
      if (!meant(step)) continue;
      step.by = names.email(row->actor);
      step.at = format_time(row->at);
      // An edit that was refused, and that an administrator put into the view.
      if (row->what == "quarantine.accept") step.cause = "acceptance";
      ++row;
    }
  }

  store::snapshot& snapshot_;
  const record_snapshot& of_;
  const store::user_row& user_;
  domain::version_dag dag_;
  domain::view_state state_;
  domain::view_lineage lineage_;  ///< of `state_`
  std::unordered_map<store::pk, const store::version_node*> by_key_;
};

/// What brought the version that is shown into the view, in one word.
std::string decisive(const msg::access_explanation& w) {
  if (!w.view) return "closed";
  if (!w.view->active) return "drafts";
  const auto step = std::find_if(w.steps.rbegin(), w.steps.rend(), [&](const msg::access_step& s) {
    return s.version == w.view->active && s.cause != "discard";
  });
  if (step == w.steps.rend()) return "unknown";
  if (step->cause == "acceptance") return "accepted";
  if (step->cause == "assignment") return step->import_run ? "imported_assignment" : "assigned";
  if (step->cause == "import") return step->author == w.user ? "imported_own" : "imported_other";
  if (step->cause == "merge") return "merged";
  return step->cause == "resolution" ? "resolved" : "own";
}

msg::access_explanation explain(store::snapshot& snapshot, const store::user_row& user,
                                const record_snapshot& of) {
  replay events(snapshot, of, user);
  msg::access_explanation out;
  out.kind = of.row.kind;
  out.key = of.row.natural_key;
  out.user = user.email;
  out.steps = events.steps();
  if (out.steps.empty()) {
    refuse(errc::not_found,
           "This user never had access to the record: no version was assigned to them, and they "
           "have written none. `assign` gives access.",
           "user");
  }
  out.rule = "closed";
  for (const auto& [view, owner] : of.views) {
    if (owner.key != user.key) continue;
    out.rule = rule_of(view, events.dag());
    auto& shown = out.view.emplace();
    shown.user = owner.email;
    shown.id = owner.id;
    shown.incarnation = view.state.incarnation;
    shown.heads = view.state.heads;
    shown.active = view.active;
    shown.pinned = view.state.pinned;
    shown.drafts = view.state.drafts;
  }
  out.cause = decisive(out);
  return out;
}

}  // namespace

http::response explain_access(context& in, const http::request& asked,
                              const session_owner& caller) {
  const auto query = question<msg::explain_request>(asked);
  const auto args = nlohmann::json::object();
  std::optional<error> refusal;
  // That there is nothing to tell is something about the patient, too: it is on record as well.
  auto told =
      audited(in, caller, "record.why", args, [&](store::snapshot& snapshot, auto& subject) {
        refusal.reset();
        try {
          const auto user = user_named(snapshot, query.user);
          subject.user = user.key;
          const auto of = load(snapshot, query.record);
          subject.record = of.row.key;
          return explain(snapshot, user, of);
        } catch (const error_exception& e) {
          refusal = e.get();
          return msg::access_explanation();
        }
      });
  if (refusal) throw error_exception(*refusal);
  return told;
}

}  // namespace autocusto::admin::detail
