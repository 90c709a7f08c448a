#include "tools/import/rules/judge.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "shared/domain/validate.hpp"
#include "tools/import/rules/changed.hpp"
#include "tools/import/rules/group.hpp"
#include "tools/import/rules/keys.hpp"
#include "tools/import/rules/texts.hpp"

namespace autocusto::import {
namespace {

using detail::group;
using detail::placed;

class bundle_judge {
 public:
  bundle_judge(const judge_input& input, const bundle& rows, report& to)
      : input_(input), kind_(*input.kind), rows_(rows), to_(to) {}

  std::vector<planned_record> run() {
    find_versions();
    make_groups();
    judge_relations();
    judge_versions();
    judge_assignments();
    std::vector<planned_record> out;
    for (auto& g : groups_) {
      if (g.masters.empty()) continue;
      out.push_back(detail::judge_group(input_, g, verdicts_));
    }
    verdicts_.count_all();
    return out;
  }

 private:
  std::string reason(std::string_view before, std::string_view after = {}) const {
    return std::string(before) + std::string(kind_.what) + std::string(after);
  }

  /// Unreadable ones are set aside before anything is decided.
  void find_versions() {
    for (const auto& v : rows_.versions) {
      there_.insert(v.id);
      auto& verdict = verdicts_.version(kind_.version, v.id);
      if (is_out_of_range(v.created)) verdict.say(outcome::flagged, "TIME_OUT_OF_RANGE");
      if (!is_readable(v.values) || !is_readable(v.summary) || !is_readable(v.status)) {
        verdict.say(outcome::quarantined, "TEXT_UNREADABLE");
        set_aside_.insert(v.id);
      } else if (encoded_size(v.values, v.summary) > k_version_room) {
        verdict.say(outcome::quarantined, "VERSION_TOO_LARGE");
        set_aside_.insert(v.id);
      } else {
        has_versions_.insert(v.master);
      }
    }
  }

  void make_groups() {
    std::vector<const master_row*> sorted;
    for (const auto& m : rows_.masters) sorted.push_back(&m);
    std::sort(sorted.begin(), sorted.end(),
              [](const auto* a, const auto* b) { return a->id < b->id; });
    groups_.reserve(sorted.size());
    std::map<std::string, std::size_t> by_key;
    for (const auto* m : sorted) {
      auto& verdict = verdicts_.master(kind_.master, m->id);
      const bool needed = !has_versions_.contains(m->id);
      if (!is_readable(m->key) || (needed && !is_readable(m->values))) {
        verdict.say(outcome::quarantined, "TEXT_UNREADABLE");
        group_of_.emplace(m->id, k_none);
        continue;
      }
      const auto key = read_key(kind_.spec->rule, m->key);
      std::size_t at = groups_.size();
      if (key.problem.empty()) {
        const auto [place, is_new] = by_key.emplace(key.digits, at);
        at = place->second;
        if (!is_new) {
          verdict.say(outcome::merged, "DUPLICATE_" + std::string(kind_.key_name),
                      groups_[at].masters.front()->id);
        }
      } else {
        verdict.say(outcome::flagged, key.problem);
      }
      if (at == groups_.size()) groups_.emplace_back().key = record_key(key, m->id);
      groups_[at].masters.push_back(m);
      group_of_.emplace(m->id, at);
    }
  }

  /// Why a relation with these ends cannot come in; empty if it can.
  std::string relation_problem(std::optional<legacy_id> master,
                               std::optional<legacy_id> user) const {
    if (!user && !master) return reason("NULL_USER_AND_");
    if (!user) return "NULL_USER";
    if (!master) return reason("NULL_");
    if (!input_.user_exists(*user)) return "MISSING_USER";
    const auto at = group_of_.find(*master);
    if (at == group_of_.end()) return reason("MISSING_");
    if (at->second == k_none) return reason("", "_QUARANTINED");
    return {};
  }

