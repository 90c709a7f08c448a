// Records and views.
#include <algorithm>
#include <stdexcept>

#include "server/store_sql/sql_writer.hpp"

namespace autocusto::store {
namespace {

record_row record_of(const sql_row& row) {
  return read_record(row);
}

view_row view_of(const sql_row& row) {
  return read_view(row);
}

constexpr auto raw_id = [](const auto* w) { return w->id.raw(); };

}  // namespace

std::string join_ids(std::span<const version_id> ids) {
  std::string joined;
  joined.reserve(ids.size() * version_id::size);
  for (const version_id& id : ids) joined += id.raw();
  return joined;
}

std::vector<version_id> split_ids(std::string_view joined) {
  if (joined.size() % version_id::size != 0) {
    throw database_error("a stored list of versions has a wrong size", false, false);
  }
  std::vector<version_id> ids;
  ids.reserve(joined.size() / version_id::size);
  for (std::size_t at = 0; at < joined.size(); at += version_id::size) {
    ids.push_back(version_id::from_raw(joined.substr(at, version_id::size)).value());
  }
  return ids;
}

record_row read_record(const sql_row& row, int first) {
  record_row r;
  r.key = row.integer(first);
  r.id = row.id<record_id>(first + 1);
  r.kind = row.bytes(first + 2);
  r.natural_key = row.bytes(first + 3);
  r.last_number = row.integer(first + 4);
  return r;
}

view_row read_view(const sql_row& row, int first) {
  view_row w;
  w.key = row.integer(first);
  w.user = row.integer(first + 1);
  w.record = row.integer(first + 2);
  w.open = row.integer(first + 3) != 0;
  w.state.incarnation = row.id<incarnation_id>(first + 4);
  w.state.heads = split_ids(row.bytes(first + 5));
  w.state.pinned = row.optional_id<version_id>(first + 6);
  w.state.drafts = split_ids(row.bytes(first + 7));
  w.active = row.optional_id<version_id>(first + 8);
  w.closed_at = row.optional_integer(first + 9);
  w.import_run = row.optional_integer(first + 10);
  return w;
}

std::optional<record_row> sql_writer::record(const record_id& id) {
  static constexpr sql_query q{"record",
                               "SELECT " SYNC_RECORD_COLUMNS " FROM record r WHERE r.id=$1"};
  return one(q, {sql_bytes(id.raw())}, record_of);
}

std::vector<record_row> sql_writer::records_by_pk(std::span<const pk> keys) {
  static constexpr sql_query q{"records_by_pk",
                               "SELECT " SYNC_RECORD_COLUMNS
                               " FROM {set u: key=$1} {join record r: r.pk=u.key}"};
  return list(q, {sql_integers(keys)}, record_of);
}

std::vector<record_row> sql_writer::records_after(pk after, std::int64_t limit) {
  static constexpr sql_query q{"records_after",
                               "SELECT " SYNC_RECORD_COLUMNS
                               " FROM record r WHERE r.pk>$1 ORDER BY r.pk LIMIT $2"};
  return list(q, {sql_integer(after), sql_integer(limit)}, record_of);
}

std::vector<std::optional<record_row>> sql_writer::lock_records(
    std::span<const wanted_record> wanted) {
  static constexpr sql_query create{
      "create_records",
      "INSERT INTO record (id, kind, natural_key) "
      "SELECT u.id, u.kind, u.natural_key {rows u: id=$1, kind=$2, natural_key=$3} WHERE true "
      "ON CONFLICT (id) DO NOTHING"};
  static constexpr sql_query lock{"lock_records", "SELECT " SYNC_RECORD_COLUMNS
                                                  " FROM {set u: id=$1} {join record r: r.id=u.id} "
                                                  "ORDER BY r.id {lock r}"};
  static constexpr sql_query lock_viewed{
      "lock_viewed_records",
      "SELECT " SYNC_RECORD_COLUMNS
      " FROM {set u: id=$1, viewer=$2} {join record r: r.id=u.id} WHERE u.viewer=0 "
      "OR EXISTS (SELECT 1 FROM view w WHERE w.record=r.pk AND w.owner=u.viewer AND w.open=1) "
      "OR EXISTS (SELECT 1 FROM view w WHERE w.record=r.pk AND w.owner=u.viewer AND w.open=0) "
      "ORDER BY r.id {lock r}"};
  // Sorted, so that transactions wait for each other in one order.
  std::vector<const wanted_record*> sorted;
  sorted.reserve(wanted.size());
  for (const wanted_record& w : wanted) sorted.push_back(&w);
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) {
    return a->id != b->id ? a->id < b->id : a->create > b->create;
  });
  sorted.erase(std::unique(sorted.begin(), sorted.end(),
                           [](const auto* a, const auto* b) { return a->id == b->id; }),
               sorted.end());
  std::vector<const wanted_record*> missing;
  std::copy_if(sorted.begin(), sorted.end(), std::back_inserter(missing),
               [](const wanted_record* w) { return w->create; });
  // Whether they are there is not asked: the answer would tell, by the time that it takes, whether
  // others treat somebody.
  run(create,
      {sql_list(sql_type::bytes, missing, raw_id),
       sql_list(sql_type::text, missing, [](const auto* w) { return std::string_view(w->kind); }),
       sql_list(sql_type::text, missing,
                [](const auto* w) { return std::string_view(w->natural_key); })});
  std::unordered_map<record_id, record_row> found;
  found.reserve(sorted.size());
  const bool any = std::all_of(sorted.begin(), sorted.end(),
                               [](const wanted_record* w) { return w->viewer == 0; });
  sql_parameters parameters{sql_list(sql_type::bytes, sorted, raw_id)};
  if (!any) {
    parameters.push_back(
        sql_list(sql_type::integer, sorted, [](const auto* w) { return w->viewer; }));
  }
  session_.run(any ? lock : lock_viewed, parameters, [&](const sql_row& row) {
    record_row r = read_record(row);
    found.insert_or_assign(r.id, std::move(r));
  });
  std::vector<std::optional<record_row>> answer;
  answer.reserve(wanted.size());
  for (const wanted_record& w : wanted) {
    const auto at = found.find(w.id);
    answer.push_back(at == found.end() ? std::nullopt : std::optional(at->second));
  }
  return answer;
}

