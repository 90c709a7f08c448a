#pragma once
// How an import writes into the store.
//
// An importer writes through a `import_writer`: directly into the database, or over the local
// socket of a server that serves the embedded database (server/local). Each call is one
// transaction. Calls may be repeated after an interrupted run: accounts, versions and views that
// exist already are left as they are. One thread at a time, but `apply` may run on `parallelism()`
// threads.

#include <functional>
#include <memory>
#include <vector>

#include "server/intake/batch.hpp"
#include "server/store/database.hpp"
#include "server/store/people.hpp"
#include "shared/base/error.hpp"

namespace autocusto::intake {

/// Waits until all earlier batches are committed. `apply` calls it before it appends to feeds,
/// perhaps more than once, so that feeds have one order whatever the parallelism.
using commit_order = std::function<void()>;

class import_writer {
 public:
  virtual ~import_writer() = default;
  /// How many batches may be applied at the same time.
  [[nodiscard]] virtual int parallelism() const { return 1; }
  virtual result<run_state> begin(const run_start& start) = 0;
  virtual result<std::vector<account_outcome>> add_accounts(
      store::pk run, const std::vector<account>& accounts) = 0;
  /// Answers what the run makes of it, at once or at its end.
  virtual result<counts> apply(const batch& what, const commit_order& before_feeds) = 0;
  /// Shows everything, in one transaction.
  virtual result<counts> finish(const run_end& end) = 0;
  virtual result<rollback_report> rollback(const rollback_request& request) = 0;
};

/// Refers to the database, which must outlive it. A parallelism above 1 is of use where the
/// database has several writers.
[[nodiscard]] std::unique_ptr<import_writer> open_import_writer(store::database& database,
                                                                int parallelism = 1);

/// What `apply` would count, and what `add_accounts` would answer (keys of accounts that are not
/// there yet are 0), without writing.
[[nodiscard]] counts foresee(store::snapshot& snapshot, const batch& what);
[[nodiscard]] std::vector<account_outcome> foresee_accounts(store::snapshot& snapshot,
                                                            std::string_view source,
                                                            const std::vector<account>& accounts);

/// The device that imported versions name, made where an older installation lacks it.
[[nodiscard]] store::pk ensure_import_device(store::people::writes people, unix_millis now);

}  // namespace autocusto::intake
