#include "server/store/pushes.hpp"

#include "server/store/sql/session.hpp"

namespace autocusto::store::pushes {
namespace {

#define SYNC_PUSH_COLUMNS "p.id, p.device, p.object, p.signature, p.answer, p.received_at"

push_row read_push(const sql_row& row) {
  push_row p;
  p.id = row.id<push_id>(0);
  p.device = row.integer(1);
  p.object = row.bytes(2);
  p.signature = row.bytes(3);
  p.answer = row.bytes(4);
  p.received_at = row.integer(5);
  return p;
}

}  // namespace

std::optional<push_row> reads::push(const push_id& id) {
  static constexpr sql_query q{"push", "SELECT " SYNC_PUSH_COLUMNS " FROM push p WHERE p.id=$1"};
  return session_.one(q, {id}, read_push);
}

std::vector<push_row> reads::pushes_after(std::optional<push_id> after, std::int64_t limit) {
  static constexpr sql_query q{"pushes_after", "SELECT " SYNC_PUSH_COLUMNS
                                               " FROM push p WHERE p.id>$1 ORDER BY p.id LIMIT $2"};
  const std::string_view from = after ? after->raw() : std::string_view();
  return session_.list(q, {sql_bytes(from), limit}, read_push);
}

void writes::add_push(const push_row& push) {
  static constexpr sql_query q{
      "add_push",
      "INSERT INTO push (id, device, object, signature, answer, received_at) "
      "VALUES ($1, $2, $3, $4, $5, $6)"};
  session_.run(q, {push.id, push.device, sql_bytes(push.object), sql_bytes(push.signature),
                   sql_bytes(push.answer), push.received_at});
}

}  // namespace autocusto::store::pushes
