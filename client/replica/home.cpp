// Making, opening and wiping a replica.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/replica/edit/editor.hpp"
#include "client/replica/file/commit_count.hpp"
#include "client/replica/file/replica_file.hpp"
#include "client/replica/identity/identity_store.hpp"
#include "client/replica/own_home.hpp"
#include "client/replica/read/reader.hpp"
#include "client/replica/replica.hpp"
#include "client/replica/sync/sync_store.hpp"
#include "shared/base/own_files.hpp"
#include "shared/passphrase/cost.hpp"
#include "shared/sqlite/migrator.hpp"

namespace autocusto::replica {
namespace {

namespace fs = std::filesystem;

error none_here() {
  return fail(errc::not_enrolled,
              "There is no replica in this folder; enroll this laptop with the link from your "
              "administrator.");
}

/// Whether the file is gone or empty, though it has been written here.
bool is_lost(const std::string& home) {
  std::error_code none;
  const auto size = fs::file_size(database_path(home), none);
  return (none || size == 0) && commits_beside(home) > 0;
}

error lost() {
  return fail(errc::database,
              "The file of this laptop's records is missing or empty. Put replica.sqlite back from "
              "a copy of the folder, or run `autocusto wipe` and enroll again; what the server has "
              "comes back.");
}

/// Makes the folder, readable by its owner only; what exists stays as it is.
void make_home(const std::string& home) {
  const fs::path path(home);
  if (path.has_parent_path()) fs::create_directories(path.parent_path());
  if (::mkdir(home.c_str(), 0700) != 0 && errno != EEXIST) {
    throw std::system_error(errno, std::generic_category(), "the folder cannot be made");
  }
}

/// A new file's name is on disk only when its folder is.
void flush_folder(const std::string& home) {
  const int fd = ::open(home.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "the folder cannot be read");
  const int failed = ::fsync(fd);
  ::close(fd);
  if (failed != 0) {
    throw std::system_error(errno, std::generic_category(), "the folder cannot be flushed");
  }
}

std::optional<bytes> envelope_in(sqlite::database& db) {
  if (!db.ask("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'vault'")->step()) {
    return std::nullopt;
  }
  auto q = db.ask("SELECT envelope FROM vault WHERE id = 1");
  if (!q->step()) return std::nullopt;
  return q->column_bytes(0);
}

void write_envelope(sqlite::database& db, std::string_view envelope) {
  auto q = db.ask(
      "INSERT INTO vault (id, envelope) VALUES (1, ?) "
      "ON CONFLICT (id) DO UPDATE SET envelope = excluded.envelope");
  q->bind_blob(1, envelope);
  q->run();
}

/// Brings an older file to this program's tables, under the lock.
result<void> bring_up_to_date(const std::string& home, sqlite::database& db,
                              const environment& env) {
  const auto steps = sqlite::migrate(db, replica_migrations(), std::nullopt, true, env.clock.now());
  if (!steps) return steps.error();
  if (steps->empty()) return {};
  const auto lock = sqlite::lock_file::acquire(lock_path(home), k_lock_wait);
  if (!lock) return lock.error();
  const auto done = sqlite::migrate(db, replica_migrations(), std::nullopt, false, env.clock.now());
  if (!done) return done.error();
  return {};
}

/// Deletes the keys first and commits that, so that nothing is readable even if the rest is
/// interrupted.
void destroy_contents(const std::string& home) {
  sqlite::database db(database_path(home), file_options(sqlite::open_mode::read_write));
  if (!envelope_in(db)) return;
  {
    sqlite::transaction keys(db);
    db.execute("DELETE FROM vault");
    keys.commit();
    db.checkpoint(sqlite::checkpoint_mode::truncate);
  }
  sqlite::transaction rest(db);
  empty_tables(db);
  db.execute("DELETE FROM version;");
  rest.commit();
  db.checkpoint(sqlite::checkpoint_mode::truncate);
}

/// Whether the file cannot be emptied as a database: it is damaged, or SQLite has no room or no way
/// to write (SQLITE_IOERR, SQLITE_FULL, SQLITE_CANTOPEN).
bool cannot_be_emptied(const sqlite::sqlite_error& e) {
  return e.damaged() || e.code() == 10 || e.code() == 13 || e.code() == 14;
}

/// In place, which needs no room on the disk. What cannot be written is removed all the same.
void overwrite(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return;
  static constexpr std::array<char, 65536> k_nothing{};
  struct stat about {};
  off_t left = ::fstat(fd, &about) == 0 ? about.st_size : 0;
  while (left > 0) {
    const auto size = std::min(left, static_cast<off_t>(k_nothing.size()));
    const ssize_t done = ::write(fd, k_nothing.data(), static_cast<std::size_t>(size));
    if (done <= 0) break;
    left -= done;
  }
  ::fsync(fd);
  ::close(fd);
}

/// Whether an envelope can be written just now: writes the one that is there once more.
bool can_write(replica_file& file, std::string_view envelope) {
  try {
    auto scope = file.begin();
    if (!scope || envelope_in(file.db()) != envelope) return false;
    write_envelope(file.db(), std::string(envelope));
    (*scope)->commit();
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

/// Wraps the data key of an older program's envelope at today's cost. What is in the way (a full
/// disk, another process) stops nobody from working, and costs no derivation of a key: the next
/// unlock tries again.
void renew_envelope(replica_file& file, std::string_view before, std::string_view passphrase) {
  if (!vault::keyring::aged(before, file.passphrase_cost()) || !can_write(file, before)) return;
  const auto fresh = file.keys().envelope(passphrase, passphrase::choose(file.passphrase_cost()));
  if (!fresh) return;
  try {
    auto scope = file.begin();
    if (!scope || envelope_in(file.db()) != before) return;
    write_envelope(file.db(), *fresh);
    // As after a change: the cheap envelope must not be found in the log.
    if (!(*scope)->commit_and_truncate()) file.truncate_later();
  } catch (const std::exception&) {
    return;
  }
}

}  // namespace

result<void> check_home(const std::string& home) {
  const auto database = fs::path(database_path(home)).filename().string();
  const auto lock = fs::path(lock_path(home)).filename().string();
  if (auto checked =
          check_own(home, {database, database + "-wal", database + "-shm", database + "-journal",
                           lock, "replica.commits", "page.lock", "page.html"});
      !checked) {
    return checked;
  }
  return check_own_socket(home + "/page.sock");
}

std::string default_home() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  if (auto home = variable("AUTOCUSTO_HOME"); !home.empty()) return home;
  if (const auto data = variable("XDG_DATA_HOME"); !data.empty()) return data + "/autocusto";
  return variable("HOME") + "/.local/share/autocusto";
}

replica_store::replica_store(std::unique_ptr<replica_file> file) : file_(std::move(file)) {}
replica_store::~replica_store() = default;

reader replica_store::read() const {
  return reader(*file_);
}

editor replica_store::edit() {
  return editor(*file_);
}

identity_store replica_store::identity() {
  return identity_store(*file_);
}

sync_store replica_store::sync(std::size_t batch_size) {
  return sync_store(*file_, batch_size);
}

bool replica_store::exists(const std::string& home) {
  if (is_lost(home)) return true;
  if (!fs::exists(database_path(home))) return false;
  const auto db =
      sqlite::open_as_possible(database_path(home), file_options(sqlite::open_mode::read_write));
  return envelope_in(*db).has_value();
}

result<std::unique_ptr<replica_store>> replica_store::create(const std::string& home,
                                                             std::string_view passphrase,
                                                             const environment& env) {
  make_home(home);
  const auto lock = sqlite::lock_file::acquire(lock_path(home), k_lock_wait);
  if (!lock) return lock.error();
  auto random = std::make_unique<vault::random_pool>(env.random);
  auto keys = vault::keyring::create(*random);
  const auto envelope = keys.envelope(passphrase, passphrase::choose(env.passphrase_cost));
  if (!envelope) return envelope.error();
  auto db = std::make_unique<sqlite::database>(database_path(home),
                                               file_options(sqlite::open_mode::create));
  // A file without an envelope is one whose making was cut, or a wiped one.
  if (envelope_in(*db)) {
    return fail(errc::already_exists,
                "There is a replica in this folder already; open it, or wipe it first.");
  }
  const auto migrated =
      sqlite::migrate(*db, replica_migrations(), std::nullopt, false, env.clock.now());
  if (!migrated) return migrated.error();
  auto file =
      std::make_unique<replica_file>(home, std::move(db), std::move(random), std::move(keys), env);
  sqlite::transaction all(file->db());
  const auto device_key = crypto::signing_key::generate(env.random);
  write_envelope(file->db(), *envelope);
  file->put(k_device_key, device_key.seed());
  all.commit();
  flush_folder(home);
  return std::unique_ptr<replica_store>(new replica_store(std::move(file)));
}

result<std::unique_ptr<replica_store>> replica_store::open(const std::string& home,
                                                           std::string_view passphrase,
                                                           const environment& env) {
  if (is_lost(home)) return lost();
  if (!fs::exists(database_path(home))) return none_here();
  // Reading must go on a full and on a read-only disk.
  auto db =
      sqlite::open_as_possible(database_path(home), file_options(sqlite::open_mode::read_write));
  const auto envelope = envelope_in(*db);
  if (!envelope) return none_here();
  auto random = std::make_unique<vault::random_pool>(env.random);
  auto keys = vault::keyring::open(*envelope, passphrase, *random);
  if (!keys) return keys.error();
  if (auto current = bring_up_to_date(home, *db, env); !current) return current.error();
  auto file =
      std::make_unique<replica_file>(home, std::move(db), std::move(random), *std::move(keys), env);
  renew_envelope(*file, *envelope, passphrase);
  return std::unique_ptr<replica_store>(new replica_store(std::move(file)));
}

result<void> replica_store::wipe(const std::string& home) {
  if (!fs::exists(database_path(home))) {
    fs::remove(commit_count_path(home));
    return {};
  }
  const auto lock = sqlite::lock_file::acquire(lock_path(home), k_lock_wait);
  if (!lock) return lock.error();
  try {
    destroy_contents(home);
  } catch (const sqlite::sqlite_error& e) {
    // Such a file can still be removed; anything else must be known.
    if (!cannot_be_emptied(e)) throw;
    for (const char* suffix : {"", "-wal", "-journal"}) overwrite(database_path(home) + suffix);
  }
  fs::remove(commit_count_path(home));  // first: `is_lost` reads it when the file is missing
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
    fs::remove(database_path(home) + suffix);
  }
  flush_folder(home);
  return {};
}

result<void> sync_store::wipe() {
  return replica_store::wipe(file_->home());
}

result<void> replica_store::change_passphrase(std::string_view old_one, std::string_view new_one) {
  auto& file = *file_;
  auto scope = file.begin();
  if (!scope) return scope.error();
  const auto envelope = envelope_in(file.db());
  auto keys = vault::keyring::open(*envelope, old_one, file.random());
  if (!keys) return keys.error();
  const auto fresh = keys->envelope(new_one, passphrase::choose(file.passphrase_cost()));
  if (!fresh) return fresh.error();
  write_envelope(file.db(), *fresh);
  // The old envelope must not be found in the log: who knows the old passphrase could use it.
  if (!(*scope)->commit_and_truncate()) file.truncate_later();
  return {};
}

}  // namespace autocusto::replica
