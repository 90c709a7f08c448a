#pragma once
// Private to acceptance: one record while a push is being worked through.

#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "server/sync/acceptance.hpp"
#include "shared/domain/dag.hpp"
#include "shared/domain/validate.hpp"
#include "shared/domain/view_lineage.hpp"

namespace autocusto::sync::detail {

struct work_node {
  store::pk key = 0;  ///< 0: made by this push
  store::pk author = 0;
  bool visible = false;
  domain::version_status status = domain::version_status::active;
  const domain::version* fresh = nullptr;  ///< its value, if made by this push
};

struct record_work {
  /// Both must outlive it.
  record_work(const record_state& from, const acceptance_input& of);

  const acceptance_input* input;
  const record_state* state;
  domain::version_dag dag;
  domain::view_lineage lineage;  ///< of `view` in `dag`
  std::unordered_map<version_id, work_node> nodes;
  bool whole = false;        ///< all that the view's versions descend from is in `dag`
  std::int64_t visited = 0;  ///< edges followed beside those of `lineage`, and nodes loaded
  std::int64_t counted = 0;  ///< what of its work is charged to the push already
  std::optional<store::view_row> view;  ///< as it becomes
  std::vector<version_id> heads_before;
  bool touched = false;  ///< the view has to be saved
  std::int64_t last_number = 0;
  bool restored = false;  ///< something came back with a proof: no merge in this push
  bool renewed = false;   ///< a missing ancestor came: other views are worked out again
  std::unordered_set<version_id> missing;  ///< parents that are named and not known

  /// Whether values of older versions are wanted, and those values.
  bool wants_known = false;
  domain::known_values known;
  std::deque<domain::field_map> stored_fields;  ///< what `known` refers to

  [[nodiscard]] const work_node* find(const version_id& id) const;
  /// The one nearest common ancestor of the heads, if there is exactly one.
  [[nodiscard]] std::optional<version_id> single_base();
  /// The same, if the owner may see it.
  [[nodiscard]] std::optional<version_id> visible_base();
  /// Whether all ancestors of the heads are known.
  [[nodiscard]] bool complete();
  /// Adds a version that becomes visible with this push to graph and view. `view` must be there;
  /// `may_be_named` as in `view_lineage::add`.
  void add(const domain::version& v, store::pk author, bool may_be_named = false);
  /// Asks for the history, unless it is there.
  void load_history();
  /// The same, if a version with these parents and status cannot be judged without.
  void load_history_for(const std::vector<version_id>& parents, domain::version_status status);
  /// Of the version with this id, which the store may have where nobody sees it.
  [[nodiscard]] std::optional<work_node> known_anywhere(const version_id& id) const;
  /// Edges followed and nodes loaded so far: what the budget of a push is about.
  [[nodiscard]] std::int64_t work() const { return visited + lineage.visited(); }

 private:
  void take(const std::vector<store::version_node>& graph);
  bool continues_one_line(const domain::version_header& h) const;

  bool one_line_ = true;             ///< nothing was asked of the lineage yet
  std::vector<version_id> base_of_;  ///< the heads whose base is known
  std::optional<version_id> base_;
};

/// Why the actor may not push the version (it is not by them, or not from one of their devices);
/// nothing if they may.
[[nodiscard]] std::optional<error> origin_problem(const candidate& c, const pusher& who);

/// The first reason to refuse a version, in the order of the rules; nothing if it is accepted.
/// `work` is null when the record does not exist; `parent_was_refused` when the batch has a refused
/// parent of it.
[[nodiscard]] std::optional<error> check_version(const candidate& c, record_work* work,
                                                 const pusher& who, bool parent_was_refused);

/// The view has no room for it, or nothing.
[[nodiscard]] std::optional<error> room_problem(const domain::version_header& h, record_work* work);
/// The owner's view of the record is as long as it may be, or nothing. Not asked of what comes
/// back.
[[nodiscard]] std::optional<error> length_problem(const record_work* work);

/// What may be spent on this push. A single version, with a single discard beside it, is always
/// judged, so that a laptop which halves its batches down to that gets on.
[[nodiscard]] inline std::int64_t budget_of(const acceptance_input& input) {
  const bool single = input.batch.size() <= 1 && input.discards.size() <= 1;
  return single ? std::numeric_limits<std::int64_t>::max() : input.budget;
}

/// Step 5 for all records: merges, conflicts, results of siblings, views to save. `done` is raised
/// by the work; false when that passed the budget, and then the plan is not to be used.
[[nodiscard]] bool settle(const acceptance_input& input, std::vector<record_work>& works,
                          std::int64_t& done, acceptance_plan& plan);

}  // namespace autocusto::sync::detail
