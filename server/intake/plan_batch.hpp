#pragma once
// Private to intake: what a batch changes, decided from what is there. Reads and values only.
//
// A view that is not there is opened. A view that an import made and nobody has touched since moves
// on to what the source shows now. A view that was touched here (an edit, an administrator's act),
// or that somebody opened by hand, keeps its heads: what the source shows joins them as a sibling,
// which is a conflict that somebody resolves. A view that was closed here stays closed, and one
// that was opened in its place here gets nothing of the source.

#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "server/intake/batch.hpp"
#include "server/store/rows.hpp"
#include "server/store/transaction.hpp"
#include "shared/domain/dag.hpp"

namespace autocusto::intake::detail {

/// Where a batch comes from: a source, in which known versions of a view are in its history
/// already; or what was set aside, of which every version is known.
enum class batch_kind { from_source, set_aside };

/// A record as it is.
struct present_record {
  store::record_row row;  ///< key 0: not there
  std::vector<store::view_row> views;
  std::unordered_map<store::pk, version_id> last_imported;  ///< by view
  /// What views show already (by view), where `batch_kind::set_aside` was asked for.
  std::optional<std::unordered_map<store::pk, std::unordered_set<store::pk>>> shown;
  std::unordered_map<store::pk, store::conflict_row> conflicts;
  std::vector<store::version_node> graph;  ///< read where a view is there
};

struct planned_item {
  store::feed_kind kind = store::feed_kind::version;
  version_id id;
};

struct planned_view {
  const view_entry* entry = nullptr;
  store::view_row row;  ///< as it becomes; key 0: new
  std::optional<store::view_row> before;
  std::vector<planned_item> items;
  std::optional<version_id> base;  ///< of the conflict, if there is one nearest ancestor
};

struct planned_record {
  const record_entry* entry = nullptr;
  std::vector<std::uint32_t> added;  ///< positions of versions that are new, in order
  std::vector<planned_view> views;
};

/// The records that the rows name, with everything about them that the plan needs.
[[nodiscard]] std::vector<present_record> survey(store::snapshot& snapshot, const batch& what,
                                                 std::vector<store::record_row> rows,
                                                 batch_kind kind);
[[nodiscard]] std::vector<planned_record> plan(const batch& what,
                                               const std::vector<present_record>& present);

}  // namespace autocusto::intake::detail
