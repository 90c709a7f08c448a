#pragma once
// The shown view: what a doctor sees of a record. It is the server view with the laptop's own
// unconfirmed versions on top.
//
// The server view is the view as the server sent it. The local versions are the laptop's own
// versions whose feed item has not been pulled yet, acknowledged or not, in the order in which they
// were saved; refused ones are not among them.
//   shown heads  = the maximal elements of the server view's heads and the active local versions;
//                  the pinned head is one of them until an active local version continues it
//   shown active = the local version that was saved last among the active heads, if there is one;
//                  else the server view's active version
//   shown drafts = the drafts of both that no version continues and nobody discarded: those of the
//                  server view in its order, then the local ones, so that the last is the newest
// Without local versions and discards, the shown view is the server view. Pure; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "shared/base/ids.hpp"
#include "shared/domain/dag.hpp"
#include "shared/domain/version.hpp"
#include "shared/wire/messages.hpp"

namespace autocusto::replica {

/// The server view of one record.
struct server_view {
  std::vector<version_id> heads;
  std::optional<version_id> active;
  std::optional<version_id> pinned;
  std::vector<version_id> drafts;
  std::optional<wire::page_view::open_conflict> conflict;
};

/// A version of this laptop whose feed item has not been pulled.
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

/// `local` in the order of saving; `dag` knows all versions of the record that the laptop holds,
/// the local ones included; `discards` are the drafts whose discarding waits.
[[nodiscard]] shown_view make_shown_view(const server_view& server,
                                         const std::vector<local_version>& local,
                                         const domain::version_dag& dag,
                                         const std::vector<version_id>& discards);

}  // namespace autocusto::replica
