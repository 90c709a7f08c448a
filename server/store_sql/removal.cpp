// Feeds of many users at once, and taking an import back.
#include <algorithm>
#include <map>
#include <set>

#include "server/store_sql/sql_writer.hpp"

namespace autocusto::store {

std::vector<feed_move> sql_writer::lock_heads(std::span<const pk> users) {
  static constexpr sql_query create{
      "create_feed_heads",
      "INSERT INTO feed_head (owner, seq, chain) SELECT u.owner, 0, $2 {rows u: owner=$1} "
      "WHERE true ON CONFLICT (owner) DO NOTHING"};
  static constexpr sql_query lock{"lock_feed_heads",
                                  "SELECT h.owner, h.seq, h.chain FROM {set u: owner=$1} "
                                  "{join feed_head h: h.owner=u.owner} ORDER BY h.owner {lock h}"};
  std::vector<pk> sorted(users.begin(), users.end());
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  const auto read = [](const sql_row& row) {
    return feed_move{row.integer(0), {row.integer(1), row.id<hash256>(2)}};
  };
  auto heads = list(lock, {sql_integers(sorted)}, read);
  if (heads.size() == sorted.size()) return heads;
  run(create, {sql_integers(sorted), sql_bytes(hash256().raw())});
  return list(lock, {sql_integers(sorted)}, read);
}

void sql_writer::append_feeds(std::span<const feed_row> rows, std::span<const feed_move> heads) {
  static constexpr sql_query insert{
      "append_feeds",
      "INSERT INTO feed (owner, seq, kind, view, version, import_run, item_hash, chain) "
      "SELECT u.owner, u.seq, u.kind, u.view, u.version, u.import_run, u.item_hash, u.chain "
      "{rows u: owner=$1, seq=$2, kind=$3, view=$4, version=$5, import_run=$6, item_hash=$7, "
      "chain=$8}"};
  static constexpr sql_query move{"move_feed_heads",
                                  "UPDATE feed_head SET seq=u.seq, chain=u.chain "
                                  "{rows u: owner=$1, seq=$2, chain=$3} "
                                  "WHERE feed_head.owner=u.owner"};
  const auto integers = [&rows](auto get) { return sql_list(sql_type::integer, rows, get); };
  using in = const feed_row&;
  run(insert, {integers([](in r) { return r.user; }), integers([](in r) { return r.seq; }),
               integers([](in r) { return static_cast<std::int64_t>(r.kind); }),
               integers([](in r) { return r.view; }), integers([](in r) { return r.version; }),
               integers([](in r) { return r.import_run; }),
               sql_list(sql_type::bytes, rows, [](in r) { return r.item_hash.raw(); }),
               sql_list(sql_type::bytes, rows, [](in r) { return r.chain.raw(); })});
  using to = const feed_move&;
  run(move, {sql_list(sql_type::integer, heads, [](to h) { return h.user; }),
             sql_list(sql_type::integer, heads, [](to h) { return h.head.seq; }),
             sql_list(sql_type::bytes, heads, [](to h) { return h.head.chain.raw(); })});
}

void sql_writer::note_given(pk device, std::int64_t seq) {
  static constexpr sql_query q{"note_given", "UPDATE device SET given=$2 WHERE pk=$1 AND given<$2"};
  run(q, {sql_integer(device), sql_integer(seq)});
}

std::vector<import_feed_span> sql_writer::import_spans(pk run, std::span<const pk> owners) {
  static constexpr sql_query spans{
      "import_spans",
      "SELECT f.owner, min(f.seq), max(f.seq), count(*), "
      "(SELECT h.seq FROM feed_head h WHERE h.owner=f.owner) FROM {set u: owner=$1} "
      "{join feed f: f.owner=u.owner AND f.import_run=$2} GROUP BY f.owner"};
  static constexpr sql_query given{"devices_given",
                                   "SELECT owner, max(given) FROM device WHERE given>0 "
                                   "GROUP BY owner"};
  auto found = list(spans, {sql_integers(owners), sql_integer(run)}, [](const sql_row& row) {
    import_feed_span s;
    s.owner = row.integer(0);
    s.first = row.integer(1);
    s.last = row.integer(2);
    s.count = row.integer(3);
    s.head = row.integer(4);
    return s;
  });
  std::map<pk, std::int64_t> by_owner;
  session_.run(given, {},
               [&](const sql_row& row) { by_owner.emplace(row.integer(0), row.integer(1)); });
  for (auto& s : found) {
    const auto at = by_owner.find(s.owner);
    if (at != by_owner.end()) s.given = at->second;
  }
  return found;
}

std::vector<shown_version> sql_writer::shown_versions(std::span<const pk> views) {
  static constexpr sql_query q{
      "shown_versions",
      "SELECT f.view, f.version, f.import_run, f.seq FROM {set u: view=$1} "
      "{join feed f: f.view=u.view AND f.kind<=1}"};
  return list(q, {sql_integers(views)}, [](const sql_row& row) {
    return shown_version{row.integer(0), row.integer(1), row.optional_integer(2), row.integer(3)};
  });
}

std::vector<import_version_row> sql_writer::import_rows_of(std::string_view source,
                                                           std::span<const pk> versions) {
  // Asked for a handful at a time, by people who want to know what stands in the way.
  static constexpr sql_query q{"import_rows_of",
                               "SELECT i.origin, i.legacy_id, i.version, i.run, i.number, i.digest "
                               "FROM import_version i WHERE i.source=$1 AND i.version IN "
                               "(SELECT u.key FROM {set u: key=$2})"};
  return list(q, {sql_text(source), sql_integers(versions)}, [](const sql_row& row) {
    return import_version_row{static_cast<import_origin>(row.integer(0)),
                              row.integer(1),
                              row.integer(2),
                              row.integer(3),
                              row.integer(4),
                              row.integer(5)};
  });
}

void sql_writer::cut_feeds(pk import, std::span<const import_feed_span> spans) {
  static constexpr sql_query cut{"cut_feed",
                                 "DELETE FROM feed WHERE owner=$1 AND seq>=$2 AND import_run=$3"};
  static constexpr sql_query move{"move_feed_head_back",
                                  "UPDATE feed_head SET seq=$2, chain=$3 WHERE owner=$1"};
  static constexpr sql_query drop{"drop_feed_head", "DELETE FROM feed_head WHERE owner=$1"};
  for (const auto& s : spans) {
    const auto chain = chain_at(s.owner, s.first - 1);
    if (!chain) throw database_error("A feed lacks an item.", false, false);
    run(cut, {sql_integer(s.owner), sql_integer(s.first), sql_integer(import)});
    if (s.first == 1) {
      run(drop, {sql_integer(s.owner)});
    } else {
      run(move, {sql_integer(s.owner), sql_integer(s.first - 1), sql_bytes(chain->raw())});
    }
  }
}

std::vector<std::pair<pk, pk>> sql_writer::versions_of_run(pk import, pk after,
                                                           std::int64_t limit) {
  static constexpr sql_query q{"versions_of_run",
                               "SELECT v.pk, v.record FROM version v WHERE v.pk>$2 AND "
                               "v.import_run=$1 ORDER BY v.pk LIMIT $3"};
  return list(q, {sql_integer(import), sql_integer(after), sql_integer(limit)},
              [](const sql_row& row) { return std::pair(row.integer(0), row.integer(1)); });
}

std::vector<view_row> sql_writer::views_of_run(pk import, pk after, std::int64_t limit) {
  static constexpr sql_query q{"views_of_run", "SELECT " SYNC_VIEW_COLUMNS
                                               " FROM view w WHERE w.pk>$2 AND w.import_run=$1 "
                                               "ORDER BY w.pk LIMIT $3"};
  return list(q, {sql_integer(import), sql_integer(after), sql_integer(limit)},
              [](const sql_row& row) { return read_view(row); });
}

std::vector<import_view_row> sql_writer::moved_views(pk import) {
  static constexpr sql_query q{"moved_views",
                               "SELECT view, heads, active, pinned, drafts FROM import_view "
                               "WHERE run=$1 ORDER BY view"};
  return list(q, {sql_integer(import)}, [](const sql_row& row) {
    import_view_row v;
    v.view = row.integer(0);
    v.before.heads = split_ids(row.bytes(1));
    v.active_before = row.optional_id<version_id>(2);
    v.before.pinned = row.optional_id<version_id>(3);
    v.before.drafts = split_ids(row.bytes(4));
    return v;
  });
}

void sql_writer::forget_moved_views(pk import, std::span<const pk> views) {
  static constexpr sql_query q{"forget_moved_views",
                               "DELETE FROM import_view WHERE run=$1 AND view IN "
                               "(SELECT u.key FROM {set u: key=$2})"};
  run(q, {sql_integer(import), sql_integers(views)});
}

void sql_writer::remove_views(std::span<const pk> views) {
  static constexpr sql_query conflicts{
      "remove_conflicts_of_views",
      "DELETE FROM conflict WHERE view IN (SELECT u.key FROM {all u: key=$1})"};
  static constexpr sql_query q{"remove_views",
                               "DELETE FROM view WHERE pk IN (SELECT u.key FROM {all u: key=$1})"};
  run(conflicts, {sql_integers_at_once(views)});
  run(q, {sql_integers_at_once(views)});
}

void sql_writer::remove_versions(std::span<const pk> versions, std::span<const pk> records) {
  static constexpr sql_query payloads{
      "remove_payloads",
      "DELETE FROM version_payload WHERE version IN (SELECT u.key FROM {all u: key=$1})"};
  static constexpr sql_query parents{
      "remove_parents",
      "DELETE FROM version_parent WHERE version IN (SELECT u.key FROM {all u: key=$1})"};
  static constexpr sql_query rows{
      "remove_versions", "DELETE FROM version WHERE pk IN (SELECT u.key FROM {all u: key=$1})"};
  static constexpr sql_query numbers{
      "last_numbers_after_removal",
      "UPDATE record SET last_number=coalesce((SELECT max(v.number) FROM version v "
      "WHERE v.record=record.pk), 0) WHERE pk IN (SELECT u.key FROM {all u: key=$1})"};
  std::vector<pk> last_first(versions.begin(), versions.end());
  std::sort(last_first.begin(), last_first.end(), std::greater<>());
  // One statement each: SQLite pays for every statement on a table that others refer to in
  // proportion to what the transaction has changed so far.
  for (const auto& q : {payloads, parents, rows}) run(q, {sql_integers_at_once(last_first)});
  run(numbers, {sql_integers_at_once(records)});
  drop_empty_records(records);
}

void sql_writer::remove_kept_rows(pk import) {
  static constexpr sql_query rows{"remove_kept_rows", "DELETE FROM import_row WHERE run=$1"};
  static constexpr sql_query versions{
      "remove_import_versions",
      "DELETE FROM import_version WHERE run=$1 AND NOT EXISTS "
      "(SELECT 1 FROM version v WHERE v.pk=import_version.version)"};
  run(rows, {sql_integer(import)});
  run(versions, {sql_integer(import)});
}

/// Answers the accounts that something else of an import names, which is their maker from now on.
std::set<pk> sql_writer::hand_accounts_over(std::string_view source,
                                            std::span<const import_user_row> made) {
  static constexpr sql_query others{
      "import_users_elsewhere",
      "SELECT i.source, i.legacy_id, i.owner, coalesce(r.finished_at, r.rolled_back_at) "
      "FROM import_user i {join import_run r: r.pk=i.run} WHERE i.source<>$1"};
  static constexpr sql_query hand{
      "hand_account_over",
      "UPDATE import_user SET made=1, held=$3 WHERE source=$1 AND legacy_id=$2"};
  struct heir {
    std::string source;
    std::int64_t legacy_id = 0;
    bool ended = false;
  };
  std::map<pk, heir> heirs;
  session_.run(others, {sql_text(source)}, [&](const sql_row& row) {
    heirs[row.integer(2)] = {std::string(row.bytes(0)), row.integer(1), !row.is_null(3)};
  });
  std::set<pk> handed;
  for (const auto& user : made) {
    const auto at = heirs.find(user.owner);
    if (at == heirs.end()) continue;
    handed.insert(user.owner);
    // What the account was to become at the end of this run, it becomes at the end of that one.
    const auto held = at->second.ended ? account_hold::none : user.held;
    run(hand, {sql_text(at->second.source), sql_integer(at->second.legacy_id),
               sql_integer(static_cast<std::int64_t>(held))});
    if (at->second.ended && user.held == account_hold::enable) {
      set_user_enabled(user.owner, true);
    }
  }
  return handed;
}

removed_accounts sql_writer::remove_import_users(std::string_view source, pk import,
                                                 std::span<const pk> except) {
  static constexpr sql_query referred{
      "users_referred_to",
      "SELECT actor FROM audit_log UNION SELECT subject_user FROM audit_log WHERE subject_user IS "
      "NOT NULL UNION SELECT owner FROM device UNION SELECT owner FROM view UNION SELECT owner "
      "FROM quarantine UNION SELECT owner FROM policy"};
  static constexpr sql_query authors{"users_with_versions",
                                     "SELECT u.key FROM {set u: key=$1} WHERE EXISTS "
                                     "(SELECT 1 FROM version v WHERE v.author=u.key)"};
  static constexpr sql_query forget{
      "forget_import_users",
      "DELETE FROM import_user WHERE source=$1 AND run=$2 AND owner IN "
      "(SELECT u.key FROM {set u: key=$3})"};
  static constexpr sql_query codes{
      "remove_codes_of_users",
      "DELETE FROM enrollment WHERE owner IN (SELECT u.key FROM {set u: key=$1})"};
  static constexpr sql_query heads{
      "remove_heads_of_users",
      "DELETE FROM feed_head WHERE owner IN (SELECT u.key FROM {set u: key=$1})"};
  static constexpr sql_query twins{
      "remove_twins", "DELETE FROM email_twin WHERE owner IN (SELECT u.key FROM {set u: key=$1})"};
  static constexpr sql_query users{
      "remove_users", "DELETE FROM app_user WHERE pk IN (SELECT u.key FROM {set u: key=$1})"};
  std::set<pk> stay(except.begin(), except.end());
  std::set<pk> in_use;
  session_.run(referred, {}, [&](const sql_row& row) { in_use.insert(row.integer(0)); });
  std::vector<import_user_row> made;
  std::vector<pk> forgotten;
  for (const auto& user : import_users(source)) {
    if (user.run != import || stay.contains(user.owner)) continue;
    forgotten.push_back(user.owner);
    if (user.made) made.push_back(user);
  }
  const auto handed = hand_accounts_over(source, made);
  removed_accounts out;
  out.handed_over = static_cast<std::int64_t>(handed.size());
  std::vector<pk> go;
  for (const auto& user : made) {
    if (handed.contains(user.owner)) continue;
    (in_use.contains(user.owner) ? out.disabled : go).push_back(user.owner);
  }
  session_.run(authors, {sql_integers(go)}, [&](const sql_row& row) {
    std::erase(go, row.integer(0));
    out.disabled.push_back(row.integer(0));
  });
  run(forget, {sql_text(source), sql_integer(import), sql_integers(forgotten)});
  for (const auto& q : {codes, heads, twins, users}) run(q, {sql_integers(go)});
  for (const pk user : out.disabled) set_user_enabled(user, false);
  out.gone = static_cast<std::int64_t>(go.size());
  return out;
}

}  // namespace autocusto::store
