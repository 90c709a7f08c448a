#include "server/store/records.hpp"

#include <algorithm>
#include <unordered_map>

#include "server/store/columns.hpp"
#include "shared/domain/validate.hpp"

namespace autocusto::store::records {
namespace {

record_row record_of(const sql_row& row) {
  return read_record(row);
}

constexpr auto raw_id = [](const auto* w) { return w->id.raw(); };

}  // namespace

std::optional<record_row> reads::record(const record_id& id) {
  static constexpr sql_query q{"record",
                               "SELECT " SYNC_RECORD_COLUMNS " FROM record r WHERE r.id=$1"};
  return session_.one(q, {id}, record_of);
}

std::vector<record_row> reads::records_by_pk(std::span<const pk> keys) {
  static constexpr sql_query q{"records_by_pk",
                               "SELECT " SYNC_RECORD_COLUMNS
                               " FROM {set u: key=$1} {join record r: r.pk=u.key}"};
  return session_.list(q, {sql_integers(keys)}, record_of);
}

std::vector<record_row> reads::records_by_ids(std::span<const record_id> ids) {
  static constexpr sql_query q{"records_by_ids", "SELECT " SYNC_RECORD_COLUMNS
                                                 " FROM {set u: id=$1} {join record r: r.id=u.id}"};
  return session_.list(q, {sql_bytes_of(ids)}, [](const sql_row& row) { return read_record(row); });
}

std::vector<record_row> reads::records_after(pk after, std::int64_t limit) {
  static constexpr sql_query q{"records_after",
                               "SELECT " SYNC_RECORD_COLUMNS
                               " FROM record r WHERE r.pk>$1 ORDER BY r.pk LIMIT $2"};
  return session_.list(q, {after, limit}, record_of);
}

std::vector<record_row> reads::records_of_patient(std::string_view patient, pk user,
                                                  std::int64_t limit) {
  static constexpr sql_query q{"records_of_patient",
                               "SELECT " SYNC_RECORD_COLUMNS
                               " FROM record r JOIN view w ON w.record=r.pk AND w.owner=$2 AND "
                               "w.open=1 WHERE r.patient=$1 AND r.patient<>'' "
                               "ORDER BY r.id LIMIT $3"};
  return session_.list(q, {sql_text(patient), user, limit}, record_of);
}

std::vector<record_summary> reads::record_list(std::optional<std::string> kind, bool divergent_only,
                                               pk after, std::int64_t limit) {
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
  return session_.list(q, {after, sql_text(wanted_kind), divergent_only, limit},
                       [](const sql_row& row) {
                         record_summary s;
                         s.record = read_record(row);
                         s.users = row.integer(k_record_columns);
                         s.versions = s.record.last_number;
                         s.divergent = row.integer(k_record_columns + 1) > 1;
                         return s;
                       });
}

std::vector<std::optional<record_row>> writes::lock_records(std::span<const wanted_record> wanted) {
  static constexpr sql_query create{
      "create_records",
      "INSERT INTO record (id, kind, natural_key, patient) "
      "SELECT u.id, u.kind, u.natural_key, u.patient "
      "{rows u: id=$1, kind=$2, natural_key=$3, patient=$4} WHERE true "
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
  std::vector<std::string> patients;
  patients.reserve(missing.size());
  for (const auto* w : missing) patients.push_back(domain::patient_of(w->kind, w->natural_key));
  session_.run(
      create,
      {sql_list(sql_type::bytes, missing, raw_id),
       sql_list(sql_type::text, missing, [](const auto* w) { return std::string_view(w->kind); }),
       sql_list(sql_type::text, missing,
                [](const auto* w) { return std::string_view(w->natural_key); }),
       sql_list(sql_type::text, patients, [](const auto& p) { return std::string_view(p); })});
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

void writes::drop_empty_records(std::span<const pk> records) {
  static constexpr sql_query q{"drop_empty_records",
                               "DELETE FROM record WHERE last_number=0 "
                               "AND pk IN (SELECT u.key FROM {all u: key=$1}) "
                               "AND NOT EXISTS (SELECT 1 FROM version v WHERE v.record=record.pk)"};
  session_.run(q, {sql_integers_at_once(records)});
}

}  // namespace autocusto::store::records
