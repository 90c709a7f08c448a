#include "server/store/imports/runs.hpp"

#include "server/store/people.hpp"
#include "server/store/sql/session.hpp"

namespace autocusto::store::imports::runs {
namespace {

#define SYNC_RUN_COLUMNS                                                                 \
  "i.pk, i.source, i.layout, i.options, i.started_at, i.finished_at, i.rolled_back_at, " \
  "i.versions, i.views, i.users, i.version_floor, i.view_floor"
constexpr int k_run_columns = 12;

import_run_row read_run(const sql_row& row) {
  import_run_row r;
  r.key = row.integer(0);
  r.source = row.bytes(1);
  r.layout = row.bytes(2);
  r.options = row.bytes(3);
  r.started_at = row.integer(4);
  r.finished_at = row.optional_integer(5);
  r.rolled_back_at = row.optional_integer(6);
  r.versions = row.integer(7);
  r.views = row.integer(8);
  r.users = row.integer(9);
  r.version_floor = row.integer(10);
  r.view_floor = row.integer(11);
  return r;
}

import_run_row read_run_with_report(const sql_row& row) {
  import_run_row r = read_run(row);
  if (!row.is_null(k_run_columns)) r.report = std::string(row.bytes(k_run_columns));
  return r;
}

}  // namespace

std::vector<import_run_row> reads::import_runs() {
  static constexpr sql_query q{"import_runs",
                               "SELECT " SYNC_RUN_COLUMNS " FROM import_run i ORDER BY i.pk"};
  return session_.list(q, {}, read_run);
}

std::optional<import_run_row> reads::import_run(pk run) {
  static constexpr sql_query q{
      "import_run", "SELECT " SYNC_RUN_COLUMNS ", i.report FROM import_run i WHERE i.pk=$1"};
  return session_.one(q, {run}, read_run_with_report);
}

std::vector<import_user_row> reads::import_users(std::string_view source) {
  static constexpr sql_query q{"import_users",
                               "SELECT legacy_id, owner, run, made, held FROM import_user WHERE "
                               "source=$1 ORDER BY legacy_id"};
  return session_.list(q, {sql_text(source)}, [](const sql_row& row) {
    return import_user_row{row.integer(0), row.integer(1), row.integer(2), row.integer(3) != 0,
                           static_cast<account_hold>(row.integer(4))};
  });
}

pk reads::greatest_version() {
  static constexpr sql_query q{"greatest_version", "SELECT coalesce(max(pk), 0) FROM version"};
  return session_.number(q, {});
}

pk reads::greatest_view() {
  static constexpr sql_query q{"greatest_view", "SELECT coalesce(max(pk), 0) FROM view"};
  return session_.number(q, {});
}

pk writes::add_import_run(const import_run_row& run) {
  static constexpr sql_query q{
      "add_import_run",
      "INSERT INTO import_run (source, layout, options, started_at, version_floor, view_floor) "
      "VALUES ($1, $2, $3, $4, $5, $6) RETURNING pk"};
  return session_.number(q, {sql_text(run.source), sql_text(run.layout), sql_text(run.options),
                             run.started_at, run.version_floor, run.view_floor});
}

void writes::save_import_run(const import_run_row& run) {
  static constexpr sql_query q{
      "save_import_run",
      "UPDATE import_run SET layout=$2, options=$3, finished_at=$4, rolled_back_at=$5, "
      "versions=$6, views=$7, users=$8, report=coalesce($9, report) WHERE pk=$1"};
  const sql_parameter report(sql_type::text, false, {value_of(run.report)});
  session_.run(q, {run.key, sql_text(run.layout), sql_text(run.options), run.finished_at,
                   run.rolled_back_at, run.versions, run.views, run.users, report});
}

std::optional<import_run_row> writes::lock_import_run(pk run) {
  static constexpr sql_query q{"lock_import_run",
                               "SELECT " SYNC_RUN_COLUMNS
                               ", i.report FROM import_run i WHERE i.pk=$1 {lock i}"};
  return session_.one(q, {run}, read_run_with_report);
}

void writes::add_import_user(std::string_view source, const import_user_row& user) {
  static constexpr sql_query q{
      "add_import_user",
      "INSERT INTO import_user (source, legacy_id, owner, run, made, held) "
      "VALUES ($1, $2, $3, $4, $5, $6)"};
  session_.run(q, {sql_text(source), user.legacy_id, user.owner, user.run, user.made, user.held});
}

pk writes::add_twin_user(const user_row& user, std::int64_t twin) {
  static constexpr sql_query add{
      "add_twin_user",
      "INSERT INTO app_user (id, email, email_key, role, enabled, created_at) "
      "VALUES ($1, $2, $3, $4, $5, $6) RETURNING pk"};
  static constexpr sql_query share{"add_twin",
                                   "INSERT INTO email_twin (email_key, owner) VALUES ($1, $2)"};
  const std::string shared = email_key(user.email);
  const std::string own = shared + "#" + std::to_string(twin);
  const pk key = session_.number(add, {user.id, sql_text(user.email), sql_text(own), user.role,
                                       user.enabled, user.created_at});
  session_.run(share, {sql_text(shared), key});
  return key;
}

}  // namespace autocusto::store::imports::runs
