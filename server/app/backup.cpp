#include "server/app/backup.hpp"

#include <filesystem>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "server/app/acts_journal.hpp"
#include "server/app/archive.hpp"
#include "server/app/file_stream.hpp"
#include "server/app/installation.hpp"
#include "server/app/postgres_tools.hpp"
#include "server/auth/private_file.hpp"
#include "shared/sqlite/database.hpp"

namespace autocusto::app {
namespace {

constexpr std::string_view k_manifest = "manifest.json";
constexpr std::string_view k_config = "config.json";
constexpr std::string_view k_keys = "keys.json";
constexpr std::string_view k_sqlite = "store.sqlite";
constexpr std::string_view k_postgres = "store.pgdump";
constexpr std::size_t k_small_file = std::size_t{1024} * 1024;

/// A copy of the embedded database that has no name any more once it is open.
class unnamed_copy {
 public:
  explicit unnamed_copy(const std::string& folder) : file_(copy(folder)) {
    ::unlink(path(folder).c_str());
  }
  std::string read() { return file_.read(k_read_block); }

 private:
  static std::string path(const std::string& folder) { return folder + "/backup.tmp"; }
  static std::string copy(const std::string& folder) {
    ::unlink(path(folder).c_str());  // of a backup that was cut off; the lock is ours
    sqlite::database from(folder + "/" + std::string(k_sqlite), {});
    sqlite::backup(from, path(folder));
    return path(folder);
  }