void sql_writer::drop_empty_records(std::span<const pk> records) {
  static constexpr sql_query q{"drop_empty_records",
                               "DELETE FROM record WHERE last_number=0 "
                               "AND pk IN (SELECT u.key FROM {all u: key=$1}) "
                               "AND NOT EXISTS (SELECT 1 FROM version v WHERE v.record=record.pk)"};
  run(q, {sql_integers_at_once(records)});
}

std::vector<record_summary> sql_writer::record_list(std::optional<std::string> kind,
                                                    bool divergent_only, pk after,
                                                    std::int64_t limit) {
  // Versions are numbered without a gap, so the last number is how many there are.
  static constexpr sql_query q{
      "record_list",
      "SELECT " SYNC_RECORD_COLUMNS
      ", (SELECT count(*) FROM view w WHERE w.record=r.pk AND w.open=1)"
      ", (SELECT count(DISTINCT w.heads) FROM view w WHERE w.record=r.pk AND w.open=1) "
      "FROM record r WHERE r.pk>$1 AND ($2='' OR r.kind=$2) AND ($3=0 OR "
      "(SELECT count(DISTINCT w.heads) FROM view w WHERE w.record=r.pk AND w.open=1)>1) "
      "ORDER BY r.pk LIMIT $4"};
  const std::string wanted_kind = kind.value_or("");
  return list(q,
              {sql_integer(after), sql_text(wanted_kind),
               sql_integer(std::int64_t{divergent_only ? 1 : 0}), sql_integer(limit)},
              [](const sql_row& row) {
                record_summary s;
                s.record = read_record(row);
                s.users = row.integer(k_record_columns);
                s.versions = s.record.last_number;
                s.divergent = row.integer(k_record_columns + 1) > 1;
                return s;
              });
}

