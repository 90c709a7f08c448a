// Settings, users, devices, enrollments, sessions.
#include <algorithm>

#include "server/store_sql/sql_writer.hpp"

namespace autocusto::store {
namespace {

sql_parameter flag(bool value) {
  return sql_integer(std::int64_t{value ? 1 : 0});
}

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

user_row user_of(const sql_row& row) {
  return read_user(row);
}

device_row device_of(const sql_row& row) {
  return read_device(row);
}

enrollment_row enrollment_of(const sql_row& row) {
  return {std::string(row.bytes(0)), row.integer(1), row.integer(2), row.optional_integer(3)};
}

}  // namespace

std::string email_key(std::string_view email) {
  std::string key(email);
  std::transform(key.begin(), key.end(), key.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return key;
}

user_row read_user(const sql_row& row, int first) {
  user_row u;
  u.key = row.integer(first);
  u.id = row.id<user_id>(first + 1);
  u.email = row.bytes(first + 2);
  u.role = static_cast<user_role>(row.integer(first + 3));
  u.enabled = row.integer(first + 4) != 0;
  u.created_at = row.integer(first + 5);
  return u;
}

/// No key is NULL.
static sql_parameter key_or_null(const device_row& device) {
  sql_parameter p = sql_bytes(device.public_key);
  p.values[0].null = device.public_key.empty();
  return p;
}

device_row read_device(const sql_row& row, int first) {
  device_row d;
  d.key = row.integer(first);
  d.id = row.id<device_id>(first + 1);
  d.user = row.integer(first + 2);
  d.name = row.bytes(first + 3);
  if (!row.is_null(first + 4)) d.public_key = row.bytes(first + 4);
  d.enrolled_at = row.integer(first + 5);
  d.revoked_at = row.optional_integer(first + 6);
  d.lost = row.integer(first + 7) != 0;
  d.last_seen = row.optional_integer(first + 8);
  d.last_push = row.optional_id<push_id>(first + 9);
  d.replaces = row.optional_integer(first + 10);
  d.told_at = row.optional_integer(first + 11);
  d.pending = row.integer(first + 12) != 0;
  return d;
}

void sql_writer::run(const sql_query& query, const sql_parameters& parameters) {
  session_.run(query, parameters, [](const sql_row&) {});
}

std::unique_ptr<writer> make_sql_writer(sql_session& session) {
  return std::make_unique<sql_writer>(session);
}

std::optional<std::string> sql_writer::setting(std::string_view name) {
  static constexpr sql_query q{"setting", "SELECT value FROM setting WHERE name=$1"};
  return one(q, {sql_text(name)}, [](const sql_row& row) { return std::string(row.bytes(0)); });
}

unix_millis sql_writer::latest_time() {
  // A session says when it was opened by when it ends, an hour later.
  static constexpr sql_query q{
      "latest_time",
      "SELECT MAX(t.at) FROM (SELECT MAX(enrolled_at) AS at FROM device "
      "UNION ALL SELECT MAX(last_seen) FROM device "
      "UNION ALL SELECT MAX(expires_at)-3600000 FROM session "
      "UNION ALL SELECT MAX(l.at) FROM (SELECT at FROM audit_log ORDER BY pk DESC LIMIT 1) l "
      "UNION ALL SELECT MAX(p.received_at) FROM "
      "(SELECT received_at FROM push ORDER BY pk DESC LIMIT 1) p) t"};
  const auto row = list(q, {}, [](const sql_row& r) { return r.optional_integer(0); });
  return row.at(0).value_or(0);
}

void sql_writer::set_setting(std::string_view name, std::string_view value) {
  static constexpr sql_query q{"set_setting",
                               "INSERT INTO setting (name, value) VALUES ($1, $2) "
                               "ON CONFLICT (name) DO UPDATE SET value=excluded.value"};
  run(q, {sql_text(name), sql_text(value)});
}

std::optional<user_row> sql_writer::user_by_email(std::string_view email) {
  static constexpr sql_query q{"user_by_email",
                               "SELECT " SYNC_USER_COLUMNS " FROM app_user a WHERE a.email_key=$1"};
  static constexpr sql_query twins{
      "twins_by_email",
      "SELECT " SYNC_USER_COLUMNS
      " FROM email_twin t {join app_user a: a.pk=t.owner} WHERE t.email_key=$1 ORDER BY a.pk"};
  const std::string key = email_key(email);
  auto found = list(q, {sql_text(key)}, user_of);
  auto others = list(twins, {sql_text(key)}, user_of);
  if (others.empty()) return found.empty() ? std::nullopt : std::optional(std::move(found[0]));
  // Imported accounts may share an e-mail but for case: then only the exact text names one.
  std::move(others.begin(), others.end(), std::back_inserter(found));
  const auto exact = std::find_if(found.begin(), found.end(),
                                  [&](const user_row& user) { return user.email == email; });
  if (exact == found.end()) return std::nullopt;
  return *exact;
}

bool sql_writer::email_taken(std::string_view email) {
  static constexpr sql_query q{"email_taken", "SELECT a.pk FROM app_user a WHERE a.email_key=$1"};
  const std::string key = email_key(email);
  return !list(q, {sql_text(key)}, read_key).empty();
}

std::optional<user_row> sql_writer::user_by_id(const user_id& id) {
  static constexpr sql_query q{"user_by_id",
                               "SELECT " SYNC_USER_COLUMNS " FROM app_user a WHERE a.id=$1"};
  return one(q, {sql_bytes(id.raw())}, user_of);
}

std::vector<user_row> sql_writer::users_by_pk(std::span<const pk> keys) {
  static constexpr sql_query q{"users_by_pk",
                               "SELECT " SYNC_USER_COLUMNS
                               " FROM {set u: key=$1} {join app_user a: a.pk=u.key}"};
  return list(q, {sql_integers(keys)}, user_of);
}

std::vector<user_row> sql_writer::users_by_ids(std::span<const user_id> ids) {
  static constexpr sql_query q{"users_by_ids", "SELECT " SYNC_USER_COLUMNS
                                               " FROM {set u: id=$1} {join app_user a: a.id=u.id}"};
  return list(q, {sql_list(sql_type::bytes, ids, [](const user_id& i) { return i.raw(); })},
              user_of);
}

std::vector<user_row> sql_writer::all_users() {
  static constexpr sql_query q{"all_users",
                               "SELECT " SYNC_USER_COLUMNS " FROM app_user a ORDER BY a.pk"};
  return list(q, {}, user_of);
}

pk sql_writer::add_user(const user_row& user) {
  static constexpr sql_query q{
      "add_user",
      "INSERT INTO app_user (id, email, email_key, role, enabled, created_at) "
      "VALUES ($1, $2, $3, $4, $5, $6) RETURNING pk"};
  const std::string key = email_key(user.email);
  return one(q,
             {sql_bytes(user.id.raw()), sql_text(user.email), sql_text(key),
              sql_integer(static_cast<std::int64_t>(user.role)), flag(user.enabled),
              sql_integer(user.created_at)},
             read_key)
      .value();
}

void sql_writer::update_user(const user_row& user) {
  static constexpr sql_query q{"update_user",
                               "UPDATE app_user SET email=$2, email_key=$3, role=$4, enabled=$5, "
                               "created_at=$6 WHERE pk=$1"};
  const std::string key = email_key(user.email);
  run(q, {sql_integer(user.key), sql_text(user.email), sql_text(key),
          sql_integer(static_cast<std::int64_t>(user.role)), flag(user.enabled),
          sql_integer(user.created_at)});
}

void sql_writer::set_user_enabled(pk user, bool enabled) {
  static constexpr sql_query leave{"leave_held_user_disabled",
                                   "UPDATE import_user SET held=2 WHERE owner=$1 AND held=1"};
  static constexpr sql_query q{"set_user_enabled", "UPDATE app_user SET enabled=$2 WHERE pk=$1"};
  // Before the account itself, in the order in which the end of an import takes them.
  if (!enabled) run(leave, {sql_integer(user)});
  run(q, {sql_integer(user), flag(enabled)});
}

std::optional<device_row> sql_writer::device_by_id(const device_id& id) {
  static constexpr sql_query q{"device_by_id",
                               "SELECT " SYNC_DEVICE_COLUMNS " FROM device d WHERE d.id=$1"};
  return one(q, {sql_bytes(id.raw())}, device_of);
}

std::optional<device_row> sql_writer::lock_device(const device_id& id) {
  static constexpr sql_query q{
      "lock_device", "SELECT " SYNC_DEVICE_COLUMNS " FROM device d WHERE d.id=$1 {lock d}"};
  return one(q, {sql_bytes(id.raw())}, device_of);
}

std::vector<device_row> sql_writer::devices_by_pk(std::span<const pk> keys) {
  static constexpr sql_query q{"devices_by_pk",
                               "SELECT " SYNC_DEVICE_COLUMNS
                               " FROM {set u: key=$1} {join device d: d.pk=u.key}"};
  return list(q, {sql_integers(keys)}, device_of);
}

std::vector<device_row> sql_writer::all_devices() {
  static constexpr sql_query q{"all_devices",
                               "SELECT " SYNC_DEVICE_COLUMNS " FROM device d ORDER BY d.pk"};
  return list(q, {}, device_of);
}

std::vector<device_row> sql_writer::devices_of_user(pk user) {
  static constexpr sql_query q{"devices_of_user", "SELECT " SYNC_DEVICE_COLUMNS
                                                  " FROM device d WHERE d.owner=$1 "
                                                  "ORDER BY d.pk"};
  return list(q, {sql_integer(user)}, device_of);
}

std::vector<device_row> sql_writer::devices_replacing(pk device) {
  static constexpr sql_query q{"devices_replacing", "SELECT " SYNC_DEVICE_COLUMNS
                                                    " FROM device d WHERE d.replaces=$1 "
                                                    "ORDER BY d.pk"};
  return list(q, {sql_integer(device)}, device_of);
}

pk sql_writer::add_device(const device_row& device) {
  static constexpr sql_query q{
      "add_device",
      "INSERT INTO device (id, owner, name, public_key, enrolled_at, revoked_at, lost, last_seen, "
      "last_push, replaces, pending) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) "
      "RETURNING pk"};
  return one(q,
             {sql_bytes(device.id.raw()), sql_integer(device.user), sql_text(device.name),
              key_or_null(device), sql_integer(device.enrolled_at), sql_integer(device.revoked_at),
              flag(device.lost), sql_integer(device.last_seen), sql_id(device.last_push),
              sql_integer(device.replaces), flag(device.pending)},
             read_key)
      .value();
}

void sql_writer::update_device(const device_row& device) {
  static constexpr sql_query q{
      "update_device",
      "UPDATE device SET owner=$2, name=$3, public_key=$4, enrolled_at=$5, revoked_at=$6, lost=$7, "
      "replaces=$8, pending=$9 WHERE pk=$1"};
  run(q, {sql_integer(device.key), sql_integer(device.user), sql_text(device.name),
          key_or_null(device), sql_integer(device.enrolled_at), sql_integer(device.revoked_at),
          flag(device.lost), sql_integer(device.replaces), flag(device.pending)});
}

void sql_writer::revoke_device(pk device, unix_millis at, bool lost) {
  static constexpr sql_query q{"revoke_device",
                               "UPDATE device SET revoked_at=$2, lost=$3 WHERE pk=$1"};
  run(q, {sql_integer(device), sql_integer(at), flag(lost)});
}

void sql_writer::device_seen(pk device, unix_millis at) {
  static constexpr sql_query q{"device_seen", "UPDATE device SET last_seen=$2 WHERE pk=$1"};
  run(q, {sql_integer(device), sql_integer(at)});
}

void sql_writer::set_last_push(pk device, const push_id& push) {
  static constexpr sql_query q{"set_last_push", "UPDATE device SET last_push=$2 WHERE pk=$1"};
  run(q, {sql_integer(device), sql_bytes(push.raw())});
}

std::optional<enrollment_row> sql_writer::enrollment(std::string_view code_hash) {
  static constexpr sql_query q{
      "enrollment",
      "SELECT code_hash, owner, expires_at, device FROM enrollment WHERE code_hash=$1"};
  return one(q, {sql_bytes(code_hash)}, enrollment_of);
}

std::vector<pk> sql_writer::users_with_code(unix_millis now) {
  static constexpr sql_query q{
      "users_with_code",
      "SELECT DISTINCT owner FROM enrollment WHERE device IS NULL AND expires_at>$1"};
  return list(q, {sql_integer(now)}, read_key);
}

std::vector<enrollment_row> sql_writer::open_enrollments(unix_millis now) {
  static constexpr sql_query q{"open_enrollments",
                               "SELECT code_hash, owner, expires_at, device FROM enrollment "
                               "WHERE device IS NULL AND expires_at>$1 "
                               "ORDER BY expires_at, code_hash"};
  return list(q, {sql_integer(now)}, enrollment_of);
}

std::optional<enrollment_row> sql_writer::lock_enrollment(std::string_view code_hash) {
  static constexpr sql_query q{"lock_enrollment",
                               "SELECT e.code_hash, e.owner, e.expires_at, e.device "
                               "FROM enrollment e WHERE e.code_hash=$1 {lock e}"};
  return one(q, {sql_bytes(code_hash)}, enrollment_of);
}

void sql_writer::add_enrollment(const enrollment_row& e) {
  static constexpr sql_query q{
      "add_enrollment",
      "INSERT INTO enrollment (code_hash, owner, expires_at, device) VALUES ($1, $2, $3, $4)"};
  run(q, {sql_bytes(e.code_hash), sql_integer(e.user), sql_integer(e.expires_at),
          sql_integer(e.device)});
}

void sql_writer::use_enrollment(std::string_view code_hash, pk device) {
  static constexpr sql_query q{"use_enrollment",
                               "UPDATE enrollment SET device=$2 WHERE code_hash=$1"};
  run(q, {sql_bytes(code_hash), sql_integer(device)});
}

bool sql_writer::void_enrollment(std::string_view code_hash) {
  static constexpr sql_query q{
      "void_enrollment",
      "DELETE FROM enrollment WHERE code_hash=$1 AND device IS NULL RETURNING owner"};
  return one(q, {sql_bytes(code_hash)}, read_key).has_value();
}

void sql_writer::void_enrollments(pk user, unix_millis expiring_until) {
  static constexpr sql_query q{
      "void_enrollments",
      "DELETE FROM enrollment WHERE owner=$1 AND device IS NULL AND expires_at<=$2"};
  run(q, {sql_integer(user), sql_integer(expiring_until)});
}

std::optional<session_owner> sql_writer::session(std::string_view token_hash) {
  static constexpr sql_query q{
      "session", "SELECT s.token_hash, s.device, s.scope, s.expires_at, " SYNC_DEVICE_COLUMNS
                 ", " SYNC_USER_COLUMNS
                 " FROM session s {join device d: d.pk=s.device}"
                 " {join app_user a: a.pk=d.owner} WHERE s.token_hash=$1"};
  return one(q, {sql_bytes(token_hash)}, read_session);
}

void sql_writer::add_session(const session_row& s) {
  static constexpr sql_query q{
      "add_session",
      "INSERT INTO session (token_hash, device, scope, expires_at) VALUES ($1, $2, $3, $4)"};
  run(q, {sql_bytes(s.token_hash), sql_integer(s.device),
          sql_integer(std::int64_t{s.scope == session_scope::full ? 0 : 1}),
          sql_integer(s.expires_at)});
}

void sql_writer::end_sessions_of_device(pk device) {
  static constexpr sql_query q{"end_sessions_of_device", "DELETE FROM session WHERE device=$1"};
  run(q, {sql_integer(device)});
}

void sql_writer::end_sessions_of_user(pk user) {
  static constexpr sql_query q{
      "end_sessions_of_user",
      "DELETE FROM session WHERE device IN (SELECT pk FROM device WHERE owner=$1)"};
  run(q, {sql_integer(user)});
}

namespace {
constexpr unix_millis k_used_code_kept = 7LL * 24 * 60 * 60 * 1000;
}

void sql_writer::purge_expired(unix_millis now) {
  static constexpr sql_query sessions{"purge_sessions", "DELETE FROM session WHERE expires_at<$1"};
  static constexpr sql_query challenges{"purge_challenges",
                                        "DELETE FROM spent_challenge WHERE expires_at<$1"};
  static constexpr sql_query enrollments{
      "purge_enrollments", "DELETE FROM enrollment WHERE expires_at<$1 AND device IS NULL"};
  // The device that a used code has made is answered again for as long as a code is good.
  static constexpr sql_query used{"purge_used_enrollments",
                                  "DELETE FROM enrollment WHERE expires_at<$1"};
  for (const sql_query& q : {sessions, challenges, enrollments}) run(q, {sql_integer(now)});
  run(used, {sql_integer(now - k_used_code_kept)});
}

bool sql_writer::spend_challenge(std::string_view challenge_hash, unix_millis expires_at) {
  static constexpr sql_query q{
      "spend_challenge",
      "INSERT INTO spent_challenge (challenge_hash, expires_at) VALUES ($1, $2) "
      "ON CONFLICT (challenge_hash) DO NOTHING RETURNING expires_at"};
  return one(q, {sql_bytes(challenge_hash), sql_integer(expires_at)}, read_key).has_value();
}

}  // namespace autocusto::store
