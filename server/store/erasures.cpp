#include "server/store/erasures.hpp"

#include "server/store/sql/session.hpp"

namespace autocusto::store::erasures {
std::vector<removal_row> reads::removals(pk owner, unix_millis since, pk device) {
  static constexpr sql_query q{
      "removals",
      "SELECT w.incarnation, w.closed_at, r.received_at FROM view w "
      "LEFT JOIN erased_view e ON e.device=$3 AND e.incarnation=w.incarnation "
      "LEFT JOIN erasure r ON r.pk=e.erasure "
      "WHERE w.owner=$1 AND w.open=0 AND w.closed_at>=$2 ORDER BY w.closed_at, w.pk"};
  return session_.list(q, {owner, since, device}, [](const sql_row& row) {
    return removal_row{.incarnation = row.id<incarnation_id>(0),
                       .removed_at = row.integer(1),
                       .erased_at = row.optional_integer(2)};
  });
}

std::vector<erasure_row> reads::erasures_of_everything(pk device) {
  static constexpr sql_query q{"erasures_of_everything",
                               "SELECT pk, device, everything, received_at, object, signature "
                               "FROM erasure WHERE device=$1 AND everything=1 ORDER BY pk"};
  return session_.list(q, {device}, [](const sql_row& row) {
    return erasure_row{.key = row.integer(0),
                       .device = row.integer(1),
                       .everything = row.integer(2) != 0,
                       .received_at = row.integer(3),
                       .object = std::string(row.bytes(4)),
                       .signature = std::string(row.bytes(5))};
  });
}

std::vector<std::pair<pk, unix_millis>> reads::erased_devices() {
  static constexpr sql_query q{"erased_devices",
                               "SELECT device, min(received_at) FROM erasure WHERE everything=1 "
                               "GROUP BY device ORDER BY device"};
  return session_.list(
      q, {}, [](const sql_row& row) { return std::pair(row.integer(0), row.integer(1)); });
}

std::vector<incarnation_id> reads::erased_among(std::span<const incarnation_id> incarnations,
                                                pk device) {
  static constexpr sql_query q{
      "erased_among",
      "SELECT e.incarnation FROM {set u: incarnation=$1, device=$2} "
      "{join erased_view e: e.device=u.device AND e.incarnation=u.incarnation}"};
  const std::vector<std::int64_t> devices(incarnations.size(), device);
  return session_.list(q, {sql_bytes_of(incarnations), sql_integers(devices)},
                       read_id<incarnation_id>);
}

void writes::device_told(pk device, std::optional<unix_millis> at) {
  static constexpr sql_query q{"device_told", "UPDATE device SET told_at=$2 WHERE pk=$1"};
  session_.run(q, {device, at});
}

void writes::add_erasure(const erasure_row& row, std::span<const incarnation_id> incarnations) {
  static constexpr sql_query q{
      "add_erasure",
      "INSERT INTO erasure (device, everything, received_at, object, signature) "
      "VALUES ($1, $2, $3, $4, $5) RETURNING pk"};
  const auto key = session_.number(q, {row.device, row.everything, row.received_at,
                                       sql_bytes(row.object), sql_bytes(row.signature)});
  static constexpr sql_query views{"add_erased_views",
                                   "INSERT INTO erased_view (device, incarnation, erasure) "
                                   "SELECT u.device, u.incarnation, u.erasure "
                                   "{rows u: device=$1, incarnation=$2, erasure=$3} WHERE true "
                                   "ON CONFLICT (device, incarnation) DO NOTHING"};
  const std::vector<std::int64_t> devices(incarnations.size(), row.device);
  const std::vector<std::int64_t> erasures(incarnations.size(), key);
  session_.run(views, {sql_integers(devices), sql_bytes_of(incarnations), sql_integers(erasures)});
}

}  // namespace autocusto::store::erasures
