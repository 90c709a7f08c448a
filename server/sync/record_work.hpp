#pragma once
// Private to acceptance: one record while a push is being worked through.

#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "server/sync/acceptance.hpp"
#include "shared/domain/dag.hpp"
#include "shared/domain/validate.hpp"

namespace autocusto::sync::detail {

struct work_node {
  store::pk key = 0;  ///< 0: made by this push
  store::pk author = 0;
  bool visible = false;
  domain::version_status status = domain::version_status::active;
  const domain::version* fresh = nullptr;  ///< its value, if made by this push
};

struct record_work {
  /// The state must outlive it.
  explicit record_work(const record_state& from);

  const record_state* state;
  domain::version_dag dag;
  std::unordered_map<version_id, work_node> nodes;
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
  [[nodiscard]] std::optional<version_id> single_base() const;
  /// The same, if the owner may see it.
  [[nodiscard]] std::optional<version_id> visible_base() const;
  /// Whether all ancestors of the heads are known.
  [[nodiscard]] bool complete() const;
  /// Adds a version that becomes visible with this push to graph and view. `view` must be there.
  void add(const domain::version& v, store::pk author);
};

/// The first reason to refuse a version, in the order of the rules; nothing if it is accepted.
/// `work` is null when the record does not exist; `parent_was_refused` when the batch has a refused
/// parent of it.
[[nodiscard]] std::optional<error> check_version(const candidate& c, const record_work* work,
                                                 const pusher& who, bool parent_was_refused);

/// The view has no room for it, or nothing.
[[nodiscard]] std::optional<error> room_problem(const domain::version_header& h,
                                                const record_work* work);

/// Step 5 for all records: merges, conflicts, results of siblings, views to save.
void settle(const acceptance_input& in, std::vector<record_work>& works, acceptance_plan& plan);

}  // namespace autocusto::sync::detail
