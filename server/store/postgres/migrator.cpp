#include "server/store/postgres/migrator.hpp"

#include "server/store/postgres/connection.hpp"

namespace autocusto::store {
namespace {

// Held for the session; any number will do as long as it is always the same.
constexpr const char* k_lock = "SELECT pg_advisory_lock(7310287016245123401)";

std::vector<applied_migration> applied(pg_connection& on) {
  static constexpr sql_query exists{
      "migration_table",
      "SELECT CASE WHEN to_regclass('schema_migration') IS NULL THEN 0 ELSE 1 END"};
  static constexpr sql_query all{
      "migrations",
      "SELECT number, name, checksum, applied_at FROM schema_migration ORDER BY number"};
  std::vector<applied_migration> found;
  bool has_table = false;
  on.run(exists, {}, [&](const sql_row& row) { has_table = row.integer(0) != 0; });
  if (!has_table) return found;
  on.run(all, {}, [&](const sql_row& row) {
    found.push_back({static_cast<int>(row.integer(0)), std::string(row.bytes(1)),
                     std::string(row.bytes(2)), row.integer(3)});
  });
  return found;
}

void run_step(pg_connection& on, const migration_step& step, unix_millis now) {
  static constexpr sql_query add{
      "add_migration",
      "INSERT INTO schema_migration (number, name, checksum, applied_at) VALUES ($1, $2, $3, $4)"};
  static constexpr sql_query drop{"drop_migration", "DELETE FROM schema_migration WHERE number=$1"};
  const migration& what = *step.what;
  const auto nothing = [](const sql_row&) {};
  on.execute("begin", "BEGIN");
  on.execute(what.name, std::string(step.up ? what.up : what.down));
  if (step.up) {
    on.run(add, {what.number, sql_text(what.name), sql_text(what.checksum), now}, nothing);
  } else {
    on.run(drop, {what.number}, nothing);
  }
  on.commit();
}

}  // namespace

std::vector<migration_status> postgres_migration_states(const std::string& url) {
  pg_connection on(url);
  const auto found = applied(on);
  return compare_migrations(postgres_migrations(), found);
}

result<std::vector<migration_step>> migrate_postgres(const std::string& url,
                                                     std::optional<int> target, bool dry_run,
                                                     unix_millis now) {
  pg_connection on(url);
  if (dry_run) {
    const auto before = applied(on);
    return plan_migrations(postgres_migrations(), before, target);
  }
  // A migration may take long, and so may waiting for another process that migrates.
  on.execute("session", "SET statement_timeout=0; SET lock_timeout=0");
  on.wait_without_limit();
  on.execute("migration lock", k_lock);
  const auto before = applied(on);
  auto plan = plan_migrations(postgres_migrations(), before, target);
  if (!plan) return plan;
  on.execute("migration table",
             "CREATE TABLE IF NOT EXISTS schema_migration (number bigint PRIMARY KEY, "
             "name text NOT NULL, checksum text NOT NULL, applied_at bigint NOT NULL)");
  for (const migration_step& step : *plan) run_step(on, step, now);
  return plan;
}

}  // namespace autocusto::store
