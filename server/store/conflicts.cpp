#include "server/store/conflicts.hpp"

#include <algorithm>

#include "server/store/columns.hpp"

namespace autocusto::store::conflicts {
namespace {

// An open conflict is about the view's heads as they are now.
#define SYNC_CONFLICT_COLUMNS                                                                  \
  "c.pk, c.view, c.state, c.dismissed, c.base, CASE WHEN c.state=0 THEN w.heads ELSE c.heads " \
  "END, "                                                                                      \
  "c.opened_at, c.closed_at"
#define SYNC_CONFLICT_ENTRY                                                       \
  "SELECT " SYNC_CONFLICT_COLUMNS ", " SYNC_VIEW_COLUMNS ", " SYNC_RECORD_COLUMNS \
  ", " SYNC_USER_COLUMNS                                                          \
  " FROM conflict c {join view w: w.pk=c.view} {join record r: r.pk=w.record} "   \
  "{join app_user a: a.pk=w.owner} "

constexpr int k_conflict_columns = 8;

conflict_row read_conflict(const sql_row& row) {
  conflict_row c;
  c.key = row.integer(0);
  c.view = row.integer(1);
  c.state = static_cast<conflict_state>(row.integer(2));
  c.dismissed = row.integer(3) != 0;
  c.base = row.optional_id<version_id>(4);
  c.heads = split_ids(row.bytes(5));
  c.opened_at = row.integer(6);
  c.closed_at = row.optional_integer(7);
  return c;
}

conflict_entry read_conflict_entry(const sql_row& row) {
  conflict_entry e;
  e.conflict = read_conflict(row);
  e.view = read_view(row, k_conflict_columns);
  e.record = read_record(row, k_conflict_columns + k_view_columns);
  e.user = read_user(row, k_conflict_columns + k_view_columns + k_record_columns);
  return e;
}

}  // namespace

std::vector<conflict_row> reads::open_conflicts(std::span<const pk> views) {
  static constexpr sql_query q{
      "open_conflicts", "SELECT " SYNC_CONFLICT_COLUMNS
                        " FROM {set u: view=$1} {join conflict c: c.view=u.view AND c.state=0} "
                        "{join view w: w.pk=c.view}"};
  return session_.list(q, {sql_integers(views)}, read_conflict);
}

std::vector<conflict_entry> reads::conflict_list(bool include_closed, bool include_dismissed) {
  static constexpr sql_query q{
      "conflict_list",
      SYNC_CONFLICT_ENTRY "WHERE (c.state=0 OR $1=1) AND (c.dismissed=0 OR $2=1) ORDER BY c.pk"};
  return session_.list(q, {include_closed, include_dismissed}, read_conflict_entry);
}

std::optional<conflict_entry> reads::conflict(pk key) {
  static constexpr sql_query q{"conflict", SYNC_CONFLICT_ENTRY "WHERE c.pk=$1"};
  return session_.one(q, {key}, read_conflict_entry);
}

std::vector<pk> writes::save_conflicts(std::span<const conflict_row> conflicts) {
  static constexpr sql_query insert{
      "insert_conflicts",
      "INSERT INTO conflict (pk, view, state, dismissed, base, heads, opened_at, closed_at) "
      "SELECT u.key, u.view, u.state, u.dismissed, u.base, u.heads, u.opened_at, u.closed_at "
      "{rows u: key=$1, view=$2, state=$3, dismissed=$4, base=$5, heads=$6, opened_at=$7, "
      "closed_at=$8}"};
  static constexpr sql_query update{
      "update_conflicts",
      "UPDATE conflict SET state=u.state, dismissed=u.dismissed, base=u.base, heads=u.heads, "
      "opened_at=u.opened_at, closed_at=u.closed_at "
      "{rows u: key=$1, view=$2, state=$3, dismissed=$4, base=$5, heads=$6, opened_at=$7, "
      "closed_at=$8} WHERE conflict.pk=u.key AND conflict.view=u.view"};
  struct entry {
    pk key;
    const conflict_row* conflict;
    std::string heads;
  };
  const auto fresh_count = static_cast<std::size_t>(std::count_if(
      conflicts.begin(), conflicts.end(), [](const conflict_row& c) { return c.key == 0; }));
  const std::vector<pk> fresh = session_.allocate("conflict", fresh_count);
  std::vector<entry> added;
  std::vector<entry> changed;
  std::vector<pk> keys;
  for (const conflict_row& c : conflicts) {
    keys.push_back(c.key == 0 ? fresh[added.size()] : c.key);
    (c.key == 0 ? added : changed).push_back({keys.back(), &c, join_ids(c.heads)});
  }
  const auto parameters = [](const std::vector<entry>& of) {
    const auto integers = [&of](auto get) { return sql_list(sql_type::integer, of, get); };
    using in = const entry&;
    return sql_parameters{
        integers(&entry::key),
        integers([](in e) { return e.conflict->view; }),
        integers([](in e) { return e.conflict->state; }),
        integers([](in e) { return e.conflict->dismissed; }),
        sql_list(sql_type::bytes, of, [](in e) { return value_of(e.conflict->base); }),
        sql_list(sql_type::bytes, of, &entry::heads),
        integers([](in e) { return e.conflict->opened_at; }),
        integers([](in e) { return e.conflict->closed_at; })};
  };
  // A conflict that closes makes room for a new one of the same view, so it goes first.
  session_.run(update, parameters(changed));
  session_.run(insert, parameters(added));
  return keys;
}

void writes::dismiss_conflict(pk key) {
  static constexpr sql_query q{"dismiss_conflict", "UPDATE conflict SET dismissed=1 WHERE pk=$1"};
  session_.run(q, {key});
}

}  // namespace autocusto::store::conflicts
