#include "client/replica/file/replica_file.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "client/replica/file/codec.hpp"
#include "client/replica/file/commit_count.hpp"

namespace autocusto::replica {
namespace {

// From this size on the write-ahead log is moved into the file after a commit.
constexpr std::int64_t k_long_wal = std::int64_t{16} * 1024 * 1024;
// Enough for the inner pages of 100,000 records; the memory of a laptop's program stays small.
constexpr std::int64_t k_cache_bytes = std::int64_t{16} * 1024 * 1024;

constexpr vault::cell_place setting_place(std::int64_t row) {
  return {.table = "setting", .row = row, .column = "value"};
}

constexpr vault::cell_place label_place(std::int64_t row) {
  return {.table = "label", .row = row, .column = "value"};
}

vault::cell_place entry_place(const entry_table& table, std::int64_t row) {
  return {.table = table.name, .row = row, .column = "entry"};
}

}  // namespace

entry_table::entry_table(const std::string& table)
    : name(table),
      get("SELECT entry FROM " + table + " WHERE id = ?"),
      put("INSERT OR REPLACE INTO " + table + " (id, entry) VALUES (?, ?)"),
      remove("DELETE FROM " + table + " WHERE id = ?"),
      all("SELECT id, entry FROM " + table + " ORDER BY id") {}

const entry_table k_waiting("waiting");
const entry_table k_unpulled("unpulled");
const entry_table k_discard("discard");
const entry_table k_refused("refused");
const entry_table k_mark("mark");
const entry_table k_notice("notice");

void empty_tables(sqlite::database& db) {
  db.execute(
      "DELETE FROM holding; DELETE FROM setting; DELETE FROM label; DELETE FROM waiting; "
      "DELETE FROM unpulled; DELETE FROM discard; DELETE FROM refused; DELETE FROM mark; "
      "DELETE FROM notice;");
}

std::string database_path(const std::string& home) {
  return home + "/replica.sqlite";
}

std::string lock_path(const std::string& home) {
  return home + "/replica.lock";
}

sqlite::open_options file_options(sqlite::open_mode mode) {
  return {.mode = mode,
          .secure_delete = true,
          .busy_timeout = k_lock_wait,
          .cache_bytes = k_cache_bytes};
}

write_scope::write_scope(replica_file& file, sqlite::lock_file lock)
    : lock_(std::move(lock)),
      file_(file),
      db_(file.db()),
      changes_before_(file.db().total_changes()),
      transaction_(file.db()) {}

void write_scope::commit_counted() {
  if (db_.total_changes() == changes_before_) return transaction_.commit();
  const std::int64_t inside = file_.count(k_commits);
  const std::int64_t beside = commits_beside(file_.home());
  if (const auto lost = commits_lost(inside, beside); lost > 0) {
    file_.put_number(k_commits_missing, file_.count(k_commits_missing) + lost);
  }
  const std::int64_t count = std::max(inside, beside) + 1;
  file_.put_number(k_commits, count);
  transaction_.commit();
  note_commits_beside(file_.home(), count);
}

void write_scope::commit() {
  commit_counted();
  if (db_.wal_bytes() > k_long_wal) db_.checkpoint(sqlite::checkpoint_mode::passive);
}

bool write_scope::commit_and_truncate() {
  commit_counted();
  return db_.checkpoint(sqlite::checkpoint_mode::truncate);
}

result<std::unique_ptr<write_scope>> replica_file::begin() {
  auto lock = sqlite::lock_file::acquire(lock_path(home_), k_lock_wait);
  if (!lock) return lock.error();
  if (truncate_due_) truncate_due_ = !db_->checkpoint(sqlite::checkpoint_mode::truncate);
  auto scope = std::make_unique<write_scope>(*this, *std::move(lock));
  // Another process may have wiped the folder; this connection then writes a file without a name.
  if (!db_->ask("SELECT 1 FROM vault")->step()) {
    return fail(errc::not_enrolled, "This replica was wiped; enroll this laptop again.");
  }
  return scope;
}

std::int64_t replica_file::named_row(std::string_view what, std::string_view name) const {
  const auto hash = keys_.lookup(what, name);
  std::uint64_t bits = 0;
  std::memcpy(&bits, hash.data(), sizeof bits);
  return static_cast<std::int64_t>(bits >> 1);
}

std::optional<bytes> replica_file::get(std::string_view name) {
  const auto row = named_row("setting", name);
  auto q = db_->ask("SELECT value FROM setting WHERE id = ?");
  q->bind_int(1, row);
  if (!q->step()) return std::nullopt;
  auto plain = keys_.cells().open(setting_place(row), q->column_view(0));
  if (!plain) throw_damaged("a setting");
  return plain;
}

void replica_file::put(std::string_view name, std::string_view value) {
  const auto row = named_row("setting", name);
  const bytes cell = keys_.cells().seal(setting_place(row), value);
  auto q = db_->ask("INSERT OR REPLACE INTO setting (id, value) VALUES (?, ?)");
  q->bind_int(1, row).bind_blob_static(2, cell);
  q->run();
}

void replica_file::forget(std::string_view name) {
  auto q = db_->ask("DELETE FROM setting WHERE id = ?");
  q->bind_int(1, named_row("setting", name));
  q->run();
}

std::int64_t replica_file::get_number(std::string_view name) {
  const auto cell = get(name);
  if (!cell) return 0;
  unpacker in(*cell);
  const auto value = in.number();
  in.finish();
  return value;
}

std::int64_t replica_file::count(std::string_view name) {
  try {
    return get_number(name);
  } catch (const error_exception&) {
    return 0;
  }
}

void replica_file::put_number(std::string_view name, std::int64_t value) {
  packer out;
  out.number(value);
  put(name, out.view());
}

std::string replica_file::label(std::string_view what, std::string_view id) {
  const auto row = named_row(what, id);
  auto q = db_->ask("SELECT value FROM label WHERE id = ?");
  q->bind_int(1, row);
  if (!q->step()) return {};
  auto plain = keys_.cells().open(label_place(row), q->column_view(0));
  if (!plain) throw_damaged("a name");
  return *std::move(plain);
}

void replica_file::put_label(std::string_view what, std::string_view id, std::string_view value) {
  if (!value.empty() && label(what, id) == value) return;
  const auto row = named_row(what, id);
  const bytes cell = keys_.cells().seal(label_place(row), value);
  auto q = db_->ask("INSERT OR REPLACE INTO label (id, value) VALUES (?, ?)");
  q->bind_int(1, row).bind_blob_static(2, cell);
  q->run();
}

std::optional<bytes> replica_file::entry(const entry_table& table, std::int64_t id,
                                         vault::cell_sealer& sealer) {
  auto q = db_->ask(table.get);
  q->bind_int(1, id);
  if (!q->step()) return std::nullopt;
  return open_entry(table, id, q->column_view(0), sealer);
}

void replica_file::put_entry(const entry_table& table, std::int64_t id, std::string_view plain,
                             vault::cell_sealer& sealer) {
  const bytes cell = sealer.seal(entry_place(table, id), plain);
  auto q = db_->ask(table.put);
  q->bind_int(1, id).bind_blob_static(2, cell);
  q->run();
}

void replica_file::remove_entry(const entry_table& table, std::int64_t id) {
  auto q = db_->ask(table.remove);
  q->bind_int(1, id);
  q->run();
}

void replica_file::each_entry(
    const entry_table& table,
    const std::function<void(std::int64_t id, std::string_view sealed)>& each) {
  auto q = db_->ask(table.all);
  while (q->step()) each(q->column_int(0), q->column_view(1));
}

void replica_file::each_entry_while(
    const entry_table& table,
    const std::function<bool(std::int64_t id, std::string_view sealed)>& each) {
  auto q = db_->ask(table.all);
  while (q->step() && each(q->column_int(0), q->column_view(1))) {
  }
}

bytes replica_file::open_entry(const entry_table& table, std::int64_t id, std::string_view sealed,
                               vault::cell_sealer& sealer) {
  auto plain = sealer.open(entry_place(table, id), sealed);
  if (!plain) throw_damaged("an entry of the table " + table.name);
  return *std::move(plain);
}

void replica_file::check_cells(const std::function<void(bool sound)>& each) {
  {
    auto q = db_->ask("SELECT id, value FROM setting");
    while (q->step()) {
      each(keys_.cells().open(setting_place(q->column_int(0)), q->column_view(1)).has_value());
    }
  }
  auto q = db_->ask("SELECT id, value FROM label");
  while (q->step()) {
    each(keys_.cells().open(label_place(q->column_int(0)), q->column_view(1)).has_value());
  }
}

std::int64_t replica_file::random_row() {
  std::uint64_t raw = 0;
  std::uint8_t drawn[sizeof raw];
  random_->fill(drawn);
  std::memcpy(&raw, drawn, sizeof raw);
  return static_cast<std::int64_t>(raw >> 1) | 1;
}

}  // namespace autocusto::replica
