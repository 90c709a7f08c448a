// What an import keeps: runs, which row became what, kept rows; and the sets that it writes.
#include <algorithm>
#include <map>

#include "server/store_sql/sql_writer.hpp"

namespace autocusto::store {
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

sql_value value_of_id(const std::optional<version_id>& id) {
  return id ? value_of(id->raw()) : sql_value{};
}

}  // namespace

std::vector<import_run_row> sql_writer::import_runs() {
  static constexpr sql_query q{"import_runs",
                               "SELECT " SYNC_RUN_COLUMNS " FROM import_run i ORDER BY i.pk"};
  return list(q, {}, read_run);
}

std::optional<import_run_row> sql_writer::import_run(pk run) {
  static constexpr sql_query q{
      "import_run", "SELECT " SYNC_RUN_COLUMNS ", i.report FROM import_run i WHERE i.pk=$1"};
  return one(q, {sql_integer(run)}, read_run_with_report);
}

std::optional<import_run_row> sql_writer::lock_import_run(pk run) {
  static constexpr sql_query q{"lock_import_run",
                               "SELECT " SYNC_RUN_COLUMNS
                               ", i.report FROM import_run i WHERE i.pk=$1 {lock i}"};
  return one(q, {sql_integer(run)}, read_run_with_report);
}

pk sql_writer::add_import_run(const import_run_row& run) {
  static constexpr sql_query q{
      "add_import_run",
      "INSERT INTO import_run (source, layout, options, started_at, version_floor, view_floor) "
      "VALUES ($1, $2, $3, $4, $5, $6) RETURNING pk"};
  return one(q,
             {sql_text(run.source), sql_text(run.layout), sql_text(run.options),
              sql_integer(run.started_at), sql_integer(run.version_floor),
              sql_integer(run.view_floor)},
             read_key)
      .value();
}

void sql_writer::save_import_run(const import_run_row& run) {
  static constexpr sql_query q{
      "save_import_run",
      "UPDATE import_run SET layout=$2, options=$3, finished_at=$4, rolled_back_at=$5, "
      "versions=$6, views=$7, users=$8, report=coalesce($9, report) WHERE pk=$1"};
  sql_parameter report = sql_text(run.report ? std::string_view(*run.report) : std::string_view());
  report.values[0].null = !run.report;
  this->run(q, {sql_integer(run.key), sql_text(run.layout), sql_text(run.options),
                sql_integer(run.finished_at), sql_integer(run.rolled_back_at),
                sql_integer(run.versions), sql_integer(run.views), sql_integer(run.users), report});
}

std::vector<import_user_row> sql_writer::import_users(std::string_view source) {
  static constexpr sql_query q{"import_users",
                               "SELECT legacy_id, owner, run, made, held FROM import_user WHERE "
                               "source=$1 ORDER BY legacy_id"};
  return list(q, {sql_text(source)}, [](const sql_row& row) {
    return import_user_row{row.integer(0), row.integer(1), row.integer(2), row.integer(3) != 0,
                           static_cast<account_hold>(row.integer(4))};
  });
}

pk sql_writer::add_twin_user(const user_row& user, std::int64_t twin) {
  static constexpr sql_query add{
      "add_twin_user",
      "INSERT INTO app_user (id, email, email_key, role, enabled, created_at) "
      "VALUES ($1, $2, $3, $4, $5, $6) RETURNING pk"};
  static constexpr sql_query share{"add_twin",
                                   "INSERT INTO email_twin (email_key, owner) VALUES ($1, $2)"};
  const std::string shared = email_key(user.email);
  const std::string own = shared + "#" + std::to_string(twin);
  const pk key =
      one(add,
          {sql_bytes(user.id.raw()), sql_text(user.email), sql_text(own),
           sql_integer(static_cast<std::int64_t>(user.role)),
           sql_integer(std::int64_t{user.enabled ? 1 : 0}), sql_integer(user.created_at)},
          read_key)
          .value();
  this->run(share, {sql_text(shared), sql_integer(key)});
  return key;
}

void sql_writer::add_import_user(std::string_view source, const import_user_row& user) {
  static constexpr sql_query q{
      "add_import_user",
      "INSERT INTO import_user (source, legacy_id, owner, run, made, held) "
      "VALUES ($1, $2, $3, $4, $5, $6)"};
  this->run(q, {sql_text(source), sql_integer(user.legacy_id), sql_integer(user.owner),
                sql_integer(user.run), sql_integer(std::int64_t{user.made ? 1 : 0}),
                sql_integer(static_cast<std::int64_t>(user.held))});
}

