#pragma once
// Views: each user's access to each record, open and closed.
//
// Nothing here tells one user whether others have a view of the same record, but for
// `views_of_record` and `views_after`.

#include <span>
#include <utility>
#include <vector>

#include "server/store/rows.hpp"
#include "server/store/transaction.hpp"

namespace autocusto::store {

struct view_of_user {
  view_row view;
  user_row user;
};

namespace views {

class reads : public repository {
 public:
  reads(snapshot& at) : repository(at) {}

  /// The open view of `owner` on each of these records, where there is one.
  std::vector<view_row> open_views(std::span<const pk> records, pk owner);
  /// Those of the records on which `owner` has a closed view (whether or not an open one, too).
  std::vector<pk> records_with_closed_view(std::span<const pk> records, pk owner);
  /// The incarnations of `owner` on these records that are closed, with their records.
  std::vector<std::pair<pk, incarnation_id>> closed_incarnations(std::span<const pk> records,
                                                                 pk owner);
  /// Those of the incarnations that are closed views of `owner`, in no particular order.
  std::vector<incarnation_id> closed_among(std::span<const incarnation_id> incarnations, pk owner);
  std::vector<view_row> views_by_pk(std::span<const pk> views);
  /// All open views on a record, with their users, by e-mail.
  std::vector<view_of_user> views_of_record(pk record);
  std::vector<view_row> views_after(pk after, std::int64_t limit);
};

class writes : public reads {
 public:
  writes(transaction& tx) : reads(tx) {}

  /// Inserts views with key 0, updates the others; answers all keys in order.
  std::vector<pk> save_views(std::span<const view_row> views);
};

}  // namespace views

}  // namespace autocusto::store
