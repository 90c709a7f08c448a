#pragma once
// What a doctor sees of a record: the server's view, with the laptop's own waiting edits on it.
//
// S is the view exactly as the server told it. P are the own versions whose feed item has not been
// pulled yet (acknowledged or not, and not refused), in the order in which they were saved.
//   shown heads  = the maximal elements of S.heads ∪ {active versions of P}, and S's pinned head
//                  unless an edit of P was made on top of it
//   shown active = the last saved local leaf of P with status active, if there is one;
//                  else S.active
//   shown drafts = the drafts of S and P that nothing goes on from and nobody discarded; S's first,
//                  in its order, then P's: the last is the newest
// With P empty, shown = S. Pure; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "shared/base/ids.hpp"
#include "shared/domain/dag.hpp"
#include "shared/domain/version.hpp"
#include "shared/wire/messages.hpp"

namespace autocusto::replica {

/// S of one record.
struct server_view {
  std::vector<version_id> heads;
  std::optional<version_id> active;
  std::optional<version_id> pinned;
  std::vector<version_id> drafts;
  std::optional<wire::page_view::open_conflict> conflict;
};

/// One member of P.
struct local_version {
  version_id id;
  domain::version_status status = domain::version_status::active;
};

struct shown_view {
  std::vector<version_id> heads;  ///< sorted
  std::optional<version_id> active;
  std::vector<version_id> drafts;
  [[nodiscard]] bool conflict() const { return heads.size() > 1; }
  [[nodiscard]] bool empty() const { return heads.empty() && !active && drafts.empty(); }
  /// What list and show use: the active version, else the newest draft.
  [[nodiscard]] std::optional<version_id> front() const {
    if (active) return active;
    if (!drafts.empty()) return drafts.back();
    return std::nullopt;
  }
  friend bool operator==(const shown_view&, const shown_view&) = default;
};

/// `p` in the order of saving; `dag` knows the versions of the record that the laptop holds, P's
/// included; `discards` are the drafts whose discarding waits.
[[nodiscard]] shown_view make_shown_view(const server_view& s, const std::vector<local_version>& p,
                                         const domain::version_dag& dag,
                                         const std::vector<version_id>& discards);

}  // namespace autocusto::replica
