#include "server/store/credentials.hpp"

#include "server/store/columns.hpp"

namespace autocusto::store::credentials {
namespace {

constexpr unix_millis k_used_code_kept = 7LL * 24 * 60 * 60 * 1000;

session_owner read_session(const sql_row& row) {
  session_owner s;
  s.session.token_hash = row.bytes(0);
  s.session.device = row.integer(1);
  s.session.scope = row.integer(2) == 0 ? session_scope::full : session_scope::surrender;
  s.session.expires_at = row.integer(3);
  s.device = read_device(row, 4);
  s.user = read_user(row, 4 + k_device_columns);
  return s;
}

enrollment_row enrollment_of(const sql_row& row) {
  return {std::string(row.bytes(0)), row.integer(1), row.integer(2), row.optional_integer(3)};
}

}  // namespace

std::optional<enrollment_row> reads::enrollment(std::string_view code_hash) {
  static constexpr sql_query q{
      "enrollment",
      "SELECT code_hash, owner, expires_at, device FROM enrollment WHERE code_hash=$1"};
  return session_.one(q, {sql_bytes(code_hash)}, enrollment_of);
}

std::vector<pk> reads::users_with_code(unix_millis now) {
  static constexpr sql_query q{
      "users_with_code",
      "SELECT DISTINCT owner FROM enrollment WHERE device IS NULL AND expires_at>$1"};
  return session_.list(q, {now}, read_key);
}

std::vector<enrollment_row> reads::open_enrollments(unix_millis now) {
  static constexpr sql_query q{"open_enrollments",
                               "SELECT code_hash, owner, expires_at, device FROM enrollment "
                               "WHERE device IS NULL AND expires_at>$1 "
                               "ORDER BY expires_at, code_hash"};
  return session_.list(q, {now}, enrollment_of);
}

std::optional<session_owner> reads::session(std::string_view token_hash) {
  static constexpr sql_query q{
      "session", "SELECT s.token_hash, s.device, s.scope, s.expires_at, " SYNC_DEVICE_COLUMNS
                 ", " SYNC_USER_COLUMNS
                 " FROM session s {join device d: d.pk=s.device}"
                 " {join app_user a: a.pk=d.owner} WHERE s.token_hash=$1"};
  return session_.one(q, {sql_bytes(token_hash)}, read_session);
}

void writes::add_enrollment(const enrollment_row& e) {
  static constexpr sql_query q{
      "add_enrollment",
      "INSERT INTO enrollment (code_hash, owner, expires_at, device) VALUES ($1, $2, $3, $4)"};
  session_.run(q, {sql_bytes(e.code_hash), e.user, e.expires_at, e.device});
}

std::optional<enrollment_row> writes::lock_enrollment(std::string_view code_hash) {
  static constexpr sql_query q{"lock_enrollment",
                               "SELECT e.code_hash, e.owner, e.expires_at, e.device "
                               "FROM enrollment e WHERE e.code_hash=$1 {lock e}"};
  return session_.one(q, {sql_bytes(code_hash)}, enrollment_of);
}

void writes::use_enrollment(std::string_view code_hash, pk device) {
  static constexpr sql_query q{"use_enrollment",
                               "UPDATE enrollment SET device=$2 WHERE code_hash=$1"};
  session_.run(q, {sql_bytes(code_hash), device});
}

bool writes::void_enrollment(std::string_view code_hash) {
  static constexpr sql_query q{
      "void_enrollment",
      "DELETE FROM enrollment WHERE code_hash=$1 AND device IS NULL RETURNING owner"};
  return session_.one(q, {sql_bytes(code_hash)}, read_key).has_value();
}

void writes::void_enrollments(pk user, unix_millis expiring_until) {
  static constexpr sql_query q{
      "void_enrollments",
      "DELETE FROM enrollment WHERE owner=$1 AND device IS NULL AND expires_at<=$2"};
  session_.run(q, {user, expiring_until});
}

void writes::add_session(const session_row& s) {
  static constexpr sql_query q{
      "add_session",
      "INSERT INTO session (token_hash, device, scope, expires_at) VALUES ($1, $2, $3, $4)"};
  session_.run(q, {sql_bytes(s.token_hash), s.device, s.scope, s.expires_at});
}

void writes::end_sessions_of_device(pk device) {
  static constexpr sql_query q{"end_sessions_of_device", "DELETE FROM session WHERE device=$1"};
  session_.run(q, {device});
}

void writes::end_sessions_of_user(pk user) {
  static constexpr sql_query q{
      "end_sessions_of_user",
      "DELETE FROM session WHERE device IN (SELECT pk FROM device WHERE owner=$1)"};
  session_.run(q, {user});
}

bool writes::spend_challenge(std::string_view challenge_hash, unix_millis expires_at) {
  static constexpr sql_query q{
      "spend_challenge",
      "INSERT INTO spent_challenge (challenge_hash, expires_at) VALUES ($1, $2) "
      "ON CONFLICT (challenge_hash) DO NOTHING RETURNING expires_at"};
  return session_.one(q, {sql_bytes(challenge_hash), expires_at}, read_key).has_value();
}

void writes::purge_expired(unix_millis now) {
  static constexpr sql_query sessions{"purge_sessions", "DELETE FROM session WHERE expires_at<$1"};
  static constexpr sql_query challenges{"purge_challenges",
                                        "DELETE FROM spent_challenge WHERE expires_at<$1"};
  static constexpr sql_query enrollments{
      "purge_enrollments", "DELETE FROM enrollment WHERE expires_at<$1 AND device IS NULL"};
  // The device that a used code has made is answered again for as long as a code is good.
  static constexpr sql_query used{"purge_used_enrollments",
                                  "DELETE FROM enrollment WHERE expires_at<$1"};
  for (const sql_query& q : {sessions, challenges, enrollments}) session_.run(q, {now});
  session_.run(used, {now - k_used_code_kept});
}

}  // namespace autocusto::store::credentials
