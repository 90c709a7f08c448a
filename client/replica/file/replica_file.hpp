#pragma once
// The replica's file: connection, keys, lock, and the tables that are not about one record's
// versions. Private to client/replica.
//
// Everything written belongs to a write_scope (lock file and transaction); the functions that write
// must be called inside one. Readers open an sqlite::snapshot. One thread.

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "client/replica/environment.hpp"
#include "client/vault/random_pool.hpp"
#include "client/vault/vault.hpp"
#include "shared/base/migration.hpp"
#include "shared/sqlite/database.hpp"
#include "shared/sqlite/lock_file.hpp"
#include "shared/sqlite/transaction.hpp"

namespace autocusto::replica {

/// The compiled-in migrations of schema/client_sqlite.
[[nodiscard]] std::span<const migration> replica_migrations();

[[nodiscard]] std::string database_path(const std::string& home);
[[nodiscard]] std::string lock_path(const std::string& home);
/// How the replica's file is always opened.
[[nodiscard]] sqlite::open_options file_options(sqlite::open_mode mode);

/// How long a writer waits for another process before it says which one is in the way.
inline constexpr std::chrono::milliseconds k_lock_wait{5000};

/// A table of sealed entries, one `entry` a row, with its statements.
struct entry_table {
  explicit entry_table(const std::string& table);
  std::string name, get, put, remove, all;
};
extern const entry_table k_waiting;
extern const entry_table k_unpulled;
extern const entry_table k_discard;
extern const entry_table k_refused;
extern const entry_table k_mark;
extern const entry_table k_notice;

/// Deletes every row but the vault's and those of `version`, which are many and cannot be read
/// without these.
void empty_tables(sqlite::database& db);

class replica_file;

/// The lock and one transaction. Rolls back unless committed.
class write_scope {
 public:
  write_scope(replica_file& file, sqlite::lock_file lock);
  /// Everything is on disk when this returns. Keeps the write-ahead log short.
  void commit();
  /// As `commit`, and nothing of what was overwritten or deleted stays in the write-ahead log.
  /// False if a reader was in the way of the latter.
  bool commit_and_truncate();

 private:
  void commit_counted();

  sqlite::lock_file lock_;
  replica_file& file_;
  sqlite::database& db_;
  std::int64_t changes_before_;
  sqlite::transaction transaction_;
};

class replica_file {
 public:
  /// `keys` draw from `random`.
  replica_file(std::string home, std::unique_ptr<sqlite::database> db,
               std::unique_ptr<vault::random_pool> random, vault::keyring keys,
               const environment& env)
      : home_(std::move(home)),
        db_(std::move(db)),
        random_(std::move(random)),
        keys_(std::move(keys)),
        env_(env) {}

  /// Errors: replica_busy; not_enrolled when the replica was wiped meanwhile.
  [[nodiscard]] result<std::unique_ptr<write_scope>> begin();

  /// After `commit_and_truncate` said false: remembers it, so that a later `begin` tries again.
  void truncate_later() { truncate_due_ = true; }

  [[nodiscard]] sqlite::database& db() { return *db_; }
  [[nodiscard]] vault::keyring& keys() { return keys_; }
  [[nodiscard]] random_source& random() { return *random_; }
  [[nodiscard]] unix_millis now() const { return env_.clock.now(); }
  [[nodiscard]] const passphrase::cost_range& passphrase_cost() const {
    return env_.passphrase_cost;
  }
  [[nodiscard]] const std::string& home() const { return home_; }

  // Settings.
  [[nodiscard]] std::optional<bytes> get(std::string_view name);
  void put(std::string_view name, std::string_view value);
  void forget(std::string_view name);
  [[nodiscard]] std::int64_t get_number(std::string_view name);
  /// The same; a damaged one is 0 and so begins anew. For counts that no edit may have to wait for.
  [[nodiscard]] std::int64_t count(std::string_view name);
  void put_number(std::string_view name, std::int64_t value);

