#include "shared/sqlite/database.hpp"

#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include "shared/base/own_files.hpp"

namespace autocusto::sqlite {
namespace {

// The WAL file shrinks to this when it starts again from its beginning.
constexpr std::int64_t k_journal_size_limit = std::int64_t{16} * 1024 * 1024;
constexpr int k_page_bytes = 4096;
constexpr int k_synchronous_full = 2;

[[noreturn]] void fail(sqlite3* db, const std::string& what, int code) {
  if (db == nullptr) throw sqlite_error(what + ": " + sqlite3_errstr(code), code);
  throw sqlite_error(what + ": " + sqlite3_errmsg(db), sqlite3_extended_errcode(db));
}

[[noreturn]] void fail_system(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

// Made before SQLite opens it, so that nobody else can ever read it.
void make_private_file(const std::string& path, int extra_flags) {
  const int fd =
      ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | extra_flags, 0600);
  if (fd < 0) fail_system("the database file " + path + " cannot be made");
  ::close(fd);
}

void flush_folder_of(const std::string& path) {
  std::string folder = std::filesystem::path(path).parent_path().string();
  if (folder.empty()) folder = ".";
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) fail_system("the folder " + folder + " cannot be opened");
  const int failed = ::fsync(fd);
  ::close(fd);
  if (failed != 0) fail_system("the folder " + folder + " cannot be flushed");
}

void set_config(sqlite3* db, int option, int value) {
  const int code = sqlite3_db_config(db, option, value, nullptr);
  if (code != SQLITE_OK) fail(db, "the database cannot be configured", code);
}

std::int64_t pragma_value(database& db, std::string_view pragma) {
  statement ask(db, pragma);
  return ask.step() ? ask.column_int(0) : -1;
}

extern "C" int note_wal_size(void* size, sqlite3* /*db*/, const char* /*name*/, int pages) {
  *static_cast<std::int64_t*>(size) = std::int64_t{pages} * k_page_bytes;
  return SQLITE_OK;
}

/// SQLite would count its memory, under one lock of the whole process, for a figure that nobody
/// asks for. Only before its first use can it be told not to.
void count_no_memory() {
  static const int told = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  static_cast<void>(told);
}

/// As a URI of SQLite: everything but plain letters and digits escaped.
std::string uri_of(const std::string& path) {
  constexpr std::string_view k_digits = "0123456789ABCDEF";
  std::string out = "file:";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '/' || c == '.' || c == '_' || c == '-';
    if (plain) {
      out += c;
    } else {
      out += {'%', k_digits[byte >> 4U], k_digits[byte & 0xFU]};
    }
  }
  return out;
}

/// What a disk without room, or one that cannot be written, answers to SQLite's helper files.
bool helper_files_failed(const sqlite_error& e) {
  return e.code() == SQLITE_FULL || e.code() == SQLITE_CANTOPEN || e.code() == SQLITE_READONLY ||
         e.code() == SQLITE_IOERR;
}

bool log_holds_something(const std::string& path) {
  std::error_code missing;
  const auto size = std::filesystem::file_size(path + "-wal", missing);
  return !missing && size > 0;
}

/// On a disk that cannot be written.
std::unique_ptr<database> open_to_read(const std::string& path, open_options options) {
  options.mode = log_holds_something(path) ? open_mode::read_only : open_mode::frozen;
  try {
    auto db = std::make_unique<database>(path, options);
    statement(*db, "SELECT count(*) FROM sqlite_master").step();
    return db;
  } catch (const sqlite_error& e) {
    if (options.mode == open_mode::frozen) throw;
    throw sqlite_error("the last changes stand in a log that cannot be read on a read-only disk: " +
                           std::string(e.what()),
                       SQLITE_READONLY);
  }
}

}  // namespace

std::unique_ptr<database> open_as_possible(const std::string& path, const open_options& options) {
  try {
    auto db = std::make_unique<database>(path, options);
    statement(*db, "SELECT count(*) FROM sqlite_master").step();
    return db;
  } catch (const sqlite_error& e) {
    if (!helper_files_failed(e)) throw;
    const std::string folder = std::filesystem::path(path).parent_path().string();
    if (::access(path.c_str(), W_OK) != 0 || ::access(folder.c_str(), W_OK) != 0) {
      return open_to_read(path, options);
    }
  }
  open_options alone = options;
  alone.mode = open_mode::alone;
  auto db = std::make_unique<database>(path, alone);
  statement(*db, "SELECT count(*) FROM sqlite_master").step();
  return db;
}

void database::closer::operator()(sqlite3* db) const noexcept {
  sqlite3_close_v2(db);
}

