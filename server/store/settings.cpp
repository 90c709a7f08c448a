#include "server/store/settings.hpp"

#include "server/store/sql/session.hpp"

namespace autocusto::store::settings {

std::optional<std::string> reads::setting(std::string_view name) {
  static constexpr sql_query q{"setting", "SELECT value FROM setting WHERE name=$1"};
  return session_.one(q, {sql_text(name)},
                      [](const sql_row& row) { return std::string(row.bytes(0)); });
}

unix_millis reads::latest_time() {
  // A session says when it was opened by when it ends, an hour later.
  static constexpr sql_query q{
      "latest_time",
      "SELECT MAX(t.at) FROM (SELECT MAX(enrolled_at) AS at FROM device "
      "UNION ALL SELECT MAX(last_seen) FROM device "
      "UNION ALL SELECT MAX(expires_at)-3600000 FROM session "
      "UNION ALL SELECT MAX(l.at) FROM (SELECT at FROM audit_log ORDER BY pk DESC LIMIT 1) l "
      "UNION ALL SELECT MAX(p.received_at) FROM "
      "(SELECT received_at FROM push ORDER BY pk DESC LIMIT 1) p) t"};
  const auto row = session_.list(q, {}, [](const sql_row& r) { return r.optional_integer(0); });
  return row.at(0).value_or(0);
}

std::vector<policy_row> reads::policies() {
  static constexpr sql_query q{"policies",
                               "SELECT kind, owner, policy FROM policy ORDER BY kind, owner"};
  return session_.list(q, {}, [](const sql_row& row) {
    policy_row p;
    p.kind = row.bytes(0);
    if (row.integer(1) != 0) p.user = row.integer(1);
    p.policy = static_cast<domain::merge_policy>(row.integer(2));
    return p;
  });
}

domain::merge_policy reads::policy(pk user, std::string_view kind) {
  static constexpr sql_query q{
      "policy",
      "SELECT policy FROM policy WHERE kind=$1 AND owner IN (0, $2) ORDER BY owner DESC LIMIT 1"};
  return session_
      .one(q, {sql_text(kind), user},
           [](const sql_row& row) { return static_cast<domain::merge_policy>(row.integer(0)); })
      .value_or(domain::merge_policy::automatic);
}

statistics reads::stats() {
  // The system user and its devices are the server's own.
  // Versions and feed items are numbered without a gap, so sums of last numbers count them without
  // walking the two greatest tables.
  static constexpr sql_query q{
      "stats",
      "SELECT (SELECT count(*) FROM app_user WHERE role<>$1), "
      "(SELECT count(*) FROM device d JOIN app_user u ON u.pk=d.owner WHERE u.role<>$1), "
      "(SELECT count(*) FROM record), "
      "(SELECT CAST(coalesce(sum(last_number), 0) AS bigint) FROM record), "
      "(SELECT count(*) FROM view WHERE open=1), (SELECT count(*) FROM conflict WHERE state=0), "
      "(SELECT count(*) FROM quarantine), (SELECT count(*) FROM push), "
      "(SELECT CAST(coalesce(sum(seq), 0) AS bigint) FROM feed_head)"};
  statistics s;
  session_.run(q, {user_role::system}, [&s](const sql_row& row) {
    s = {row.integer(0), row.integer(1), row.integer(2), row.integer(3), row.integer(4),
         row.integer(5), row.integer(6), row.integer(7), row.integer(8)};
  });
  return s;
}

void writes::set_setting(std::string_view name, std::string_view value) {
  static constexpr sql_query q{"set_setting",
                               "INSERT INTO setting (name, value) VALUES ($1, $2) "
                               "ON CONFLICT (name) DO UPDATE SET value=excluded.value"};
  session_.run(q, {sql_text(name), sql_text(value)});
}

bool writes::remove_policy(std::string_view kind, std::optional<pk> user) {
  static constexpr sql_query q{"remove_policy",
                               "DELETE FROM policy WHERE kind=$1 AND owner=$2 RETURNING owner"};
  bool found = false;
  session_.run(q, {sql_text(kind), user.value_or(0)}, [&found](const sql_row&) { found = true; });
  return found;
}

void writes::set_policy(const policy_row& policy) {
  static constexpr sql_query q{"set_policy",
                               "INSERT INTO policy (kind, owner, policy) VALUES ($1, $2, $3) "
                               "ON CONFLICT (kind, owner) DO UPDATE SET policy=excluded.policy"};
  session_.run(q, {sql_text(policy.kind), policy.user.value_or(0), policy.policy});
}

}  // namespace autocusto::store::settings
