#include "tools/import/rules/group.hpp"

#include <algorithm>
#include <array>
#include <tuple>
#include <unordered_map>

#include "tools/import/rules/changed.hpp"
#include "tools/import/rules/texts.hpp"

namespace autocusto::import::detail {
namespace {

/// What the legacy migrations wrote; the first version of a master with such a summary, or without
/// an author, was made by one.
constexpr std::array<std::string_view, 3> k_migration_summaries{
    "Versão inicial criada durante migração", "Versão inicial - migração de dados existentes",
    "Migração inicial - dados originais da clínica"};

class group_judge {
 public:
  group_judge(const judge_input& input, group& g, verdicts& to)
      : input_(input), kind_(*input.kind), g_(g), to_(to) {}

  planned_record run() {
    record_.kind = &kind_;
    record_.key = g_.key;
    record_.survivor = g_.masters.front()->id;
    for (const auto* m : g_.masters) record_.masters.push_back(m->id);
    place_versions();
    if (g_.by_user.empty()) {
      to_.master(kind_.master, record_.survivor).say(outcome::flagged, "MASTER_WITHOUT_USERS");
    }
    for (auto& [user, related] : g_.by_user) judge_user(user, related);
    return std::move(record_);
  }

 private:
  void place_versions() {
    std::unordered_map<legacy_id, std::vector<const version_row*>> by_master;
    for (const auto* v : g_.versions) by_master[v->master].push_back(v);
    for (const auto* master : g_.masters) {
      auto& own = by_master[master->id];
      std::sort(own.begin(), own.end(), [](const auto* a, const auto* b) {
        return std::tie(a->number, a->created, a->id) < std::tie(b->number, b->created, b->id);
      });
      if (own.empty()) place_master(*master);
      check_numbers(own);
      for (const auto* v : own) {
        place_row(*master, *v);
        // Only now: it is not its own parent, whoever wrote it.
        const bool migrated = v == own.front() && is_migration(*v);
        if (migrated && !migration_) migration_ = placed_.size() - 1;
      }
    }
  }

  void place_master(const master_row& master) {
    auto& verdict = to_.master(kind_.master, master.id);
    if (input_.versioned) verdict.say(outcome::flagged, "MASTER_WITHOUT_VERSION");
    check_values(kind_, master.values, verdict);
    planned_version v;
    v.origin = kind_.master_origin;
    v.id = master.id;
    v.number = 1;
    v.values = &master.values;
    v.summary = kind_.spec->migrated_summary;
    of_master_[master.id].push_back(placed_.size());
    placed_.push_back({nullptr, &master});
    record_.versions.push_back(v);
  }

  void check_numbers(const std::vector<const version_row*>& own) {
    std::set<std::int64_t> seen;
    for (const auto* v : own) {
      auto& verdict = to_.version(kind_.version, v->id);
      if (v->number < 1) {
        verdict.say(outcome::flagged, "VERSION_NUMBER_INVALID");
      } else if (seen.contains(v->number)) {
        verdict.say(outcome::flagged, "VERSION_NUMBER_DUPLICATE");
      }
      seen.insert(v->number);
    }
  }

  static bool is_migration(const version_row& v) {
    return !v.author || std::find(k_migration_summaries.begin(), k_migration_summaries.end(),
                                  v.summary) != k_migration_summaries.end();
  }

  void place_row(const master_row& master, const version_row& row) {
    planned_version v;
    v.origin = kind_.version_origin;
    v.id = row.id;
    v.number = row.number;
    v.values = &row.values;
    if (row.author && input_.user_exists(*row.author)) v.author = row.author;
    v.created = row.created;
    v.summary = row.summary;
    v.draft = row.status == "draft";
    v.archived = row.status == "archived";
    v.parent = parent_of(row, v.author);
    const auto position = record_.versions.size();
    if (&master != g_.masters.front()) {
      to_.version(kind_.version, row.id)
          .say(outcome::merged, "VERSION_MOVED", g_.masters.front()->id,
               static_cast<std::int64_t>(position) + 1);
    }
    if (v.author) newest_of_[*v.author] = position;
    if (v.author) by_author_[*v.author].push_back(position);
    of_master_[master.id].push_back(position);
    of_row_.emplace(row.id, position);
    placed_.push_back({&row, &master});
    record_.versions.push_back(v);
  }

  std::optional<std::size_t> parent_of(const version_row& row,
                                       const std::optional<legacy_id>& author) const {
    if (!author) return std::nullopt;
    const auto own = newest_of_.find(*author);
    if (own != newest_of_.end()) return own->second;
    const auto related = g_.by_user.find(*author);
    if (!migration_ || related == g_.by_user.end()) return std::nullopt;
    const auto& first = related->second.first_assigned;
    return first && *first < row.created ? migration_ : std::nullopt;
  }

