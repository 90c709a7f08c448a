#pragma once
// Conflicts: views with more than one head that somebody has to look at.

#include <optional>
#include <span>
#include <vector>

#include "server/store/rows.hpp"
#include "server/store/transaction.hpp"

namespace autocusto::store {

struct conflict_entry {
  conflict_row conflict;
  view_row view;
  record_row record;
  user_row user;
};

namespace conflicts {

class reads : public repository {
 public:
  reads(snapshot& at) : repository(at) {}

  std::vector<conflict_row> open_conflicts(std::span<const pk> views);
  std::vector<conflict_entry> conflict_list(bool include_closed, bool include_dismissed);
  std::optional<conflict_entry> conflict(pk key);
};

class writes : public reads {
 public:
  writes(transaction& tx) : reads(tx) {}

  std::vector<pk> save_conflicts(std::span<const conflict_row> conflicts);
  void dismiss_conflict(pk key);
};

}  // namespace conflicts

}  // namespace autocusto::store
