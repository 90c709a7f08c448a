#pragma once
// Users and their devices.
//
// E-mails are compared without regard to the case of ASCII letters, alike on both databases.

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "server/store/rows.hpp"
#include "server/store/transaction.hpp"

namespace autocusto::store {
/// The text by which e-mails are compared.
[[nodiscard]] std::string email_key(std::string_view email);

namespace people {

class reads : public repository {
 public:
  reads(snapshot& at) : repository(at) {}

  /// In any case; of imported accounts that share an e-mail but for case, the one with exactly this
  /// text (a twin also as `e-mail#legacy id`).
  std::optional<user_row> user_by_email(std::string_view email);
  /// Whether some account has this e-mail, in any case.
  bool email_taken(std::string_view email);
  std::optional<user_row> user_by_id(const user_id& id);
  std::vector<user_row> users_by_pk(std::span<const pk> keys);
  std::vector<user_row> users_by_ids(std::span<const user_id> ids);
  std::vector<user_row> all_users();
  std::optional<device_row> device_by_id(const device_id& id);
  std::vector<device_row> devices_by_pk(std::span<const pk> keys);
  std::vector<device_row> all_devices();
  /// Oldest first.
  std::vector<device_row> devices_of_user(pk user);
  /// Those that stand in for this one, oldest first.
  std::vector<device_row> devices_replacing(pk device);
  /// Whether this account waits for the end of the run that made it.
  bool is_held(pk user);
};

class writes : public reads {
 public:
  writes(transaction& tx) : reads(tx) {}

  pk add_user(const user_row& user);
  /// Everything but key and id; for placeholders only.
  void update_user(const user_row& user);
  /// An account that an import holds and that is disabled meanwhile stays so when the import ends.
  void set_user_enabled(pk user, bool enabled);
  pk add_device(const device_row& device);
  /// Everything but key, id, last_seen and last_push; for placeholders only.
  void update_device(const device_row& device);
  void revoke_device(pk device, unix_millis at, bool lost);
  void device_seen(pk device, unix_millis at);
  void set_last_push(pk device, const push_id& push);
  /// Locks the device's row until the end, so that two pushes of one device follow each other.
  std::optional<device_row> lock_device(const device_id& id);
};

}  // namespace people

}  // namespace autocusto::store
