#include "server/store/imports/rows.hpp"

#include <algorithm>
#include <map>

#include "server/store/columns.hpp"

namespace autocusto::store::imports::rows {
std::vector<imported_version> reads::imported_versions(std::string_view source,
                                                       import_origin origin,
                                                       std::span<const std::int64_t> legacy_ids) {
  static constexpr sql_query q{
      "imported_versions",
      "SELECT i.legacy_id, i.version, i.run, i.number, i.digest, v.id, r.id, v.generation "
      "FROM {set u: legacy_id=$3} {join import_version i: i.source=$1 AND i.origin=$2 AND "
      "i.legacy_id=u.legacy_id} {join version v: v.pk=i.version} {join record r: "
      "r.pk=v.record}"};
  std::map<std::int64_t, imported_version> newest;
  session_.run(q, {sql_text(source), origin, sql_integers(legacy_ids)}, [&](const sql_row& row) {
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

bool reads::has_imported_versions(std::string_view source) {
  static constexpr sql_query q{"has_imported_versions",
                               "SELECT 1 FROM import_version WHERE source=$1 LIMIT 1"};
  return session_.one(q, {sql_text(source)}, read_key).has_value();
}

std::vector<import_version_row> reads::import_rows_of(std::string_view source,
                                                      std::span<const pk> versions) {
  // Asked for a handful at a time, by people who want to know what stands in the way.
  static constexpr sql_query q{"import_rows_of",
                               "SELECT i.origin, i.legacy_id, i.version, i.run, i.number, i.digest "
                               "FROM import_version i WHERE i.source=$1 AND i.version IN "
                               "(SELECT u.key FROM {set u: key=$2})"};
  return session_.list(q, {sql_text(source), sql_integers(versions)}, [](const sql_row& row) {
    return import_version_row{static_cast<import_origin>(row.integer(0)),
                              row.integer(1),
                              row.integer(2),
                              row.integer(3),
                              row.integer(4),
                              row.integer(5)};
  });
}

std::vector<std::pair<std::int64_t, std::int64_t>> reads::kept_digests(
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

std::vector<import_kept_row> reads::kept_rows(pk run, std::string_view origin, std::int64_t after,
                                              std::int64_t limit) {
  // The newest first: where the limit cuts off older ones of the last id, nothing is missed.
  static constexpr sql_query q{
      "kept_rows",
      "SELECT i.legacy_id, i.outcome, i.digest, i.reason, i.content "
      "FROM import_run r {join import_row i: i.source=r.source AND i.origin=$2 AND "
      "i.legacy_id>$3 AND i.run<=r.pk} WHERE r.pk=$1 ORDER BY i.legacy_id, i.run DESC LIMIT $4"};
  auto rows = session_.list(q, {run, sql_text(origin), after, limit}, [&](const sql_row& row) {
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

bool reads::keeps_rows(pk run) {
  static constexpr sql_query q{"keeps_rows", "SELECT 1 FROM import_row WHERE run=$1 LIMIT 1"};
  return session_.one(q, {run}, read_key).has_value();
}

std::vector<std::pair<pk, version_id>> reads::last_imported(std::span<const pk> views) {
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

std::vector<view_row> reads::views_of_records(std::span<const pk> records) {
  static constexpr sql_query open{
      "open_views_of_records",
      "SELECT " SYNC_VIEW_COLUMNS
      " FROM {set u: record=$1} {join view w: w.record=u.record AND w.open=1}"};
  static constexpr sql_query closed{
      "closed_views_of_records",
      "SELECT " SYNC_VIEW_COLUMNS
      " FROM {set u: record=$1} {join view w: w.record=u.record AND w.open=0}"};
  const auto read = [](const sql_row& row) { return read_view(row); };
  auto found = session_.list(open, {sql_integers(records)}, read);
  auto rest = session_.list(closed, {sql_integers(records)}, read);
  std::move(rest.begin(), rest.end(), std::back_inserter(found));
  return found;
}

void writes::add_import_versions(std::string_view source,
                                 std::span<const import_version_row> rows) {
  static constexpr sql_query q{
      "add_import_versions",
      "INSERT INTO import_version (source, origin, legacy_id, version, run, number, digest) "
      "SELECT $1, u.origin, u.legacy_id, u.version, u.run, u.number, u.digest "
      "{rows u: origin=$2, legacy_id=$3, version=$4, run=$5, number=$6, digest=$7}"};
  const auto integers = [&rows](auto get) { return sql_list(sql_type::integer, rows, get); };
  session_.run(q, {sql_text(source), integers(&import_version_row::origin),
                   integers(&import_version_row::legacy_id), integers(&import_version_row::version),
                   integers(&import_version_row::run), integers(&import_version_row::number),
                   integers(&import_version_row::digest)});
}

void writes::keep_rows(std::string_view source, pk run, std::span<const import_kept_row> rows) {
  static constexpr sql_query q{
      "keep_rows",
      "INSERT INTO import_row (source, origin, legacy_id, run, outcome, digest, reason, content) "
      "SELECT $1, u.origin, u.legacy_id, $2, u.outcome, u.digest, u.reason, u.content "
      "{rows u: origin=$3, legacy_id=$4, outcome=$5, digest=$6, reason=$7, content=$8} WHERE true "
      "ON CONFLICT (source, origin, legacy_id, run) DO UPDATE SET outcome=excluded.outcome, "
      "digest=excluded.digest, reason=excluded.reason, content=excluded.content"};
  const auto integers = [&rows](auto get) { return sql_list(sql_type::integer, rows, get); };
  const auto texts = [&rows](auto get) { return sql_list(sql_type::text, rows, get); };
  session_.run(q, {sql_text(source), run, texts(&import_kept_row::origin),
                   integers(&import_kept_row::legacy_id), integers(&import_kept_row::outcome),
                   integers(&import_kept_row::digest), texts(&import_kept_row::reason),
                   texts(&import_kept_row::content)});
}

void writes::add_import_views(pk run, std::span<const import_view_row> rows) {
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
  using in = const import_view_row&;
  session_.run(q,
               {run, sql_list(sql_type::integer, rows, &import_view_row::view), sql_bytes_of(heads),
                sql_list(sql_type::bytes, rows, &import_view_row::active_before),
                sql_list(sql_type::bytes, rows, [](in r) { return value_of(r.before.pinned); }),
                sql_bytes_of(drafts)});
}

}  // namespace autocusto::store::imports::rows
