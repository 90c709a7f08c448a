#include "shared/sqlite/migrator.hpp"

#include "shared/sqlite/transaction.hpp"

namespace autocusto::sqlite {
namespace {

bool has_table(database& on) {
  auto ask = on.ask("SELECT 1 FROM sqlite_schema WHERE type='table' AND name='schema_migration'");
  return ask->step();
}

std::vector<applied_migration> applied(database& on) {
  std::vector<applied_migration> found;
  if (!has_table(on)) return found;
  auto ask =
      on.ask("SELECT number, name, checksum, applied_at FROM schema_migration ORDER BY number");
  while (ask->step()) {
    found.push_back({static_cast<int>(ask->column_int(0)), ask->column_bytes(1),
                     ask->column_bytes(2), ask->column_int(3)});
  }
  return found;
}

void run_step(database& on, const migration_step& step, unix_millis now) {
  const migration& what = *step.what;
  on.execute(std::string(step.up ? what.up : what.down));
  if (step.up) {
    auto add = on.ask(
        "INSERT INTO schema_migration (number, name, checksum, applied_at) VALUES (?,?,?,?)");
    add->bind_int(1, what.number).bind_text(2, what.name).bind_text(3, what.checksum);
    add->bind_int(4, now).run();
  } else {
    auto drop = on.ask("DELETE FROM schema_migration WHERE number=?");
    drop->bind_int(1, what.number).run();
  }
}

}  // namespace

std::vector<migration_status> migration_states(database& on, std::span<const migration> known) {
  const auto found = applied(on);
  return compare_migrations(known, found);
}

result<std::vector<migration_step>> migrate(database& on, std::span<const migration> known,
                                            std::optional<int> target, bool dry_run,
                                            unix_millis now) {
  const auto before = applied(on);
  auto plan = plan_migrations(known, before, target);
  if (!plan || dry_run) return plan;
  for (const migration_step& step : *plan) {
    transaction scope(on);
    on.execute(
        "CREATE TABLE IF NOT EXISTS schema_migration (number INTEGER PRIMARY KEY, "
        "name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT");
    run_step(on, step, now);
    scope.commit();
  }
  return plan;
}

}  // namespace autocusto::sqlite
