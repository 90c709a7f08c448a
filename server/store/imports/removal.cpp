#include "server/store/imports/removal.hpp"

#include <algorithm>
#include <map>

#include "server/store/columns.hpp"
#include "server/store/feed.hpp"
#include "server/store/people.hpp"
#include "server/store/records.hpp"

namespace autocusto::store::imports::removal {

std::vector<import_feed_span> reads::import_spans(pk run, std::span<const pk> owners) {
  static constexpr sql_query spans{
      "import_spans",
      "SELECT f.owner, min(f.seq), max(f.seq), count(*), "
      "(SELECT h.seq FROM feed_head h WHERE h.owner=f.owner) FROM {set u: owner=$1} "
      "{join feed f: f.owner=u.owner AND f.import_run=$2} GROUP BY f.owner"};
  static constexpr sql_query given{"devices_given",
                                   "SELECT owner, max(given) FROM device WHERE given>0 "
                                   "GROUP BY owner"};
  auto found = session_.list(spans, {sql_integers(owners), run}, [](const sql_row& row) {
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

std::vector<import_view_row> reads::moved_views(pk import) {
  static constexpr sql_query q{"moved_views",
                               "SELECT view, heads, active, pinned, drafts FROM import_view "
                               "WHERE run=$1 ORDER BY view"};
  return session_.list(q, {import}, [](const sql_row& row) {
    import_view_row v;
    v.view = row.integer(0);
    v.before.heads = split_ids(row.bytes(1));
    v.active_before = row.optional_id<version_id>(2);
    v.before.pinned = row.optional_id<version_id>(3);
    v.before.drafts = split_ids(row.bytes(4));
    return v;
  });
}

std::vector<std::pair<pk, pk>> reads::versions_of_run(pk import, pk after, std::int64_t limit) {
  static constexpr sql_query q{"versions_of_run",
                               "SELECT v.pk, v.record FROM version v WHERE v.pk>$2 AND "
                               "v.import_run=$1 ORDER BY v.pk LIMIT $3"};
  return session_.list(q, {import, after, limit}, [](const sql_row& row) {
    return std::pair(row.integer(0), row.integer(1));
  });
}

std::vector<view_row> reads::views_of_run(pk import, pk after, std::int64_t limit) {
  static constexpr sql_query q{"views_of_run", "SELECT " SYNC_VIEW_COLUMNS
                                               " FROM view w WHERE w.pk>$2 AND w.import_run=$1 "
                                               "ORDER BY w.pk LIMIT $3"};
  return session_.list(q, {import, after, limit},
                       [](const sql_row& row) { return read_view(row); });
}

void writes::begin_removal() {
  session_.removal(true);
}

void writes::end_removal() {
  session_.removal(false);
}

void writes::cut_feeds(pk import, std::span<const import_feed_span> spans) {
  static constexpr sql_query cut{"cut_feed",
                                 "DELETE FROM feed WHERE owner=$1 AND seq>=$2 AND import_run=$3"};
  static constexpr sql_query move{"move_feed_head_back",
                                  "UPDATE feed_head SET seq=$2, chain=$3 WHERE owner=$1"};
  static constexpr sql_query drop{"drop_feed_head", "DELETE FROM feed_head WHERE owner=$1"};
  for (const auto& s : spans) {
    const auto chain = feed::reads(transaction_).chain_at(s.owner, s.first - 1);
    if (!chain) throw database_error("A feed lacks an item.", false, false);
    session_.run(cut, {s.owner, s.first, import});
    if (s.first == 1) {
      session_.run(drop, {s.owner});
    } else {
      session_.run(move, {s.owner, s.first - 1, *chain});
    }
  }
}

void writes::forget_moved_views(pk import, std::span<const pk> views) {
  static constexpr sql_query q{"forget_moved_views",
                               "DELETE FROM import_view WHERE run=$1 AND view IN "
                               "(SELECT u.key FROM {set u: key=$2})"};
  session_.run(q, {import, sql_integers(views)});
}

void writes::remove_views(std::span<const pk> views) {
  static constexpr sql_query conflicts{
      "remove_conflicts_of_views",
      "DELETE FROM conflict WHERE view IN (SELECT u.key FROM {all u: key=$1})"};
  static constexpr sql_query q{"remove_views",
                               "DELETE FROM view WHERE pk IN (SELECT u.key FROM {all u: key=$1})"};
  session_.run(conflicts, {sql_integers_at_once(views)});
  session_.run(q, {sql_integers_at_once(views)});
}

void writes::remove_versions(std::span<const pk> versions, std::span<const pk> records) {
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
  for (const auto& q : {payloads, parents, rows})
    session_.run(q, {sql_integers_at_once(last_first)});
  session_.run(numbers, {sql_integers_at_once(records)});
  records::writes(transaction_).drop_empty_records(records);
}

void writes::remove_kept_rows(pk import) {
  static constexpr sql_query rows{"remove_kept_rows", "DELETE FROM import_row WHERE run=$1"};
  static constexpr sql_query versions{
      "remove_import_versions",
      "DELETE FROM import_version WHERE run=$1 AND NOT EXISTS "
      "(SELECT 1 FROM version v WHERE v.pk=import_version.version)"};
  session_.run(rows, {import});
  session_.run(versions, {import});
}

removed_accounts writes::remove_import_users(std::string_view source, pk import,
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
  for (const auto& user : runs::reads(transaction_).import_users(source)) {
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
  session_.run(forget, {sql_text(source), import, sql_integers(forgotten)});
  for (const auto& q : {codes, heads, twins, users}) session_.run(q, {sql_integers(go)});
  for (const pk user : out.disabled) people::writes(transaction_).set_user_enabled(user, false);
  out.gone = static_cast<std::int64_t>(go.size());
  return out;
}

/// Answers the accounts that something else of an import names, which is their maker from now on.
std::set<pk> writes::hand_accounts_over(std::string_view source,
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
    session_.run(hand, {sql_text(at->second.source), at->second.legacy_id, held});
    if (at->second.ended && user.held == account_hold::enable) {
      people::writes(transaction_).set_user_enabled(user.owner, true);
    }
  }
  return handed;
}

}  // namespace autocusto::store::imports::removal