  input_file file_;
};

void put_database(archive_writer& to, const installation& home) {
  if (home.settings.embedded()) {
    to.begin(k_sqlite);
    unnamed_copy copy(home.folder);
    for (auto block = copy.read(); !block.empty(); block = copy.read()) to.put(block);
  } else {
    to.begin(k_postgres);
    dump_postgres(home.settings.database, [&to](std::string_view block) { to.put(block); }).value();
  }
  to.end();
}

/// What a backup holds besides the database.
struct contents {
  config settings;
  auth::server_keys keys;
  bool embedded = true;
};

result<archive_reader> open_archive(input_file& file, const crypto::secret& passphrase) {
  auto sealed = auth::sealed_reader::open(auth::sealed_kind::backup, passphrase,
                                          [&file](std::size_t size) { return file.read(size); });
  if (!sealed) return sealed.error();
  return archive_reader(std::move(*sealed));
}

/// Reads the file to its authentic end.
result<contents> check_backup(const std::string& path, const crypto::secret& passphrase) {
  input_file file(path);
  auto archive = open_archive(file, passphrase);
  if (!archive) return archive.error();
  std::optional<config> settings;
  std::optional<auth::server_keys> keys;
  std::optional<bool> embedded;
  while (true) {
    const auto name = archive->next();
    if (!name) return name.error();
    if (!*name) break;
    if (**name == k_config || **name == k_keys) {
      auto text = archive->read_all(k_small_file);
      if (!text) return text.error();
      if (**name == k_config) {
        auto read = decode_config(*text);
        if (!read) return read.error();
        settings = std::move(*read);
      } else {
        auto read = auth::decode_keys(*text);
        if (!read) return read.error();
        keys.emplace(std::move(*read));
        wipe(*text);
      }
      continue;
    }
    if (**name == k_sqlite || **name == k_postgres) embedded = **name == k_sqlite;
    while (true) {
      const auto block = archive->read();
      if (!block) return block.error();
      if (block->empty()) break;
    }
  }
  if (!settings || !keys || !embedded) {
    return fail(errc::malformed, "The backup is not whole: it lacks keys, settings or database.");
  }
  return contents{std::move(*settings), std::move(*keys), *embedded};
}

/// An archive at the start of the database's bytes.
result<archive_reader> database_part(input_file& file, const crypto::secret& passphrase) {
  auto archive = open_archive(file, passphrase);
  if (!archive) return archive.error();
  while (true) {
    const auto name = archive->next();
    if (!name) return name.error();
    if (!*name) return fail(errc::malformed, "The backup holds no database.");
    if (**name == k_sqlite || **name == k_postgres) return std::move(*archive);
    if (auto skipped = archive->read_all(k_small_file); !skipped) return skipped.error();
  }
}

result<void> write_sqlite(const std::string& folder, archive_reader& from) {
  output_file to(folder + "/" + std::string(k_sqlite));
  while (true) {
    const auto block = from.read();
    if (!block) return block.error();
    if (block->empty()) break;
    to.write(*block);
  }
  to.keep();
  return {};
}

result<void> check_target(const std::string& folder) {
  std::error_code ec;
  if (!std::filesystem::exists(folder, ec)) return {};
  if (!std::filesystem::is_directory(folder, ec)) {
    return fail(errc::usage, folder + " is not a folder.", "data");
  }
  if (std::filesystem::is_empty(folder, ec) && !ec) return {};
  if (std::filesystem::exists(config_path(folder), ec)) {
    const auto lock = lock_folder(folder);
    if (!lock) return lock.error();
  }
  return fail(errc::already_exists,
              folder + " is not empty; restore into a new folder, then move it into place.",
              "data");
}

result<void> check_empty_database(const config& settings) {
  auto database = open_database({}, settings, false, false);
  if (!database) return database.error();
  if (schema_is_empty(**database)) return {};
  return fail(errc::already_exists,
              "The PostgreSQL database is not empty; make a new one and name it with --database.",
              "database");
}

result<void> put_in_place(const std::string& folder, const std::string& file,
                          const crypto::secret& passphrase, const contents& what) {
  input_file again(file);
  auto archive = database_part(again, passphrase);
  if (!archive) return archive.error();
  if (what.embedded) {
    if (auto written = write_sqlite(folder, *archive); !written) return written.error();
  } else {
    auto restored =
        restore_postgres(what.settings.database, [&archive] { return archive->read(); });
    if (!restored) return restored.error();
  }
  if (auto saved = auth::save_keys(folder, what.keys); !saved) return saved.error();
  return save_config(folder, what.settings);
}

result<void> copy_journal(input_file& from, const std::string& folder) {
  try {
    output_file to(journal_path(folder));
    for (auto block = from.read(k_read_block); !block.empty(); block = from.read(k_read_block)) {
      to.write(block);
    }
    to.keep();
  } catch (const error_exception& e) {
    return e.get();
  }
  return {};
}

}  // namespace

result<backup_report> make_backup(const std::string& folder, const std::string& file,
                                  const crypto::secret& passphrase, const clock_source& clock,
                                  random_source& random) {
  // Of an older schema, too: a backup comes before `migrate`, and the old program may be gone.
  const auto home = open_installation(folder, folder_use::copying);
  if (!home) return home.error();
  const auto lock =
      sqlite::lock_file::acquire(folder + "/backup.lock", std::chrono::milliseconds(0));
  if (!lock) return fail(errc::replica_busy, "Another backup of this folder is being made.");
  output_file out(file);
  auth::sealed_writer sealed(auth::sealed_kind::backup, passphrase, random,
                             [&out](std::string_view part) { out.write(part); });
  archive_writer to(sealed);
  const nlohmann::json manifest{{"v", 1},
                                {"made_at", format_time(clock.now())},
                                {"server", home->keys.server.text()},
                                {"database", home->settings.embedded() ? "sqlite" : "postgresql"}};
  to.add(k_manifest, manifest.dump());
  to.add(k_config, encode_config(home->settings));
  std::string keys = auth::encode_keys(home->keys);
  to.add(k_keys, keys);
  wipe(keys);
  put_database(to, *home);
  to.finish();
  out.keep();
  return backup_report{file, out.size()};
}

result<void> restore_backup(const std::string& folder, const std::string& file,
                            const crypto::secret& passphrase,
                            const std::optional<std::string>& database,
                            const std::optional<std::string>& journal) {
  std::optional<input_file> acts;  // opened first: it may not be there
  if (journal) acts.emplace(*journal);
  if (auto checked = check_target(folder); !checked) return checked.error();
  if (auto own = check_data_folder(folder); !own) return own.error();
  auto what = check_backup(file, passphrase);
  if (!what) return what.error();
  if (what->embedded) {
    if (database) {
      return fail(errc::usage, "The backup is of an embedded database; leave out --database.",
                  "database");
    }
  } else {
    if (database) what->settings.database = *database;
    if (auto checked = check_empty_database(what->settings); !checked) return checked.error();
  }
  if (auto made = auth::make_private_folder(folder); !made) return made.error();
  auto placed = put_in_place(folder, file, passphrase, *what);
  if (placed && acts) placed = copy_journal(*acts, folder);
  if (placed) return placed;
  std::error_code ec;
  for (const auto name : {k_sqlite, k_keys, k_config}) {
    std::filesystem::remove(folder + "/" + std::string(name), ec);
  }
  return placed;
}

}  // namespace autocusto::app
