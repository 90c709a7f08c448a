// The server's program is replaced: the database is migrated, on a disk that may fail meanwhile.
#include "server/store/sqlite/migrations.hpp"
#include "shared/sqlite/migrator.hpp"
#include "tests/simulation/real_server.hpp"

namespace autocusto::simulation {
namespace {

/// What a next program could bring: it rewrites every version and view, and a large table anew.
/// Today's program runs on it, because it names the columns that it wants.
constexpr std::string_view k_up = R"sql(
  ALTER TABLE version ADD COLUMN next_program TEXT NOT NULL DEFAULT '';
  UPDATE version SET next_program = hex(header);
  CREATE TABLE next_payload (version INTEGER PRIMARY KEY REFERENCES version, bytes BLOB NOT NULL)
    STRICT;
  INSERT INTO next_payload SELECT version, bytes FROM version_payload;
  DROP TABLE version_payload;
  ALTER TABLE next_payload RENAME TO version_payload;
  DROP INDEX view_open;
  UPDATE view SET heads = heads, drafts = drafts;
  CREATE UNIQUE INDEX view_open ON view (record, owner) WHERE open = 1;
)sql";
/// Taking a column away writes every row again.
constexpr std::string_view k_down = "ALTER TABLE version DROP COLUMN next_program;";

std::vector<migration> with_next() {
  const auto known = store::sqlite_migrations();
  std::vector<migration> all(known.begin(), known.end());
  all.push_back({.number = all.back().number + 1,
                 .name = "next_program",
                 .up = k_up,
                 .down = k_down,
                 .checksum = "next"});
  return all;
}

/// As `autocusto-server migrate` does it, with one connection that nobody shares.
void migrate(const std::string& file, const std::vector<migration>& known, int target) {
  sqlite::open_options writing;
  writing.mode = sqlite::open_mode::read_write;
  sqlite::database on(file, writing);
  static_cast<void>(sqlite::migrate(on, known, target, false, 0).value());
}

}  // namespace

bool real_server::upgrade(std::uint64_t how) {
  crash();
  disk_.mend();
  const auto file = folder_ + "/store.sqlite";
  const auto known = with_next();
  const bool back = [&] {
    sqlite::database on(file, {});
    return sqlite::migration_states(on, known).back().applied;
  }();
  const int target = back ? known.back().number - 1 : known.back().number;
  if (how % 3 != 0) {
    constexpr std::uint64_t changes = 60;
    disk_.arm(how % 3 == 1 ? test::disk_fault::power_loss : test::disk_fault::fails,
              1 + how / 3 % changes);
    try {
      migrate(file, known, target);
    } catch (const sqlite::sqlite_error&) {
      // The administrator sees that it failed, and starts it again.
    }
    if (how % 3 == 1) disk_.settle(test::torn::some, how);
    disk_.mend();
  }
  migrate(file, known, target);
  return true;
}

}  // namespace autocusto::simulation
