#include "server/store/imports/pending.hpp"

#include "server/store/columns.hpp"

namespace autocusto::store::imports::pending {
namespace {

import_pending_row read_pending(const sql_row& row) {
  import_pending_row p;
  p.record = row.integer(0);
  p.owner = row.integer(1);
  p.incarnation = row.id<incarnation_id>(2);
  const std::string_view assigned = row.bytes(4);
  for (const auto& id : split_ids(row.bytes(3))) p.versions.push_back({id, false});
  if (assigned.size() != p.versions.size()) {
    throw database_error("What waits for the end of an import is damaged.", false, false);
  }
  for (std::size_t i = 0; i < assigned.size(); ++i) p.versions[i].assigned = assigned[i] != '\0';
  return p;
}

}  // namespace

std::vector<import_pending_row> reads::pending_rows(pk run, pk record, pk owner,
                                                    std::int64_t limit) {
  static constexpr sql_query q{
      "pending_rows",
      "SELECT p.record, p.owner, p.incarnation, p.versions, p.assigned FROM import_pending p "
      "WHERE p.run=$1 AND (p.record, p.owner)>($2, $3) ORDER BY p.record, p.owner LIMIT $4"};
  return session_.list(q, {run, record, owner, limit}, read_pending);
}

void writes::add_pending(pk import, std::span<const import_pending_row> rows) {
  static constexpr sql_query q{
      "add_pending",
      "INSERT INTO import_pending (run, record, owner, incarnation, versions, assigned) "
      "SELECT $1, u.record, u.owner, u.incarnation, u.versions, u.assigned "
      "{rows u: record=$2, owner=$3, incarnation=$4, versions=$5, assigned=$6} WHERE true "
      "ON CONFLICT (run, record, owner) DO UPDATE SET incarnation=excluded.incarnation, "
      "versions=excluded.versions, assigned=excluded.assigned"};
  std::vector<std::string> versions;
  std::vector<std::string> assigned;
  for (const auto& r : rows) {
    auto& ids = versions.emplace_back();
    auto& flags = assigned.emplace_back();
    for (const auto& shown : r.versions) {
      ids.append(shown.version.raw());
      flags.push_back(shown.assigned ? '\1' : '\0');
    }
  }
  session_.run(q, {import, sql_list(sql_type::integer, rows, &import_pending_row::record),
                   sql_list(sql_type::integer, rows, &import_pending_row::owner),
                   sql_list(sql_type::bytes, rows, &import_pending_row::incarnation),
                   sql_bytes_of(versions), sql_bytes_of(assigned)});
}

void writes::remove_pending(pk import) {
  static constexpr sql_query q{"remove_pending", "DELETE FROM import_pending WHERE run=$1"};
  session_.run(q, {import});
}

void writes::release_import_users(std::string_view source, pk import) {
  static constexpr sql_query lock{
      "lock_held_users",
      "SELECT i.legacy_id FROM import_user i WHERE i.source=$1 AND i.run=$2 AND i.held<>0 "
      "ORDER BY i.legacy_id {lock i}"};
  static constexpr sql_query enable{
      "enable_held_users",
      "UPDATE app_user SET enabled=1 WHERE pk IN (SELECT i.owner FROM import_user i "
      "WHERE i.source=$1 AND i.run=$2 AND i.held=1)"};
  static constexpr sql_query release{
      "release_import_users",
      "UPDATE import_user SET held=0 WHERE source=$1 AND run=$2 AND held<>0"};
  // Somebody may be disabling one of them right now.
  session_.run(lock, {sql_text(source), import});
  session_.run(enable, {sql_text(source), import});
  session_.run(release, {sql_text(source), import});
}

}  // namespace autocusto::store::imports::pending
