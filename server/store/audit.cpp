#include "server/store/audit.hpp"

#include "server/store/sql/session.hpp"
#include "shared/base/clock.hpp"

namespace autocusto::store::audit {
namespace {

#define SYNC_AUDIT_COLUMNS                                                                     \
  "l.pk, l.at, l.act, l.actor, l.device, l.what, l.subject_user, l.subject_record, l.object, " \
  "l.signature"

constexpr std::int64_t k_at_once = 1000;

audit_row read_audit(const sql_row& row) {
  audit_row a;
  a.key = row.integer(0);
  a.at = row.integer(1);
  a.act = row.optional_id<act_id>(2);
  a.actor = row.integer(3);
  a.device = row.optional_integer(4);
  a.what = row.bytes(5);
  a.subject_user = row.optional_integer(6);
  a.subject_record = row.optional_integer(7);
  a.object = row.bytes(8);
  a.signature = row.bytes(9);
  return a;
}

audit_head_row head_of(const sql_row& row) {
  return {row.integer(0), row.integer(1), row.id<hash256>(2)};
}

}  // namespace

std::vector<audit_row> reads::audit(std::optional<pk> user, std::optional<pk> record,
                                    unix_millis since, pk after, std::int64_t limit) {
  static constexpr sql_query q{"audit", "SELECT " SYNC_AUDIT_COLUMNS
                                        " FROM audit_log l WHERE l.pk>$1 AND l.at>=$2 "
                                        "AND ($3=0 OR l.actor=$3 OR l.subject_user=$3) "
                                        "AND ($4=0 OR l.subject_record=$4) ORDER BY l.pk LIMIT $5"};
  return session_.list(q, {after, since, user.value_or(0), record.value_or(0), limit}, read_audit);
}

std::optional<audit_row> reads::audit_by_act(const act_id& act) {
  static constexpr sql_query q{"audit_by_act",
                               "SELECT " SYNC_AUDIT_COLUMNS " FROM audit_log l WHERE l.act=$1"};
  return session_.one(q, {act}, read_audit);
}

audit_head_row reads::audit_head() {
  static constexpr sql_query q{"audit_head", "SELECT seq, line, link FROM audit_head WHERE id=1"};
  return session_.one(q, {}, head_of).value_or(audit_head_row{});
}

std::optional<hash256> reads::audit_link(std::int64_t seq) {
  static constexpr sql_query q{"audit_link", "SELECT link FROM audit_chain WHERE seq=$1"};
  return session_.one(q, {seq}, read_id<hash256>);
}

std::vector<std::pair<pk, wire::audit_line>> reads::audit_lines(std::int64_t after_seq, pk after,
                                                                std::int64_t limit) {
  static constexpr sql_query q{
      "audit_lines",
      "SELECT l.pk, l.at, l.act, a.id, d.id, l.what, s.id, l.object, l.signature "
      "FROM audit_log l LEFT JOIN app_user a ON a.pk=l.actor LEFT JOIN device d ON d.pk=l.device "
      "LEFT JOIN app_user s ON s.pk=l.subject_user WHERE l.pk>$1 ORDER BY l.pk LIMIT $2"};
  return session_.list(q, {after, limit}, [&after_seq](const sql_row& row) {
    wire::audit_line line;
    line.seq = ++after_seq;
    line.at = format_time(row.integer(1));
    line.act = row.optional_id<act_id>(2);
    line.actor = row.optional_id<user_id>(3).value_or(user_id{});
    line.device = row.optional_id<device_id>(4);
    line.what = row.bytes(5);
    line.user = row.optional_id<user_id>(6);
    line.object = row.bytes(7);
    line.signature = row.bytes(8);
    return std::pair(row.integer(0), std::move(line));
  });
}

void writes::add_audit(const audit_row& row) {
  static constexpr sql_query q{
      "add_audit",
      "INSERT INTO audit_log (at, act, actor, device, what, subject_user, subject_record, object, "
      "signature) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"};
  // The head is locked before the line gets its key: so keys are in the order of the chain, and the
  // lines of other processes before it are committed. What has no link yet is chained first.
  while (chain_audit(k_at_once) == k_at_once) {
  }
  session_.run(q, {row.at, row.act, row.actor, row.device, sql_text(row.what), row.subject_user,
                   row.subject_record, sql_bytes(row.object), sql_bytes(row.signature)});
  static_cast<void>(chain_audit(1));
}

std::int64_t writes::chain_audit(std::int64_t limit) {
  static constexpr sql_query lock{
      "lock_audit_head", "SELECT h.seq, h.line, h.link FROM audit_head h WHERE h.id=1 {lock h}"};
  static constexpr sql_query add{"add_audit_link",
                                 "INSERT INTO audit_chain (seq, line, link) VALUES ($1, $2, $3)"};
  static constexpr sql_query move{"move_audit_head",
                                  "UPDATE audit_head SET seq=$1, line=$2, link=$3 WHERE id=1"};
  auto head = session_.one(lock, {}, head_of).value();
  const auto lines = audit_lines(head.seq, head.line, limit);
  for (const auto& [key, line] : lines) {
    head = {line.seq, key, wire::audit_link(head.link, line)};
    session_.run(add, {head.seq, head.line, head.link});
  }
  if (!lines.empty()) {
    session_.run(move, {head.seq, head.line, head.link});
  }
  return static_cast<std::int64_t>(lines.size());
}

}  // namespace autocusto::store::audit
