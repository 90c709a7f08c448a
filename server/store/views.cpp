#include "server/store/views.hpp"

#include <algorithm>

#include "server/store/columns.hpp"

namespace autocusto::store::views {
namespace {

view_row view_of(const sql_row& row) {
  return read_view(row);
}

}  // namespace

std::vector<view_row> reads::open_views(std::span<const pk> records, pk owner) {
  static constexpr sql_query q{
      "open_views",
      "SELECT " SYNC_VIEW_COLUMNS
      " FROM {set u: record=$1} {join view w: w.record=u.record AND w.owner=$2 AND w.open=1}"};
  return session_.list(q, {sql_integers(records), owner}, view_of);
}

std::vector<pk> reads::records_with_closed_view(std::span<const pk> records, pk owner) {
  static constexpr sql_query q{"records_with_closed_view",
                               "SELECT u.record FROM {set u: record=$1} WHERE EXISTS "
                               "(SELECT 1 FROM view w WHERE w.record=u.record AND w.owner=$2 "
                               "AND w.open=0)"};
  return session_.list(q, {sql_integers(records), owner}, read_key);
}

std::vector<std::pair<pk, incarnation_id>> reads::closed_incarnations(std::span<const pk> records,
                                                                      pk owner) {
  static constexpr sql_query q{"closed_incarnations",
                               "SELECT w.record, w.incarnation FROM {set u: record=$1} "
                               "{join view w: w.record=u.record AND w.owner=$2 AND w.open=0}"};
  return session_.list(q, {sql_integers(records), owner}, [](const sql_row& row) {
    return std::pair(row.integer(0), row.id<incarnation_id>(1));
  });
}

std::vector<incarnation_id> reads::closed_among(std::span<const incarnation_id> incarnations,
                                                pk owner) {
  static constexpr sql_query q{
      "closed_among",
      "SELECT w.incarnation FROM {set u: incarnation=$1, owner=$2} "
      "{join view w: w.owner=u.owner AND w.open=0 AND w.incarnation=u.incarnation}"};
  const std::vector<std::int64_t> owners(incarnations.size(), owner);
  return session_.list(q, {sql_bytes_of(incarnations), sql_integers(owners)},
                       read_id<incarnation_id>);
}

std::vector<view_row> reads::views_by_pk(std::span<const pk> views) {
  static constexpr sql_query q{
      "views_by_pk", "SELECT " SYNC_VIEW_COLUMNS " FROM {set u: key=$1} {join view w: w.pk=u.key}"};
  return session_.list(q, {sql_integers(views)}, view_of);
}

std::vector<view_of_user> reads::views_of_record(pk record) {
  static constexpr sql_query q{"views_of_record",
                               "SELECT " SYNC_VIEW_COLUMNS ", " SYNC_USER_COLUMNS
                               " FROM view w {join app_user a: a.pk=w.owner} "
                               "WHERE w.record=$1 AND w.open=1 ORDER BY a.email_key"};
  std::vector<view_of_user> found = session_.list(q, {record}, [](const sql_row& row) {
    return view_of_user{read_view(row), read_user(row, k_view_columns)};
  });
  return found;
}

std::vector<view_row> reads::views_after(pk after, std::int64_t limit) {
  static constexpr sql_query q{"views_after", "SELECT " SYNC_VIEW_COLUMNS
                                              " FROM view w WHERE w.pk>$1 ORDER BY w.pk LIMIT $2"};
  return session_.list(q, {after, limit}, view_of);
}

std::vector<pk> writes::save_views(std::span<const view_row> views) {
  static constexpr sql_query insert{
      "insert_views",
      "INSERT INTO view (pk, owner, record, open, closed_at, import_run, incarnation, heads, "
      "active, pinned, drafts) "
      "SELECT u.key, u.owner, u.record, u.open, u.closed_at, u.import_run, u.incarnation, u.heads, "
      "u.active, u.pinned, u.drafts {rows u: key=$1, owner=$2, record=$3, open=$4, "
      "closed_at=$5, import_run=$6, incarnation=$7, heads=$8, active=$9, pinned=$10, drafts=$11}"};
  static constexpr sql_query update{
      "update_views",
      "UPDATE view SET open=u.open, closed_at=u.closed_at, import_run=u.import_run, "
      "incarnation=u.incarnation, heads=u.heads, active=u.active, pinned=u.pinned, "
      "drafts=u.drafts {rows u: key=$1, owner=$2, record=$3, open=$4, closed_at=$5, "
      "import_run=$6, incarnation=$7, heads=$8, active=$9, pinned=$10, drafts=$11} "
      "WHERE view.pk=u.key AND view.owner=u.owner AND view.record=u.record"};
  struct entry {
    pk key;
    const view_row* view;
    std::string heads;
    std::string drafts;
  };
  const auto fresh_count = static_cast<std::size_t>(
      std::count_if(views.begin(), views.end(), [](const view_row& v) { return v.key == 0; }));
  const std::vector<pk> fresh = session_.allocate("view", fresh_count);
  std::vector<entry> added;
  std::vector<entry> changed;
  std::vector<pk> keys;
  keys.reserve(views.size());
  for (const view_row& v : views) {
    const pk key = v.key == 0 ? fresh[added.size()] : v.key;
    keys.push_back(key);
    auto& to = v.key == 0 ? added : changed;
    to.push_back({key, &v, join_ids(v.state.heads), join_ids(v.state.drafts)});
  }
  const auto parameters = [](const std::vector<entry>& of) {
    const auto integers = [&of](auto get) { return sql_list(sql_type::integer, of, get); };
    const auto blobs = [&of](auto get) { return sql_list(sql_type::bytes, of, get); };
    return sql_parameters{integers(&entry::key),
                          integers([](const entry& e) { return e.view->user; }),
                          integers([](const entry& e) { return e.view->record; }),
                          integers([](const entry& e) { return e.view->open; }),
                          integers([](const entry& e) { return e.view->closed_at; }),
                          integers([](const entry& e) { return e.view->import_run; }),
                          blobs([](const entry& e) { return e.view->state.incarnation.raw(); }),
                          blobs(&entry::heads),
                          blobs([](const entry& e) { return value_of(e.view->active); }),
                          blobs([](const entry& e) { return value_of(e.view->state.pinned); }),
                          blobs(&entry::drafts)};
  };
  // A closed view makes room for a new one of the same user and record, so it goes first.
  session_.run(update, parameters(changed));
  session_.run(insert, parameters(added));
  return keys;
}

}  // namespace autocusto::store::views
