#pragma once
// What waits for the end of an import run: accounts that are held, and views of users who were
// there before it.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "server/store/rows.hpp"
#include "server/store/transaction.hpp"

namespace autocusto::store {

/// What a run gives to a user who was there before it: shown when the run ends.
struct import_pending_row {
  pk record = 0;
  pk owner = 0;
  incarnation_id incarnation;  ///< if the view has to be opened
  struct shown {
    version_id version;
    bool assigned = false;  ///< by an assignment; else as the user's own
  };
  std::vector<shown> versions;  ///< the last one is what is shown
};

namespace imports::pending {

class reads : public repository {
 public:
  reads(snapshot& at) : repository(at) {}

  /// What waits for the end of the run, by record and owner, behind (`record`, `owner`).
  std::vector<import_pending_row> pending_rows(pk run, pk record, pk owner, std::int64_t limit);
};

class writes : public reads {
 public:
  writes(transaction& tx) : reads(tx) {}

  /// Replaces what is there for the same record and owner.
  void add_pending(pk run, std::span<const import_pending_row> rows);
  void remove_pending(pk run);
  /// Ends the hold on the run's accounts, and enables those that are to be.
  void release_import_users(std::string_view source, pk run);
};

}  // namespace imports::pending

}  // namespace autocusto::store
