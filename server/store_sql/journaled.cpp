// What the journal of acts and the database have in common.
#include "server/store_sql/sql_writer.hpp"

namespace autocusto::store {

std::vector<act_id> sql_writer::journaled(std::span<const act_id> ids) {
  static constexpr sql_query q{"journaled",
                               "SELECT j.id FROM {set u: id=$1} {join journaled j: j.id=u.id}"};
  return list(q, {sql_list(sql_type::bytes, ids, [](const act_id& id) { return id.raw(); })},
              [](const sql_row& row) { return row.id<act_id>(0); });
}

std::optional<std::string> sql_writer::journaled_object(const act_id& id) {
  static constexpr sql_query q{"journaled_object", "SELECT object FROM journaled WHERE id=$1"};
  return one(q, {sql_bytes(id.raw())},
             [](const sql_row& row) { return std::string(row.bytes(0)); });
}

std::optional<unix_millis> sql_writer::newest_journaled(std::string_view subject,
                                                        journaled_act what) {
  static constexpr sql_query q{"newest_journaled",
                               "SELECT at FROM journaled WHERE subject=$1 AND what=$2 "
                               "ORDER BY at DESC LIMIT 1"};
  return one(q, {sql_bytes(subject), sql_integer(static_cast<std::int64_t>(what))},
             [](const sql_row& row) { return row.integer(0); });
}

std::vector<incarnation_id> sql_writer::removed_incarnations(
    std::span<const incarnation_id> incarnations) {
  static constexpr sql_query q{"removed_incarnations",
                               "SELECT DISTINCT j.subject FROM {set u: subject=$1} "
                               "{join journaled j: j.subject=u.subject AND j.what=5}"};
  return list(
      q,
      {sql_list(sql_type::bytes, incarnations, [](const incarnation_id& id) { return id.raw(); })},
      [](const sql_row& row) { return row.id<incarnation_id>(0); });
}

bool sql_writer::add_journaled(const journaled_row& row) {
  static constexpr sql_query q{"add_journaled",
                               "INSERT INTO journaled (id, what, subject, at, object) "
                               "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING "
                               "RETURNING at"};
  return one(q,
             {sql_bytes(row.id.raw()), sql_integer(static_cast<std::int64_t>(row.what)),
              sql_bytes(row.subject), sql_integer(row.at), sql_text(row.object)},
             [](const sql_row& done) { return done.integer(0); })
      .has_value();
}

}  // namespace autocusto::store
