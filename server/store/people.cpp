#include "server/store/people.hpp"

#include <algorithm>

#include "server/store/columns.hpp"

namespace autocusto::store {

std::string email_key(std::string_view email) {
  std::string key(email);
  std::transform(key.begin(), key.end(), key.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return key;
}

namespace people {
namespace {

// No key is NULL.
sql_parameter key_or_null(const device_row& device) {
  if (device.public_key.empty()) return {sql_type::bytes, false, {sql_value{}}};
  return sql_bytes(device.public_key);
}

user_row user_of(const sql_row& row) {
  return read_user(row);
}

device_row device_of(const sql_row& row) {
  return read_device(row);
}

}  // namespace

std::optional<user_row> reads::user_by_email(std::string_view email) {
  static constexpr sql_query q{"user_by_email",
                               "SELECT " SYNC_USER_COLUMNS " FROM app_user a WHERE a.email_key=$1"};
  static constexpr sql_query twins{
      "twins_by_email",
      "SELECT " SYNC_USER_COLUMNS
      " FROM email_twin t {join app_user a: a.pk=t.owner} WHERE t.email_key=$1 ORDER BY a.pk"};
  const std::string key = email_key(email);
  auto found = session_.list(q, {sql_text(key)}, user_of);
  auto others = session_.list(twins, {sql_text(key)}, user_of);
  if (others.empty()) return found.empty() ? std::nullopt : std::optional(std::move(found[0]));
  // Imported accounts may share an e-mail but for case: then only the exact text names one.
  std::move(others.begin(), others.end(), std::back_inserter(found));
  const auto exact = std::find_if(found.begin(), found.end(),
                                  [&](const user_row& user) { return user.email == email; });
  if (exact == found.end()) return std::nullopt;
  return *exact;
}

bool reads::email_taken(std::string_view email) {
  static constexpr sql_query q{"email_taken", "SELECT a.pk FROM app_user a WHERE a.email_key=$1"};
  const std::string key = email_key(email);
  return !session_.list(q, {sql_text(key)}, read_key).empty();
}

std::optional<user_row> reads::user_by_id(const user_id& id) {
  static constexpr sql_query q{"user_by_id",
                               "SELECT " SYNC_USER_COLUMNS " FROM app_user a WHERE a.id=$1"};
  return session_.one(q, {id}, user_of);
}

std::vector<user_row> reads::users_by_pk(std::span<const pk> keys) {
  static constexpr sql_query q{"users_by_pk",
                               "SELECT " SYNC_USER_COLUMNS
                               " FROM {set u: key=$1} {join app_user a: a.pk=u.key}"};
  return session_.list(q, {sql_integers(keys)}, user_of);
}

std::vector<user_row> reads::users_by_ids(std::span<const user_id> ids) {
  static constexpr sql_query q{"users_by_ids", "SELECT " SYNC_USER_COLUMNS
                                               " FROM {set u: id=$1} {join app_user a: a.id=u.id}"};
  return session_.list(q, {sql_bytes_of(ids)}, user_of);
}

std::vector<user_row> reads::all_users() {
  static constexpr sql_query q{"all_users",
                               "SELECT " SYNC_USER_COLUMNS " FROM app_user a ORDER BY a.pk"};
  return session_.list(q, {}, user_of);
}

std::optional<device_row> reads::device_by_id(const device_id& id) {
  static constexpr sql_query q{"device_by_id",
                               "SELECT " SYNC_DEVICE_COLUMNS " FROM device d WHERE d.id=$1"};
  return session_.one(q, {id}, device_of);
}

std::vector<device_row> reads::devices_by_pk(std::span<const pk> keys) {
  static constexpr sql_query q{"devices_by_pk",
                               "SELECT " SYNC_DEVICE_COLUMNS
                               " FROM {set u: key=$1} {join device d: d.pk=u.key}"};
  return session_.list(q, {sql_integers(keys)}, device_of);
}

std::vector<device_row> reads::all_devices() {
  static constexpr sql_query q{"all_devices",
                               "SELECT " SYNC_DEVICE_COLUMNS " FROM device d ORDER BY d.pk"};
  return session_.list(q, {}, device_of);
}

std::vector<device_row> reads::devices_of_user(pk user) {
  static constexpr sql_query q{"devices_of_user", "SELECT " SYNC_DEVICE_COLUMNS
                                                  " FROM device d WHERE d.owner=$1 "
                                                  "ORDER BY d.pk"};
  return session_.list(q, {user}, device_of);
}

std::vector<device_row> reads::devices_replacing(pk device) {
  static constexpr sql_query q{"devices_replacing", "SELECT " SYNC_DEVICE_COLUMNS
                                                    " FROM device d WHERE d.replaces=$1 "
                                                    "ORDER BY d.pk"};
  return session_.list(q, {device}, device_of);
}

bool reads::is_held(pk user) {
  static constexpr sql_query q{"is_held",
                               "SELECT 1 FROM import_user WHERE owner=$1 AND held<>0 LIMIT 1"};
  return session_.one(q, {user}, read_key).has_value();
}

pk writes::add_user(const user_row& user) {
  static constexpr sql_query q{
      "add_user",
      "INSERT INTO app_user (id, email, email_key, role, enabled, created_at) "
      "VALUES ($1, $2, $3, $4, $5, $6) RETURNING pk"};
  const std::string key = email_key(user.email);
  return session_.number(
      q, {user.id, sql_text(user.email), sql_text(key), user.role, user.enabled, user.created_at});
}

void writes::update_user(const user_row& user) {
  static constexpr sql_query q{"update_user",
                               "UPDATE app_user SET email=$2, email_key=$3, role=$4, enabled=$5, "
                               "created_at=$6 WHERE pk=$1"};
  const std::string key = email_key(user.email);
  session_.run(
      q, {user.key, sql_text(user.email), sql_text(key), user.role, user.enabled, user.created_at});
}

void writes::set_user_enabled(pk user, bool enabled) {
  static constexpr sql_query leave{"leave_held_user_disabled",
                                   "UPDATE import_user SET held=2 WHERE owner=$1 AND held=1"};
  static constexpr sql_query q{"set_user_enabled", "UPDATE app_user SET enabled=$2 WHERE pk=$1"};
  // Before the account itself, in the order in which the end of an import takes them.
  if (!enabled) session_.run(leave, {user});
  session_.run(q, {user, enabled});
}

pk writes::add_device(const device_row& device) {
  static constexpr sql_query q{
      "add_device",
      "INSERT INTO device (id, owner, name, public_key, enrolled_at, revoked_at, lost, last_seen, "
      "last_push, replaces, pending) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) "
      "RETURNING pk"};
  return session_.number(q, {device.id, device.user, sql_text(device.name), key_or_null(device),
                             device.enrolled_at, device.revoked_at, device.lost, device.last_seen,
                             device.last_push, device.replaces, device.pending});
}

void writes::update_device(const device_row& device) {
  static constexpr sql_query q{
      "update_device",
      "UPDATE device SET owner=$2, name=$3, public_key=$4, enrolled_at=$5, revoked_at=$6, lost=$7, "
      "replaces=$8, pending=$9 WHERE pk=$1"};
  session_.run(
      q, {device.key, device.user, sql_text(device.name), key_or_null(device), device.enrolled_at,
          device.revoked_at, device.lost, device.replaces, device.pending});
}

void writes::revoke_device(pk device, unix_millis at, bool lost) {
  static constexpr sql_query q{"revoke_device",
                               "UPDATE device SET revoked_at=$2, lost=$3 WHERE pk=$1"};
  session_.run(q, {device, at, lost});
}

void writes::device_seen(pk device, unix_millis at) {
  static constexpr sql_query q{"device_seen", "UPDATE device SET last_seen=$2 WHERE pk=$1"};
  session_.run(q, {device, at});
}

void writes::set_last_push(pk device, const push_id& push) {
  static constexpr sql_query q{"set_last_push", "UPDATE device SET last_push=$2 WHERE pk=$1"};
  session_.run(q, {device, push});
}

std::optional<device_row> writes::lock_device(const device_id& id) {
  static constexpr sql_query q{
      "lock_device", "SELECT " SYNC_DEVICE_COLUMNS " FROM device d WHERE d.id=$1 {lock d}"};
  return session_.one(q, {id}, device_of);
}

}  // namespace people

}  // namespace autocusto::store
