#pragma once
// A data folder that has been set up, opened: configuration, keys, lock, database.
//
// Whoever writes (serve, migrate) holds the folder's lock (`serve.lock`), so that two processes
// never write one folder; whoever only reads (backup, verify) does not need it. Owns what it opens;
// one thread, but the database inside may be used from any.

#include <memory>
#include <optional>
#include <string>

#include "server/app/config.hpp"
#include "server/auth/keys.hpp"
#include "server/store/database.hpp"
#include "shared/sqlite/lock_file.hpp"

namespace autocusto::app {

enum class folder_use {
  serving,  ///< with the lock; schema must be current, the database this installation's
  schema,   ///< with the lock; any schema
  reading,  ///< without the lock, beside a running server; schema must be current
  copying,  ///< without the lock; a schema of this program or an older one, the database this
            ///< installation's
  looking,  ///< without the lock; any schema
};

struct installation {
  std::string folder;
  config settings;
  auth::server_keys keys;
  std::optional<sqlite::lock_file> lock;
  std::unique_ptr<store::database> database;
};

/// Errors: not_found (no such folder), replica_busy (the lock, with the process id), unavailable
/// (database), schema_too_new, database (schema behind, other installation's database), usage.
[[nodiscard]] result<installation> open_installation(const std::string& folder, folder_use use);

/// Takes the lock of a folder that exists. `replica_busy` says which process serves it.
[[nodiscard]] result<sqlite::lock_file> lock_folder(const std::string& folder);

/// Opens the database that the configuration names. Errors: unavailable, with the reason.
[[nodiscard]] result<std::unique_ptr<store::database>> open_database(const std::string& folder,
                                                                     const config& settings,
                                                                     bool create, bool read_only);

/// Whether exactly the migrations of this program are applied. Errors: schema_too_new, database.
[[nodiscard]] result<void> check_schema(store::database& in);

/// Whether any migration is applied.
[[nodiscard]] bool schema_is_empty(store::database& in);

}  // namespace autocusto::app
