#pragma once
// Taking an import run back. The caller has decided what may go.

#include <cstdint>
#include <set>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "server/store/imports/rows.hpp"
#include "server/store/imports/runs.hpp"
#include "server/store/rows.hpp"
#include "server/store/transaction.hpp"

namespace autocusto::store {

/// What a user's feed says about one run.
struct import_feed_span {
  pk owner = 0;
  std::int64_t first = 0, last = 0, count = 0;  ///< items of the run
  std::int64_t head = 0;                        ///< last item of the feed
  std::int64_t given = 0;                       ///< the greatest number that a device was given
};

/// What became of the accounts that a run made.
struct removed_accounts {
  std::int64_t gone = 0;
  std::int64_t handed_over = 0;
  std::vector<pk> disabled;
};

namespace imports::removal {

class reads : public repository {
 public:
  reads(snapshot& at) : repository(at) {}

  /// What the feeds of these users say about the run; users without its items are left out.
  std::vector<import_feed_span> import_spans(pk run, std::span<const pk> owners);
  std::vector<import_view_row> moved_views(pk run);
  /// Versions that this run made, with a key above `after`, in the order of their keys.
  std::vector<std::pair<pk, pk>> versions_of_run(pk run, pk after, std::int64_t limit);
  /// Views that this run opened, with a key above `after`.
  std::vector<view_row> views_of_run(pk run, pk after, std::int64_t limit);
};

class writes : public reads {
 public:
  writes(transaction& tx) : reads(tx), transaction_(tx) {}

  /// Before and after a transaction's deletions: an embedded database checks references faster with
  /// indexes that it has only meanwhile.
  void begin_removal();
  void end_removal();
  /// Takes the run's items off the end of these feeds, which must end with them.
  void cut_feeds(pk run, std::span<const import_feed_span> spans);
  void forget_moved_views(pk run, std::span<const pk> views);
  /// Views without items.
  void remove_views(std::span<const pk> views);
  /// Versions that nothing refers to, last ones first; their records' last numbers follow, and
  /// records without versions go.
  void remove_versions(std::span<const pk> versions, std::span<const pk> records);
  void remove_kept_rows(pk run);
  /// Removes the accounts that the run made, but for `except`. Those that another source or run has
  /// found here are handed over to it: the last one that names them removes them. Those that
  /// something else refers to, such as the audit log, are disabled.
  removed_accounts remove_import_users(std::string_view source, pk run, std::span<const pk> except);

 private:
  std::set<pk> hand_accounts_over(std::string_view source, std::span<const import_user_row> made);

  transaction& transaction_;
};

}  // namespace imports::removal

}  // namespace autocusto::store
