#include "server/store/quarantine.hpp"

#include "server/store/sql/session.hpp"

namespace autocusto::store::quarantine {
namespace {

// With or without the bytes, as the query has the columns.
quarantine_row read_quarantine(const sql_row& row) {
  quarantine_row q;
  q.key = row.integer(0);
  q.device = row.integer(1);
  q.user = row.integer(2);
  q.code = row.bytes(3);
  q.message = row.bytes(4);
  q.version = row.optional_id<version_id>(5);
  q.received_at = row.integer(6);
  q.header = row.bytes(7);
  q.payload = row.bytes(8);
  return q;
}

quarantine_usage read_usage(const sql_row& row) {
  return {row.integer(0), row.integer(1)};
}

}  // namespace

quarantine_usage reads::quarantine_used(pk device) {
  static constexpr sql_query q{
      "quarantine_used",
      "SELECT count(*), CAST(coalesce(sum(size), 0) AS bigint) FROM quarantine WHERE device=$1"};
  return session_.one(q, {device}, read_usage).value();
}

quarantine_usage reads::quarantine_used_by(pk user) {
  static constexpr sql_query q{
      "quarantine_used_by",
      "SELECT count(*), CAST(coalesce(sum(size), 0) AS bigint) FROM quarantine WHERE owner=$1"};
  return session_.one(q, {user}, read_usage).value();
}

std::vector<quarantine_row> reads::quarantine_list() {
  static constexpr sql_query q{
      "quarantine_list",
      "SELECT q.pk, q.device, q.owner, q.code, q.message, q.version, q.received_at, '', '' "
      "FROM quarantine q ORDER BY q.pk DESC"};
  return session_.list(q, {}, read_quarantine);
}

std::optional<quarantine_row> reads::quarantine(pk key) {
  static constexpr sql_query q{"quarantine",
                               "SELECT q.pk, q.device, q.owner, q.code, q.message, q.version, "
                               "q.received_at, q.header, q.payload FROM quarantine q "
                               "WHERE q.pk=$1"};
  return session_.one(q, {key}, read_quarantine);
}

void writes::add_quarantine(std::span<const quarantine_row> rows) {
  static constexpr sql_query q{
      "add_quarantine",
      "INSERT INTO quarantine (device, owner, size, code, message, version, received_at, header, "
      "payload) SELECT u.device, u.owner, u.size, u.code, u.message, u.version, u.received_at, "
      "u.header, u.payload {rows u: device=$1, owner=$2, size=$3, code=$4, message=$5, "
      "version=$6, received_at=$7, header=$8, payload=$9}"};
  const auto integers = [&rows](auto get) { return sql_list(sql_type::integer, rows, get); };
  const auto texts = [&rows](auto get) { return sql_list(sql_type::text, rows, get); };
  const auto blobs = [&rows](auto get) { return sql_list(sql_type::bytes, rows, get); };
  using in = const quarantine_row&;
  session_.run(
      q, {integers(&quarantine_row::device), integers(&quarantine_row::user), integers([](in r) {
            return static_cast<std::int64_t>(r.header.size() + r.payload.size());
          }),
          texts(&quarantine_row::code), texts(&quarantine_row::message),
          blobs(&quarantine_row::version), integers(&quarantine_row::received_at),
          blobs(&quarantine_row::header), blobs(&quarantine_row::payload)});
}

void writes::remove_quarantine(pk key) {
  static constexpr sql_query q{"remove_quarantine", "DELETE FROM quarantine WHERE pk=$1"};
  session_.run(q, {key});
}

}  // namespace autocusto::store::quarantine
