#include "server/store/placeholder.hpp"

namespace autocusto::store {
namespace {

std::string email_of(const user_id& id) {
  return "unknown." + id.text() + "@invalid";
}

}  // namespace

user_row user_or_placeholder(people::writes people, const user_id& id, unix_millis now) {
  if (auto known = people.user_by_id(id)) return *std::move(known);
  user_row user;
  user.id = id;
  user.email = email_of(id);
  user.role = user_role::doctor;
  user.enabled = false;
  user.created_at = now;
  user.key = people.add_user(user);
  return user;
}

device_row device_or_placeholder(people::writes people, const device_id& id, pk user,
                                 unix_millis now) {
  if (auto known = people.device_by_id(id)) return *std::move(known);
  device_row device;
  device.id = id;
  device.user = user;
  device.name = "?";
  device.enrolled_at = now;
  device.revoked_at = now;
  device.key = people.add_device(device);
  return device;
}

bool is_placeholder(const user_row& user) {
  return user.email == email_of(user.id);
}

bool is_placeholder(const device_row& device) {
  return device.id != merge_device() && device.public_key.empty();
}

}  // namespace autocusto::store
