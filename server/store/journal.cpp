#include "server/store/journal.hpp"

#include "server/store/sql/session.hpp"

namespace autocusto::store::journal {

std::vector<act_id> reads::journaled(std::span<const act_id> ids) {
  static constexpr sql_query q{"journaled",
                               "SELECT j.id FROM {set u: id=$1} {join journaled j: j.id=u.id}"};
  return session_.list(q, {sql_bytes_of(ids)}, read_id<act_id>);
}

std::optional<std::string> reads::journaled_object(const act_id& id) {
  static constexpr sql_query q{"journaled_object", "SELECT object FROM journaled WHERE id=$1"};
  return session_.one(q, {id}, [](const sql_row& row) { return std::string(row.bytes(0)); });
}

std::optional<unix_millis> reads::newest_journaled(std::string_view subject, journaled_act what) {
  static constexpr sql_query q{"newest_journaled",
                               "SELECT at FROM journaled WHERE subject=$1 AND what=$2 "
                               "ORDER BY at DESC LIMIT 1"};
  return session_.one(q, {sql_bytes(subject), what}, read_key);
}

std::vector<incarnation_id> reads::removed_incarnations(
    std::span<const incarnation_id> incarnations) {
  static constexpr sql_query q{"removed_incarnations",
                               "SELECT DISTINCT j.subject FROM {set u: subject=$1} "
                               "{join journaled j: j.subject=u.subject AND j.what=5}"};
  return session_.list(q, {sql_bytes_of(incarnations)}, read_id<incarnation_id>);
}

bool writes::add_journaled(const journaled_row& row) {
  static constexpr sql_query q{"add_journaled",
                               "INSERT INTO journaled (id, what, subject, at, object) "
                               "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING "
                               "RETURNING at"};
  return session_
      .one(q, {row.id, row.what, sql_bytes(row.subject), row.at, sql_text(row.object)}, read_key)
      .has_value();
}

}  // namespace autocusto::store::journal