std::vector<imported_version> sql_writer::imported_versions(
    std::string_view source, import_origin origin, std::span<const std::int64_t> legacy_ids) {
  static constexpr sql_query q{
      "imported_versions",
      "SELECT i.legacy_id, i.version, i.run, i.number, i.digest, v.id, r.id, v.generation "
      "FROM {set u: legacy_id=$3} {join import_version i: i.source=$1 AND i.origin=$2 AND "
      "i.legacy_id=u.legacy_id} {join version v: v.pk=i.version} {join record r: "
      "r.pk=v.record}"};
  std::map<std::int64_t, imported_version> newest;
  session_.run(
      q,
      {sql_text(source), sql_integer(static_cast<std::int64_t>(origin)), sql_integers(legacy_ids)},
      [&](const sql_row& row) {
        imported_version v;
        v.row = {origin,         row.integer(0), row.integer(1),
                 row.integer(2), row.integer(3), row.integer(4)};
        v.id = row.id<version_id>(5);
        v.record = row.id<record_id>(6);
        v.generation = row.integer(7);
        auto& place = newest[v.row.legacy_id];
        if (place.row.version < v.row.version) place = v;
      });
  std::vector<imported_version> found;
  found.reserve(newest.size());
  for (auto& [id, version] : newest) found.push_back(version);
  return found;
}

bool sql_writer::has_imported_versions(std::string_view source) {
  static constexpr sql_query q{"has_imported_versions",
                               "SELECT 1 FROM import_version WHERE source=$1 LIMIT 1"};
  return one(q, {sql_text(source)}, read_key).has_value();
}

void sql_writer::add_import_versions(std::string_view source,
                                     std::span<const import_version_row> rows) {
  static constexpr sql_query q{
      "add_import_versions",
      "INSERT INTO import_version (source, origin, legacy_id, version, run, number, digest) "
      "SELECT $1, u.origin, u.legacy_id, u.version, u.run, u.number, u.digest "
      "{rows u: origin=$2, legacy_id=$3, version=$4, run=$5, number=$6, digest=$7}"};
  const auto integers = [&rows](auto get) { return sql_list(sql_type::integer, rows, get); };
  using in = const import_version_row&;
  this->run(q,
            {sql_text(source), integers([](in r) { return static_cast<std::int64_t>(r.origin); }),
             integers([](in r) { return r.legacy_id; }), integers([](in r) { return r.version; }),
             integers([](in r) { return r.run; }), integers([](in r) { return r.number; }),
             integers([](in r) { return r.digest; })});
}

std::vector<std::pair<std::int64_t, std::int64_t>> sql_writer::kept_digests(
    std::string_view source, std::string_view origin, std::span<const std::int64_t> legacy_ids) {
  static constexpr sql_query q{
      "kept_digests",
      "SELECT i.legacy_id, i.digest, i.run FROM {set u: legacy_id=$3} "
      "{join import_row i: i.source=$1 AND i.origin=$2 AND i.legacy_id=u.legacy_id}"};
  std::map<std::int64_t, std::pair<pk, std::int64_t>> newest;  // run, digest
  session_.run(q, {sql_text(source), sql_text(origin), sql_integers(legacy_ids)},
               [&](const sql_row& row) {
                 auto& place = newest[row.integer(0)];
                 if (place.first < row.integer(2)) place = {row.integer(2), row.integer(1)};
               });
  std::vector<std::pair<std::int64_t, std::int64_t>> found;
  found.reserve(newest.size());
  for (const auto& [id, entry] : newest) found.emplace_back(id, entry.second);
  return found;
}

std::vector<import_kept_row> sql_writer::kept_rows(pk run, std::string_view origin,
                                                   std::int64_t after, std::int64_t limit) {
  // The newest first: where the limit cuts off older ones of the last id, nothing is missed.
  static constexpr sql_query q{
      "kept_rows",
      "SELECT i.legacy_id, i.outcome, i.digest, i.reason, i.content "
      "FROM import_run r {join import_row i: i.source=r.source AND i.origin=$2 AND "
      "i.legacy_id>$3 AND i.run<=r.pk} WHERE r.pk=$1 ORDER BY i.legacy_id, i.run DESC LIMIT $4"};
  auto rows = list(q, {sql_integer(run), sql_text(origin), sql_integer(after), sql_integer(limit)},
                   [&](const sql_row& row) {
                     import_kept_row k;
                     k.origin = origin;
                     k.legacy_id = row.integer(0);
                     k.outcome = static_cast<kept_outcome>(row.integer(1));
                     k.digest = row.integer(2);
                     k.reason = row.bytes(3);
                     k.content = row.bytes(4);
                     return k;
                   });
  const auto older = std::unique(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
    return a.legacy_id == b.legacy_id;
  });
  rows.erase(older, rows.end());
  return rows;
}

bool sql_writer::keeps_rows(pk run) {
  static constexpr sql_query q{"keeps_rows", "SELECT 1 FROM import_row WHERE run=$1 LIMIT 1"};
  return one(q, {sql_integer(run)}, read_key).has_value();
}