  void judge_user(legacy_id user, related_user& related) {
    auto& relations = related.relations;
    std::sort(relations.begin(), relations.end(),
              [](const auto* a, const auto* b) { return a->id < b->id; });
    for (std::size_t i = 1; i < relations.size(); ++i) {
      to_.relation(kind_.relation, relations[i]->id)
          .say(outcome::merged, "DUPLICATE_RELATION", relations.front()->id);
    }
    std::vector<std::size_t> siblings;
    std::optional<std::size_t> shown;
    bool assigned = true;
    if (!input_.versioned) {
      shown = of_masters(relations, siblings);
    } else if (!related.assignments.empty()) {
      shown = of_assignments(user, related.assignments, siblings);
    } else {
      assigned = false;
      shown = newest_own(user);
      to_.relation(kind_.relation, relations.front()->id)
          .say(outcome::flagged,
               shown ? "ASSIGNMENT_MISSING_OWN_NEWEST" : "ASSIGNMENT_MISSING_NOTHING_VISIBLE");
    }
    if (shown) add_view(user, *shown, assigned, std::move(siblings));
  }

  /// Without version tables: the version of the user's master with the highest id.
  std::optional<std::size_t> of_masters(const std::vector<const relation_row*>& relations,
                                        std::vector<std::size_t>& siblings) const {
    std::set<std::size_t> positions;
    for (const auto* r : relations) {
      const auto own = r->master ? of_master_.find(*r->master) : of_master_.end();
      if (own != of_master_.end()) positions.insert(own->second.begin(), own->second.end());
    }
    if (positions.empty()) return std::nullopt;
    const auto best = *positions.rbegin();
    positions.erase(best);
    siblings.insert(siblings.end(), positions.begin(), positions.end());
    return best;
  }

  /// Own ones first, then the newest: by number, or by time where several masters have numbers.
  auto rank(std::size_t position, legacy_id user) const {
    const auto* row = placed_[position].row;
    const bool own = row->author == user;
    return std::tuple(own, g_.masters.size() > 1 ? row->created : 0, position);
  }

  std::optional<std::size_t> newest_own(legacy_id user) const {
    std::optional<std::size_t> best;
    for (const auto i : positions_of_author(user)) {
      if (!best || rank(*best, user) < rank(i, user)) best = i;
    }
    return best;
  }

  /// Of the versions that the user wrote, in order.
  const std::vector<std::size_t>& positions_of_author(legacy_id user) const {
    static const std::vector<std::size_t> none;
    const auto at = by_author_.find(user);
    return at == by_author_.end() ? none : at->second;
  }

  std::size_t position_of(legacy_id version) const {
    const auto at = of_row_.find(version);
    if (at == of_row_.end()) source_changed();
    return at->second;
  }

  std::optional<std::size_t> of_assignments(legacy_id user,
                                            const std::vector<const assignment_row*>& assignments,
                                            std::vector<std::size_t>& siblings) {
    const auto rank_of = [&](const assignment_row* a) {
      return std::tuple(rank(position_of(a->version), user), -a->id);
    };
    const auto* winner =
        *std::max_element(assignments.begin(), assignments.end(),
                          [&](const auto* a, const auto* b) { return rank_of(a) < rank_of(b); });
    const auto best = position_of(winner->version);
    for (const auto* a : assignments) {
      if (a == winner) continue;
      to_.assignment(kind_.assignment, a->id)
          .say(outcome::merged, "DUPLICATE_ASSIGNMENT", winner->id);
      const auto position = position_of(a->version);
      if (placed_[position].master != placed_[best].master) siblings.push_back(position);
    }
    return best;
  }

  void add_view(legacy_id user, std::size_t shown, bool assigned,
                std::vector<std::size_t> siblings) {
    planned_view view;
    view.user = user;
    std::set<std::size_t> history(siblings.begin(), siblings.end());
    bool later_own = false;
    for (const auto i : positions_of_author(user)) {
      if (record_.versions[i].draft) continue;
      history.insert(i);
      later_own = later_own || i > shown;
    }
    history.erase(shown);
    // A draft is shown only where nothing else is.
    if (record_.versions[shown].draft) history.clear();
    std::erase_if(history, [&](std::size_t i) { return record_.versions[i].draft; });
    for (const auto i : history) view.visible.push_back({i, false});
    view.visible.push_back({shown, assigned || later_own});
    record_.views.push_back(std::move(view));
  }

  const judge_input& input_;
  const legacy_kind& kind_;
  group& g_;
  verdicts& to_;
  planned_record record_;
  std::vector<placed> placed_;
  std::optional<std::size_t> migration_;
  std::map<legacy_id, std::size_t> newest_of_;
  // Where things are, so that no user costs a walk over everybody's versions.
  std::unordered_map<legacy_id, std::vector<std::size_t>> by_author_;
  std::unordered_map<legacy_id, std::vector<std::size_t>> of_master_;
  std::unordered_map<legacy_id, std::size_t> of_row_;
};

}  // namespace

planned_record judge_group(const judge_input& input, group& g, verdicts& to) {
  return group_judge(input, g, to).run();
}

}  // namespace autocusto::import::detail