  // E-mails and device names. `what` is one of the two constants.
  static constexpr std::string_view k_person = "person";
  static constexpr std::string_view k_device_name = "device";
  [[nodiscard]] std::string label(std::string_view what, std::string_view id);
  void put_label(std::string_view what, std::string_view id, std::string_view value);

  // Entries, sealed under the given key; the cell key where none is given.
  [[nodiscard]] std::optional<bytes> entry(const entry_table& table, std::int64_t id,
                                           vault::cell_sealer& sealer);
  [[nodiscard]] std::optional<bytes> entry(const entry_table& table, std::int64_t id) {
    return entry(table, id, keys_.cells());
  }
  void put_entry(const entry_table& table, std::int64_t id, std::string_view plain,
                 vault::cell_sealer& sealer);
  void put_entry(const entry_table& table, std::int64_t id, std::string_view plain) {
    put_entry(table, id, plain, keys_.cells());
  }
  void remove_entry(const entry_table& table, std::int64_t id);
  /// All ids with their cells, still sealed.
  void each_entry(const entry_table& table,
                  const std::function<void(std::int64_t id, std::string_view sealed)>& each);
  /// By id, until `each` answers false.
  void each_entry_while(const entry_table& table,
                        const std::function<bool(std::int64_t id, std::string_view sealed)>& each);
  /// Opens an entry's cell; throws error_exception (database) when it was changed.
  [[nodiscard]] static bytes open_entry(const entry_table& table, std::int64_t id,
                                        std::string_view sealed, vault::cell_sealer& sealer);

  /// Opens every setting and label, for `verify`: calls `each` with whether the cell was sound.
  void check_cells(const std::function<void(bool sound)>& each);

  /// A random positive row number.
  [[nodiscard]] std::int64_t random_row();

  /// Which versions that wait a server does not take, by their rows (releases.hpp): they are asked
  /// for once a second and never change, so each is decoded once.
  struct beyond_memory {
    bytes server;  ///< what it takes, as JSON
    std::map<std::int64_t, bool> of;
  };
  [[nodiscard]] beyond_memory& beyond() { return beyond_; }

 private:
  /// Names are hashed into row numbers, so that a value is bound to its name and cannot stand for
  /// another one.
  [[nodiscard]] std::int64_t named_row(std::string_view what, std::string_view name) const;

  std::string home_;
  std::unique_ptr<sqlite::database> db_;
  std::unique_ptr<vault::random_pool> random_;
  vault::keyring keys_;
  environment env_;
  bool truncate_due_ = false;
  beyond_memory beyond_;
};

// Names of settings.
inline constexpr std::string_view k_identity = "identity";
inline constexpr std::string_view k_device_key = "device_key";
/// Of the device that the folder is about to become.
inline constexpr std::string_view k_next_device_key = "next_device_key";
inline constexpr std::string_view k_tenant_key = "tenant_key";
inline constexpr std::string_view k_cursor = "cursor";
inline constexpr std::string_view k_saves = "saves";
inline constexpr std::string_view k_inflight_push = "pending_push";
inline constexpr std::string_view k_queued_push = "following_push";
inline constexpr std::string_view k_last_push = "last_push";
inline constexpr std::string_view k_last_sync = "last_sync";
inline constexpr std::string_view k_last_success = "last_success";
/// Transactions written so far, and how many of them are known to be missing (commit_count.hpp).
inline constexpr std::string_view k_commits = "commits";
inline constexpr std::string_view k_commits_missing = "commits_missing";
/// How many missing ones `verify` has told of: a sync that comes to its end forgets those.
inline constexpr std::string_view k_commits_told = "commits_told";
/// What the server takes, and what this program does not know of what is here (releases.hpp).
inline constexpr std::string_view k_server_kinds = "server_kinds";
inline constexpr std::string_view k_unknown = "unknown";
inline constexpr std::string_view k_closed_early = "closed_early";
/// In front of the names of settings that others keep here.
inline constexpr std::string_view k_user_setting = "user:";

}  // namespace autocusto::replica
