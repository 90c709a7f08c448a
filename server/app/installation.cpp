#include "server/app/installation.hpp"

#include <algorithm>

#include <sys/stat.h>

#include "server/store/settings.hpp"
#include "shared/base/one_line.hpp"

namespace autocusto::app {
namespace {

result<void> check_folder(const std::string& folder) {
  struct stat info {};
  if (folder.empty()) {
    return fail(errc::usage, "Say which data folder is meant, with --data DIR.", "data");
  }
  if (::stat(folder.c_str(), &info) != 0) {
    return fail(errc::not_found, "There is no folder " + folder +
                                     "; make one with `autocusto-server init --data " + folder +
                                     " --admin EMAIL`.");
  }
  if (!S_ISDIR(info.st_mode)) return fail(errc::usage, folder + " is not a folder.", "data");
  return {};
}

result<void> check_owner(store::database& in, const server_id& server) {
  std::optional<std::string> id;
  in.read([&](store::settings::reads settings) { id = settings.setting("server_id"); });
  if (!id) {
    return fail(errc::database,
                "The database has no installation in it; restore a backup or set up a new server.");
  }
  if (*id != server.text()) {
    return fail(errc::database,
                "The database belongs to another installation than the keys in this folder.");
  }
  return {};
}

}  // namespace

result<sqlite::lock_file> lock_folder(const std::string& folder) {
  const std::string path = folder + "/serve.lock";
  auto lock = sqlite::lock_file::acquire(path, std::chrono::milliseconds(0));
  if (lock) return lock;
  const auto holder = sqlite::lock_file::holder(path);
  const std::string who = holder ? "process " + std::to_string(*holder) : "another process";
  return fail(errc::replica_busy,
              folder + " is in use by " + who + "; stop that server first, then try again.");
}

result<std::unique_ptr<store::database>> open_database(const std::string& folder,
                                                       const config& settings, bool create,
                                                       bool read_only) {
  try {
    if (settings.embedded()) return store::open_sqlite(folder, create, read_only);
    auto database = store::open_postgres(settings.database, settings.connections);
    database->read([](store::snapshot&) {});  // connects, and says why it cannot
    return database;
  } catch (const std::exception& e) {
    return fail(errc::unavailable, "The database cannot be opened: " + one_line(e.what()));
  }
}

result<void> check_schema(store::database& in) {
  const auto states = in.migrations();
  const auto current = in.migrate(std::nullopt, true);
  if (!current) return current.error();
  if (!current->empty()) {
    return fail(errc::database, "The database's schema is older than this program: " +
                                    std::to_string(current->size()) +
                                    " migrations are missing. Make a backup, then run "
                                    "`autocusto-server migrate`.");
  }
  const bool changed = std::any_of(states.begin(), states.end(),
                                   [](const auto& state) { return !state.checksum_matches; });
  if (changed) {
    return fail(errc::database,
                "The database's schema was made by scripts that differ from this program's.");
  }
  return {};
}

bool schema_is_empty(store::database& in) {
  const auto states = in.migrations();
  return std::none_of(states.begin(), states.end(),
                      [](const auto& state) { return state.applied; });
}

result<installation> open_installation(const std::string& folder, folder_use use) {
  if (auto checked = check_folder(folder); !checked) return checked.error();
  auto settings = load_config(folder);
  if (!settings) return settings.error();
  auto keys = auth::load_keys(folder);
  if (!keys) return keys.error();
  const bool writes = use == folder_use::serving || use == folder_use::schema;
  std::optional<sqlite::lock_file> lock;
  if (writes) {
    auto taken = lock_folder(folder);
    if (!taken) return taken.error();
    lock = std::move(*taken);
  }
  auto database = open_database(folder, *settings, false, !writes);
  if (!database) return database.error();
  if (use == folder_use::serving || use == folder_use::reading) {
    if (auto checked = check_schema(**database); !checked) return checked.error();
  } else if (use == folder_use::copying) {
    // What a newer program made, this one does not know.
    if (const auto pending = (*database)->migrate(std::nullopt, true); !pending)
      return pending.error();
  }
  if (use == folder_use::serving || use == folder_use::reading || use == folder_use::copying) {
    if (auto checked = check_owner(**database, keys->server); !checked) return checked.error();
  }
  return installation{folder, std::move(*settings), std::move(*keys), std::move(lock),
                      std::move(*database)};
}

}  // namespace autocusto::app
