#pragma once
// The list of versions whose feed items have not been pulled yet.
//
// A page contains the current heads and drafts of its views. The items of some of them come with a
// later page. The same holds for restored versions, and for all versions when the feed is read from
// its start. Until its item has come, the cursor does not prove that the server has a version: the
// server could be restored to exactly this cursor and lack the version. So the list is stored with
// the cursor. When the feed has been read to its end, no version of an open view may be on it.
//
// Private to client/replica. Inside one transaction or snapshot, one thread.

#include <cstdint>
#include <unordered_set>

#include "client/replica/file/record_copy.hpp"
#include "client/replica/file/replica_file.hpp"

namespace autocusto::replica {

class awaited_items {
 public:
  /// As it is kept. `file` must outlive it.
  explicit awaited_items(replica_file& file);

  /// The version in that row is here, and its item is not.
  void add(std::int64_t row) { changed_ = rows_.insert(row).second || changed_; }
  /// Its item has come.
  void placed(std::int64_t row) { changed_ = rows_.erase(row) > 0 || changed_; }
  /// Takes out what nothing will come of any more: the rows of hidden records.
  void drop_hidden(unit_of_work& set);
  /// Keeps it; only inside a write transaction.
  void save();

  /// Whether the item of a version of an open view is still to come.
  [[nodiscard]] bool any(unit_of_work& set) const;

 private:
  replica_file& file_;
  std::unordered_set<std::int64_t> rows_;
  bool changed_ = false;
};

}  // namespace autocusto::replica
