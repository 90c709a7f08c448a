#pragma once
// Versions that the server has given before their feed items: a page brings the heads and drafts of
// its views as they are now, and the items of some may come with a later page; so do those of what
// was restored, and of everything when the feed is read anew. Until they have come, the
// cursor does not say that the server had those versions, and a server that went back to an older
// state in between would not be noticed by it. The list is kept with the cursor; when the feed has
// been read to its end, no version of an open view may be on it.
//
// Private to client/replica. Inside one transaction or snapshot, one thread.

#include <cstdint>
#include <unordered_set>

#include "client/replica/holding.hpp"
#include "client/replica/ledger.hpp"

namespace autocusto::replica {

class ahead_list {
 public:
  /// As it is kept. `file` must outlive it.
  explicit ahead_list(ledger& file);

  /// The version in that row is here, and its item is not.
  void add(std::int64_t row) { changed_ = rows_.insert(row).second || changed_; }
  /// Its item has come.
  void placed(std::int64_t row) { changed_ = rows_.erase(row) > 0 || changed_; }
  /// Takes out what nothing will come of any more: the rows of hidden records.
  void drop_hidden(working_set& set);
  /// Keeps it; only inside a write transaction.
  void save();

  /// Whether the item of a version of an open view is still to come.
  [[nodiscard]] bool any(working_set& set) const;

 private:
  ledger& file_;
  std::unordered_set<std::int64_t> rows_;
  bool changed_ = false;
};

}  // namespace autocusto::replica
