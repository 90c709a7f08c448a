#pragma once
// The database: an embedded SQLite file or PostgreSQL, behind one interface.
//
// It gives snapshots and transactions (transaction.hpp); repositories beside this file find and
// keep (people.hpp, records.hpp, …). The rules live above: a repository takes and gives whole sets,
// so that a push of 1,000 versions costs about as many round trips as a push of one. Everything
// that one call of `write` did is durable when it returns (synchronous=FULL,
// synchronous_commit=on), or nothing of it is there.
//
// Lock order, kept by the callers: lock_records (sorted inside), then rules, then feed heads, then
// the head of the audit log (add_audit), last. A feed head stays locked until commit: so sequence
// numbers become visible in order and no reader ever skips one. The same holds for the log.
//
// Any thread may use a `database`.
//
// Errors: expected outcomes are values (optional, result). A lost or full database throws
// `database_error`; `in_doubt` says that a commit's outcome is unknown and must be settled by
// asking again with the same push id.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/store/sql/database_error.hpp"
#include "server/store/sql/statement_counts.hpp"
#include "server/store/transaction.hpp"
#include "shared/base/clock.hpp"
#include "shared/base/error.hpp"
#include "shared/base/ids.hpp"

namespace autocusto::store {

/// What a command may want to know or do about the schema.
struct migration_state {
  int number = 0;
  std::string name;
  bool applied = false;
  std::optional<unix_millis> applied_at;
  bool checksum_matches = true;
};

struct database_metrics {
  std::int64_t connections = 0, busy = 0, waiting = 0;
  std::int64_t transactions = 0, retries = 0;
  std::int64_t reads = 0;    ///< calls of `read`
  double seconds = 0;        ///< time spent inside transactions, summed
  statement_counts written;  ///< by the work of `write` that came to its end
};

class database {
 public:
  virtual ~database() = default;

  /// Runs `work` in one read-only snapshot, on the calling thread or a connection's own.
  virtual void read(const std::function<void(snapshot&)>& work) = 0;
  /// Runs `work` in one transaction and commits it durably; several callers' work may share one
  /// commit. What `work` throws rolls back its own changes only and is thrown here. `work` may be
  /// run again from the start (serialisation failure): it must set its outputs anew each time.
  virtual void write(const std::function<void(transaction&)>& work) = 0;

  /// Called (from any thread) with the users whose feeds moved, also by other processes; set once,
  /// before the first write. An empty id means: anybody's may have.
  virtual void on_wake(std::function<void(const user_id&)> callback) = 0;

  [[nodiscard]] virtual bool healthy() = 0;
  [[nodiscard]] virtual database_metrics metrics() const = 0;

  virtual std::vector<migration_state> migrations() = 0;
  /// Migrates up or down to `target` (nothing: the newest); `dry_run` only tells. Answers what was
  /// (or would be) done, in order. Error schema_too_new when the database is newer than the
  /// program.
  virtual result<std::vector<migration_state>> migrate(std::optional<int> target, bool dry_run) = 0;
};

/// The embedded database in `folder`/store.sqlite. `create` false: the file must exist. Throws
/// database_error when another process holds it (`read_only` opens beside a running server).
[[nodiscard]] std::unique_ptr<database> open_sqlite(const std::string& folder, bool create,
                                                    bool read_only);
/// A PostgreSQL database by its URL, with `connections` pooled connections, made on demand.
[[nodiscard]] std::unique_ptr<database> open_postgres(const std::string& url, int connections);

}  // namespace autocusto::store
