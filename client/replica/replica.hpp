#pragma once
// The replica: everything that one doctor may see and did, sealed, on one laptop.
//
// It is one SQLite file (`replica.sqlite`) and a lock file in the home folder. All contents are
// sealed (client/vault/vault.hpp); in clear are row counts and sizes only. Per record it holds the
// versions, byte by byte, the server view and the local versions (file/shown_view.hpp). Once per
// replica it holds who this laptop is, its keys, the feed cursor, the outbox, the kept pushes and
// the refused versions.
//
// Durability: a call that answers success has its change on disk. A change is all or nothing,
// through kill -9 and power loss. A page and its cursor are one transaction.
//
// Processes: any number may have the same home open. Each call takes the lock file for its own
// short transaction only and keeps nothing from earlier calls but keys, so `sync --watch` and a
// command line work side by side. A call that waits more than 5 s for the lock fails with
// replica_busy, which names the process that holds it. Readers do not wait.
//
// Threads: one thread at a time per object. The clock and the random source must outlive it.
//
// Errors: `result` for what a caller may expect (common to all calls: replica_busy; not_enrolled
// where an identity is needed, and after the folder was wiped). Throws for what is broken:
// sqlite::sqlite_error (disk full, damaged file), and error_exception with errc::database when a
// sealed cell was changed by somebody.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "client/replica/environment.hpp"
#include "shared/base/error.hpp"
#include "shared/base/limits.hpp"

namespace autocusto::replica {

/// `AUTOCUSTO_HOME`, else `$XDG_DATA_HOME/autocusto`, else `~/.local/share/autocusto`.
[[nodiscard]] std::string default_home();

class replica_file;
class reader;
class editor;
class identity_store;
class sync_store;

class replica_store {
 public:
  /// Whether the folder holds a replica.
  [[nodiscard]] static bool exists(const std::string& home);
  /// Makes the folder (mode 0700) if needed and an empty replica in it, with a new device key; not
  /// enrolled yet. The device key is on disk before anybody can send it, so that an enrollment that
  /// was cut can be repeated. Errors: already_exists; usage for an empty passphrase.
  [[nodiscard]] static result<std::unique_ptr<replica_store>> create(const std::string& home,
                                                                     std::string_view passphrase,
                                                                     const environment& env);
  /// A passphrase that costs less than it should (an older program's) is wrapped anew, if the file
  /// can be written now. Errors: not_enrolled when there is none; wrong_passphrase; schema_too_new;
  /// unavailable without the memory that the passphrase takes.
  [[nodiscard]] static result<std::unique_ptr<replica_store>> open(const std::string& home,
                                                                   std::string_view passphrase,
                                                                   const environment& env);
  /// Destroys the keys, then everything else, then the files. Needs no passphrase. Nothing there is
  /// fine too.
  [[nodiscard]] static result<void> wipe(const std::string& home);

  ~replica_store();
  replica_store(const replica_store&) = delete;
  replica_store& operator=(const replica_store&) = delete;

  /// Wraps the data key anew; only the new passphrase opens it afterwards. Errors:
  /// wrong_passphrase, usage.
  [[nodiscard]] result<void> change_passphrase(std::string_view old_one, std::string_view new_one);

  // The facets: handles on the open file, which this object owns. Their headers say what they do.

  [[nodiscard]] reader read() const;
  [[nodiscard]] editor edit();
  [[nodiscard]] identity_store identity();
  /// `batch_size` is how many versions a push takes.
  [[nodiscard]] sync_store sync(std::size_t batch_size = limits::batch_versions);
  /// What the facets are made of; private to client/replica.
  [[nodiscard]] replica_file& file() { return *file_; }

 private:
  explicit replica_store(std::unique_ptr<replica_file> file);
  std::unique_ptr<replica_file> file_;
};

}  // namespace autocusto::replica
