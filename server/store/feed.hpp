#pragma once
// The feed of each user: numbered items, chained, and the head that says where it ends.
//
// A head is locked before items are appended, after all other locks but that of the audit log, and
// stays locked until the commit: so numbers become visible in order, and no reader skips one.

#include <optional>
#include <span>
#include <vector>

#include "server/store/rows.hpp"
#include "server/store/transaction.hpp"

namespace autocusto::store {

/// A feed item of kind `version` or `assigned`.
struct shown_version {
  pk view = 0;
  pk version = 0;
  std::optional<pk> import_run;
  std::int64_t seq = 0;
};

/// Where one user's feed ends.
struct feed_move {
  pk user = 0;
  feed_head head;
};

namespace feed {

class reads : public repository {
 public:
  reads(snapshot& at) : repository(at) {}

  feed_head head(pk user);
  /// The chain at a position; nothing if there is no such item. Position 0 has the zero chain.
  std::optional<hash256> chain_at(pk user, std::int64_t seq);
  /// Items with seq > after, in order.
  std::vector<feed_item> feed(pk user, std::int64_t after, std::int64_t limit);
  /// Of these versions, the ones that came into this view by an item of kind `version`.
  std::vector<pk> versions_by_own_item(pk view, std::span<const pk> versions);
  /// Everything that these views' items have made visible.
  std::vector<shown_version> shown_versions(std::span<const pk> views);
};

class writes : public reads {
 public:
  writes(transaction& tx) : reads(tx) {}

  /// Locks the heads of these users in the order of their keys, made where missing; answers in that
  /// order.
  std::vector<feed_move> lock_heads(std::span<const pk> users);
  feed_head lock_head(pk user) { return lock_heads({&user, 1}).front().head; }
  /// Adds items, which follow each other and the locked heads, and moves those heads to their ends.
  void append(std::span<const feed_row> rows, std::span<const feed_move> heads);
  /// Notes that a device is being given its owner's feed up to `seq`.
  void note_given(pk device, std::int64_t seq);
  /// Wakes waiting readers of this user's feed, in every server process, after the commit.
  void wake(const user_id& user);
};

}  // namespace feed

}  // namespace autocusto::store