std::vector<view_row> sql_writer::open_views(std::span<const pk> records, pk owner) {
  static constexpr sql_query q{
      "open_views",
      "SELECT " SYNC_VIEW_COLUMNS
      " FROM {set u: record=$1} {join view w: w.record=u.record AND w.owner=$2 AND w.open=1}"};
  return list(q, {sql_integers(records), sql_integer(owner)}, view_of);
}

std::vector<pk> sql_writer::records_with_closed_view(std::span<const pk> records, pk owner) {
  static constexpr sql_query q{"records_with_closed_view",
                               "SELECT u.record FROM {set u: record=$1} WHERE EXISTS "
                               "(SELECT 1 FROM view w WHERE w.record=u.record AND w.owner=$2 "
                               "AND w.open=0)"};
  return list(q, {sql_integers(records), sql_integer(owner)},
              [](const sql_row& row) { return row.integer(0); });
}

std::vector<std::pair<pk, incarnation_id>> sql_writer::closed_incarnations(
    std::span<const pk> records, pk owner) {
  static constexpr sql_query q{"closed_incarnations",
                               "SELECT w.record, w.incarnation FROM {set u: record=$1} "
                               "{join view w: w.record=u.record AND w.owner=$2 AND w.open=0}"};
  return list(q, {sql_integers(records), sql_integer(owner)}, [](const sql_row& row) {
    return std::pair(row.integer(0), row.id<incarnation_id>(1));
  });
}

std::vector<view_row> sql_writer::views_by_pk(std::span<const pk> views) {
  static constexpr sql_query q{
      "views_by_pk", "SELECT " SYNC_VIEW_COLUMNS " FROM {set u: key=$1} {join view w: w.pk=u.key}"};
  return list(q, {sql_integers(views)}, view_of);
}

std::vector<view_row> sql_writer::views_after(pk after, std::int64_t limit) {
  static constexpr sql_query q{"views_after", "SELECT " SYNC_VIEW_COLUMNS
                                              " FROM view w WHERE w.pk>$1 ORDER BY w.pk LIMIT $2"};
  return list(q, {sql_integer(after), sql_integer(limit)}, view_of);
}

std::vector<view_of_user> sql_writer::views_of_record(pk record) {
  static constexpr sql_query q{"views_of_record",
                               "SELECT " SYNC_VIEW_COLUMNS ", " SYNC_USER_COLUMNS
                               " FROM view w {join app_user a: a.pk=w.owner} "
                               "WHERE w.record=$1 AND w.open=1 ORDER BY a.email_key"};
  std::vector<view_of_user> found = list(q, {sql_integer(record)}, [](const sql_row& row) {
    return view_of_user{read_view(row), read_user(row, k_view_columns)};
  });
  return found;
}

std::vector<pk> sql_writer::save_views(std::span<const view_row> views) {
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
    const auto optional_id = [](const std::optional<version_id>& id) {
      return id ? value_of(id->raw()) : sql_value{};
    };
    return sql_parameters{
        integers([](const entry& e) { return e.key; }),
        integers([](const entry& e) { return e.view->user; }),
        integers([](const entry& e) { return e.view->record; }),
        integers([](const entry& e) { return std::int64_t{e.view->open ? 1 : 0}; }),
        integers([](const entry& e) { return e.view->closed_at; }),
        integers([](const entry& e) { return e.view->import_run; }),
        blobs([](const entry& e) { return e.view->state.incarnation.raw(); }),
        blobs([](const entry& e) { return std::string_view(e.heads); }),
        blobs([&](const entry& e) { return optional_id(e.view->active); }),
        blobs([&](const entry& e) { return optional_id(e.view->state.pinned); }),
        blobs([](const entry& e) { return std::string_view(e.drafts); })};
  };
  // A closed view makes room for a new one of the same user and record, so it goes first.
  run(update, parameters(changed));
  run(insert, parameters(added));
  return keys;
}

}  // namespace autocusto::store