  group* group_with(legacy_id master) {
    const auto at = group_of_.find(master);
    return at == group_of_.end() || at->second == k_none ? nullptr : &groups_[at->second];
  }

  void judge_relations() {
    for (const auto& r : rows_.relations) {
      auto& verdict = verdicts_.relation(kind_.relation, r.id);
      const auto problem = relation_problem(r.master, r.user);
      if (!problem.empty()) {
        verdict.say(outcome::quarantined, problem);
      } else {
        group_with(*r.master)->by_user[*r.user].relations.push_back(&r);
      }
    }
  }

  void judge_versions() {
    for (const auto& v : rows_.versions) {
      if (set_aside_.contains(v.id)) continue;
      auto& verdict = verdicts_.version(kind_.version, v.id);
      auto* g = group_with(v.master);
      if (g == nullptr) {
        const bool there = group_of_.contains(v.master);
        verdict.say(outcome::quarantined, there ? reason("", "_QUARANTINED") : reason("MISSING_"));
        continue;
      }
      if (v.status != "draft" && v.status != "active" && v.status != "archived") {
        verdict.say(outcome::flagged, "STATUS_UNKNOWN");
      }
      if (v.author && !input_.user_exists(*v.author)) {
        verdict.say(outcome::flagged, "AUTHOR_MISSING");
      } else if (v.author && !g->by_user.contains(*v.author)) {
        verdict.say(outcome::flagged, "AUTHOR_NOT_RELATED");
      }
      check_values(kind_, v.values, verdict);
      g->versions.push_back(&v);
    }
  }

  void judge_assignments() {
    for (const auto& a : rows_.assignments) {
      auto& verdict = verdicts_.assignment(kind_.assignment, a.id);
      if (is_out_of_range(a.assigned)) verdict.say(outcome::flagged, "TIME_OUT_OF_RANGE");
      std::string problem;
      if (!a.relation_exists) {
        problem = "MISSING_RELATION";
      } else if (!relation_problem(a.relation_master, a.relation_user).empty()) {
        problem = "RELATION_QUARANTINED";
      } else if (!a.version_master) {
        problem = "MISSING_VERSION";
      } else if (group_with(*a.version_master) != group_with(*a.relation_master)) {
        problem = "ASSIGNMENT_OTHER_MASTER";
      } else if (set_aside_.contains(a.version)) {
        problem = "VERSION_QUARANTINED";
      }
      if (a.relation_exists && a.relation_master && a.relation_user) {
        // When the user had an assignment, whatever became of it.
        if (auto* g = group_with(*a.relation_master)) {
          const auto user = g->by_user.find(*a.relation_user);
          if (user != g->by_user.end()) {
            auto& first = user->second.first_assigned;
            first = first ? std::min(*first, a.assigned) : a.assigned;
          }
        }
      }
      if (problem.empty()) {
        auto* g = group_with(*a.relation_master);
        const auto user = g->by_user.find(*a.relation_user);
        // Both were there when the assignment was read.
        if (user == g->by_user.end() || !there_.contains(a.version)) source_changed();
        user->second.assignments.push_back(&a);
      } else {
        verdict.say(outcome::quarantined, problem);
      }
    }
  }

  static constexpr std::size_t k_none = static_cast<std::size_t>(-1);

  const judge_input& input_;
  const legacy_kind& kind_;
  const bundle& rows_;
  report& to_;
  detail::verdicts verdicts_{to_};
  std::vector<group> groups_;
  std::unordered_map<legacy_id, std::size_t> group_of_;
  std::unordered_set<legacy_id> there_;  ///< versions, readable or not
  std::set<legacy_id> has_versions_;
  std::set<legacy_id> set_aside_;
};

}  // namespace

std::vector<planned_record> judge(const judge_input& input, const bundle& rows, report& to) {
  return bundle_judge(input, rows, to).run();
}

}  // namespace autocusto::import