database::database(const std::string& path, const open_options& options) : path_(path) {
  count_no_memory();
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const bool frozen = options.mode == open_mode::frozen;
  if (options.mode == open_mode::read_only || frozen) {
    flags |= SQLITE_OPEN_READONLY;
  } else {
    flags |= SQLITE_OPEN_READWRITE;
  }
  // By name: to open and close the file would give up the locks that other connections of the
  // process hold on it.
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) check_own_file(path + suffix).value();
  if (frozen) flags |= SQLITE_OPEN_URI;
  if (options.mode == open_mode::create) make_private_file(path, 0);
  sqlite3* raw = nullptr;
  const std::string name = frozen ? uri_of(path) + "?immutable=1" : path;
  const int code = sqlite3_open_v2(name.c_str(), &raw, flags, nullptr);
  handle_.reset(raw);
  if (code != SQLITE_OK) fail(raw, "the database file " + path + " cannot be opened", code);
  configure(options);
}

database::~database() {
  cache_.clear();  // statements before their connection
}

void database::configure(const open_options& options) {
  sqlite3* db = handle_.get();
  sqlite3_busy_timeout(db, static_cast<int>(options.busy_timeout.count()));
  set_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1);
  set_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0);
  set_config(db, SQLITE_DBCONFIG_ENABLE_FKEY, 1);
  const bool reads_only = options.mode == open_mode::read_only || options.mode == open_mode::frozen;
  // Before the log is first looked at: then its index is in memory.
  if (options.mode == open_mode::alone) execute("PRAGMA locking_mode=EXCLUSIVE");
  if (reads_only) set_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1);
  execute("PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY; PRAGMA cell_size_check=ON;");
  execute("PRAGMA cache_size=-" + std::to_string(options.cache_bytes / 1024));
  if (!reads_only) {
    execute("PRAGMA page_size=" + std::to_string(k_page_bytes));
    execute("PRAGMA journal_mode=WAL; PRAGMA journal_size_limit=" +
            std::to_string(k_journal_size_limit));
    execute(options.secure_delete ? "PRAGMA secure_delete=ON" : "PRAGMA secure_delete=OFF");
    statement mode(*this, "PRAGMA journal_mode");
    if (!mode.step() || mode.column_view(0) != "wal") {
      throw sqlite_error("the database file " + path_ + " cannot use a write-ahead log here; " +
                             "put it on a local disk",
                         SQLITE_CANTOPEN);
    }
  }
  execute("PRAGMA synchronous=FULL");
  if (pragma_value(*this, "PRAGMA synchronous") != k_synchronous_full) {
    throw sqlite_error("this SQLite refuses to write durably", SQLITE_MISUSE);
  }
  sqlite3_wal_autocheckpoint(db, 0);
  sqlite3_wal_hook(db, note_wal_size, &wal_bytes_);
}

void database::execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(handle_.get(), "the database failed", code);
}

std::int64_t database::changes() const {
  return sqlite3_changes64(handle_.get());
}

std::int64_t database::total_changes() const {
  return sqlite3_total_changes64(handle_.get());
}

bool database::in_transaction() const {
  return sqlite3_get_autocommit(handle_.get()) == 0;
}

std::int64_t database::wal_bytes() const {
  return wal_bytes_;
}

bool database::checkpoint(checkpoint_mode mode) {
  const int how =
      mode == checkpoint_mode::passive ? SQLITE_CHECKPOINT_PASSIVE : SQLITE_CHECKPOINT_TRUNCATE;
  int log_frames = 0;
  int moved_frames = 0;
  const int code =
      sqlite3_wal_checkpoint_v2(handle_.get(), nullptr, how, &log_frames, &moved_frames);
  if (code == SQLITE_BUSY) return false;  // readers are in the way; the next time will do
  if (code != SQLITE_OK) fail(handle_.get(), "the write-ahead log cannot be moved", code);
  if (log_frames == moved_frames) wal_bytes_ = 0;
  return log_frames == moved_frames;
}

void database::interrupt() noexcept {
  sqlite3_interrupt(handle_.get());
}

void backup(database& from, const std::string& to) {
  make_private_file(to, O_EXCL);
  sqlite3* raw = nullptr;
  const int opened =
      sqlite3_open_v2(to.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  struct close_guard {
    sqlite3* db;
    ~close_guard() { sqlite3_close_v2(db); }
  } guard{raw};
  if (opened != SQLITE_OK) fail(raw, "the copy " + to + " cannot be opened", opened);
  sqlite3_backup* copy = sqlite3_backup_init(raw, "main", from.handle(), "main");
  if (copy == nullptr) fail(raw, "the copy " + to + " cannot be started", SQLITE_ERROR);
  const int stepped = sqlite3_backup_step(copy, -1);
  const int finished = sqlite3_backup_finish(copy);
  if (stepped != SQLITE_DONE) fail(nullptr, "the copy " + to + " failed", stepped);
  if (finished != SQLITE_OK) fail(raw, "the copy " + to + " failed", finished);
  // The copied header says WAL; a copy is one file that can be moved about.
  const int code = sqlite3_exec(raw, "PRAGMA journal_mode=DELETE", nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(raw, "the copy " + to + " cannot be closed", code);
  flush_folder_of(to);
}

}  // namespace autocusto::sqlite
