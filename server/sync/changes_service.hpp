#pragma once
// Pages of a user's feed: what became visible since a position, with the versions and views.
//
// A page holds items in the order of their numbers, the bytes and proofs of their versions, every
// open view that they touch as it is now (same snapshot, hence read after the items), and the bytes
// of those views' heads and drafts even where their items come later; e-mails and device names of
// exactly the authors of the versions carried. Items of a closed incarnation are only a number and
// a hash, but for its `removed` item. Left out are the bytes of versions that the asking device
// made and that came into the incarnation by an item of kind `version`.
//
// A page ends before 1,000 items or 8 MiB of JSON would be exceeded (but has at least one item when
// there is one). Never is there a byte of a version that is not visible to the user.
//
// One object serves all threads; everything it refers to must outlive it.

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "server/store/database.hpp"
#include "server/store/rows.hpp"
#include "server/sync/sync_keys.hpp"
#include "shared/base/error.hpp"
#include "shared/wire/messages.hpp"

namespace autocusto::sync {

struct changes_counters {
  std::atomic<std::int64_t> pages{0}, items{0}, versions{0}, cursor_unknown{0};
};

class changes_service {
 public:
  changes_service(store::database& db, const sync_keys& keys);

  /// The page behind `from`, with at most `limit` items (1 to limits::batch_versions; others are
  /// clamped). An empty page means that there is nothing new. Error: cursor_unknown when this
  /// position does not exist or has another chain: the server went back, or it is not its cursor.
  [[nodiscard]] result<wire::page> changes(const store::session_owner& who,
                                           const wire::cursor& from, std::int64_t limit,
                                           bool own = false);

  /// Those of the versions that are not visible to the user in an open view, in the order asked;
  /// the same answer for one that does not exist.
  [[nodiscard]] std::vector<version_id> missing(const store::session_owner& who,
                                                const std::vector<version_id>& held);

  [[nodiscard]] const changes_counters& counters() const { return counters_; }

 private:
  store::database& db_;
  const sync_keys& keys_;
  changes_counters counters_;
};

}  // namespace autocusto::sync