void sql_writer::keep_rows(std::string_view source, pk run, std::span<const import_kept_row> rows) {
  static constexpr sql_query q{
      "keep_rows",
      "INSERT INTO import_row (source, origin, legacy_id, run, outcome, digest, reason, content) "
      "SELECT $1, u.origin, u.legacy_id, $2, u.outcome, u.digest, u.reason, u.content "
      "{rows u: origin=$3, legacy_id=$4, outcome=$5, digest=$6, reason=$7, content=$8} WHERE true "
      "ON CONFLICT (source, origin, legacy_id, run) DO UPDATE SET outcome=excluded.outcome, "
      "digest=excluded.digest, reason=excluded.reason, content=excluded.content"};
  const auto integers = [&rows](auto get) { return sql_list(sql_type::integer, rows, get); };
  const auto texts = [&rows](auto get) { return sql_list(sql_type::text, rows, get); };
  using in = const import_kept_row&;
  this->run(q, {sql_text(source), sql_integer(run),
                texts([](in r) { return std::string_view(r.origin); }),
                integers([](in r) { return r.legacy_id; }),
                integers([](in r) { return static_cast<std::int64_t>(r.outcome); }),
                integers([](in r) { return r.digest; }),
                texts([](in r) { return std::string_view(r.reason); }),
                texts([](in r) { return std::string_view(r.content); })});
}

std::vector<view_row> sql_writer::views_of_records(std::span<const pk> records) {
  static constexpr sql_query open{
      "open_views_of_records",
      "SELECT " SYNC_VIEW_COLUMNS
      " FROM {set u: record=$1} {join view w: w.record=u.record AND w.open=1}"};
  static constexpr sql_query closed{
      "closed_views_of_records",
      "SELECT " SYNC_VIEW_COLUMNS
      " FROM {set u: record=$1} {join view w: w.record=u.record AND w.open=0}"};
  const auto read = [](const sql_row& row) { return read_view(row); };
  auto found = list(open, {sql_integers(records)}, read);
  auto rest = list(closed, {sql_integers(records)}, read);
  std::move(rest.begin(), rest.end(), std::back_inserter(found));
  return found;
}

std::vector<std::pair<pk, version_id>> sql_writer::last_imported(std::span<const pk> views) {
  static constexpr sql_query q{
      "last_imported",
      "SELECT f.view, f.seq, v.id FROM {set u: view=$1} {join feed f: f.view=u.view AND f.kind<=1 "
      "AND f.import_run IS NOT NULL} {join version v: v.pk=f.version}"};
  std::map<pk, std::pair<std::int64_t, version_id>> last;
  session_.run(q, {sql_integers(views)}, [&](const sql_row& row) {
    auto& place = last[row.integer(0)];
    if (place.first < row.integer(1)) place = {row.integer(1), row.id<version_id>(2)};
  });
  std::vector<std::pair<pk, version_id>> found;
  found.reserve(last.size());
  for (const auto& [view, entry] : last) found.emplace_back(view, entry.second);
  return found;
}

void sql_writer::add_import_views(pk run, std::span<const import_view_row> rows) {
  static constexpr sql_query q{
      "add_import_views",
      "INSERT INTO import_view (run, view, heads, active, pinned, drafts) "
      "SELECT $1, u.view, u.heads, u.active, u.pinned, u.drafts "
      "{rows u: view=$2, heads=$3, active=$4, pinned=$5, drafts=$6} WHERE true "
      "ON CONFLICT (run, view) DO NOTHING"};
  std::vector<std::string> heads;
  std::vector<std::string> drafts;
  for (const auto& r : rows) {
    heads.push_back(join_ids(r.before.heads));
    drafts.push_back(join_ids(r.before.drafts));
  }
  const auto view = [](const std::string& s) { return std::string_view(s); };
  using in = const import_view_row&;
  this->run(q, {sql_integer(run), sql_list(sql_type::integer, rows, [](in r) { return r.view; }),
                sql_list(sql_type::bytes, heads, view),
                sql_list(sql_type::bytes, rows, [](in r) { return value_of_id(r.active_before); }),
                sql_list(sql_type::bytes, rows, [](in r) { return value_of_id(r.before.pinned); }),
                sql_list(sql_type::bytes, drafts, view)});
}

std::vector<record_row> sql_writer::records_by_ids(std::span<const record_id> ids) {
  static constexpr sql_query q{"records_by_ids", "SELECT " SYNC_RECORD_COLUMNS
                                                 " FROM {set u: id=$1} {join record r: r.id=u.id}"};
  return list(q, {sql_list(sql_type::bytes, ids, [](const record_id& i) { return i.raw(); })},
              [](const sql_row& row) { return read_record(row); });
}

pk sql_writer::greatest_version() {
  static constexpr sql_query q{"greatest_version", "SELECT coalesce(max(pk), 0) FROM version"};
  return one(q, {}, read_key).value();
}

pk sql_writer::greatest_view() {
  static constexpr sql_query q{"greatest_view", "SELECT coalesce(max(pk), 0) FROM view"};
  return one(q, {}, read_key).value();
}

}  // namespace autocusto::store
