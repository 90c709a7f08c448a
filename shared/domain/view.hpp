#pragma once
// A view: what one user sees of one record, and how versions and admins move it.
//
// A view lives for one incarnation (one continuous time of access). Its heads are computed over
// `active` versions only; drafts are extra leaves beside them. The active version is a pure
// function of heads, generations and the pin, so every machine finds the same one. More than one
// head is a conflict: all stay, the view stays usable. Values in, values out; any thread.

#include <cstdint>
#include <optional>
#include <vector>

#include "shared/base/ids.hpp"
#include "shared/domain/dag.hpp"
#include "shared/domain/version.hpp"

namespace autocusto::domain {

struct view_state {
  incarnation_id incarnation;
  std::vector<version_id> heads;     ///< sorted, unique
  std::optional<version_id> pinned;  ///< set by an assignment, while it is a head
  std::vector<version_id> drafts;    ///< in the order of arrival; the last is the newest
  friend bool operator==(const view_state&, const view_state&) = default;
};

/// The pinned version while it is a head; else the head of greatest generation, then of greatest
/// id; nothing for a view that has only drafts.
[[nodiscard]] std::optional<version_id> active_version(const view_state& view,
                                                       const version_dag& dag);

/// Adds an accepted version to the view: an active one by
///   heads := (heads − ancestors of v) ∪ {v}, unless v is an ancestor of a head;
/// a pinned head yields only to a version that continues it (version_dag::continues), so that an
/// edit made before an assignment comes in as a sibling even if the assigned version is older;
/// a draft beside the heads, replacing the drafts that are its parents. An active version also
/// replaces the drafts that are among its parents (publishing). In both cases drafts further up
/// are replaced too, and a draft that something in the view goes on from is not added: so the
/// result does not depend on the order of arrival, and adding twice changes nothing. `v` must be a
/// node of `dag` (std::logic_error). Drops a pin that is no head any more. A version that an
/// assignment or a discard took out of the view comes back when it is added again: whoever knows
/// it already does not add it. For many versions one after the other use `view_lineage`, which does
/// the same and remembers what was walked.
void add_version(view_state& view, const version_dag& dag, const version_id& v,
                 version_status status);

/// Works heads and drafts out again after ancestors became known that were missing in `dag` before:
/// what turns out to be an ancestor of another head (or draft) leaves; a pinned head yields only to
/// one that continues it. Whether anything changed. With a complete graph it changes nothing.
/// `visited`, if given, is raised by the edges that were followed: at most three times those of the
/// graph, and for a pinned head those between drafts once for each head.
bool renew_view(view_state& view, const version_dag& dag, std::int64_t* visited = nullptr);

/// An admin's assignment: heads := {v}, v pinned; drafts stay.
void assign_version(view_state& view, const version_id& v);

/// Takes a draft out of the view; false if it is not one of its drafts.
bool discard_draft(view_state& view, const version_id& draft);

[[nodiscard]] inline bool in_conflict(const view_state& view) {
  return view.heads.size() > 1;
}

}  // namespace autocusto::domain
