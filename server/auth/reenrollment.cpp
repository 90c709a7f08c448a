#include "server/auth/reenrollment.hpp"

#include "server/store/family.hpp"
#include "server/store/people.hpp"
#include "server/store/placeholder.hpp"
#include "shared/crypto/hash.hpp"
#include "shared/wire/sign.hpp"

namespace autocusto::auth {
namespace {

error unknown_device() {
  return fail(errc::device_unknown,
              "This server does not know the device; ask the administrator for a new link, and "
              "enroll again with it.");
}

error too_many(std::size_t limit) {
  return fail(errc::too_many_devices,
              "Too many devices stand in for this one already; ask the administrator to revoke "
              "those that are not in use.",
              {}, static_cast<std::int64_t>(limit));
}

/// How many devices stand behind this one, itself included.
std::size_t length_of_row(store::people::reads people, const store::device_row& device) {
  std::size_t n = 1;
  auto next = device.replaces;
  for (; next && n <= k_stand_ins_in_a_row; ++n) {
    const store::pk key[] = {*next};
    const auto rows = people.devices_by_pk(key);
    if (rows.empty()) break;
    next = rows[0].replaces;
  }
  return n;
}

}  // namespace

result<std::optional<wire::again_object>> read_reenrollment(const server_keys& keys,
                                                            const wire::enroll_request& request) {
  if (!request.again) return std::optional<wire::again_object>();
  auto asked = wire::decode_again_object(request.again->object);
  if (!asked) return asked.error();
  if (asked->server != keys.server) {
    return fail(errc::malformed, "The request is meant for another server.", "server");
  }
  if (!crypto::constant_time_equal(asked->public_key, request.public_key)) {
    return fail(errc::malformed, "The request is signed for another key.", "public_key");
  }
  return std::optional(*std::move(asked));
}

result<void> signed_by_device(const wire::signed_object& reenrollment,
                              const store::device_row& device) {
  return wire::check_signed(device.public_key, "again", reenrollment,
                            "The request is not signed by the device's key.");
}

result<replacement> may_replace(store::transaction& tx, unix_millis now,
                                const wire::again_object& asked, const wire::signed_object& sent,
                                std::optional<store::pk> user) {
  store::people::writes people(tx);
  if (user) static_cast<void>(store::device_or_placeholder(tx, asked.device, *user, now));
  const auto seen = people.device_by_id(asked.device);
  if (!seen) return unknown_device();
  store::lock_family(tx, seen->user);
  auto old = people.lock_device(asked.device);
  if (!old) return unknown_device();
  if (user && old->user != *user) {
    return fail(errc::forbidden,
                "This folder belongs to another account than the link. Enroll with a link of its "
                "own account, or choose another folder.");
  }
  const bool forgotten = store::is_placeholder(*old);
  if (forgotten && !user) return unknown_device();
  if (!forgotten) {
    if (auto checked = signed_by_device(sent, *old); !checked) return checked.error();
  }
  if (old->pending) {
    return fail(errc::forbidden,
                "This device waits for the approval of an administrator itself; ask for it.");
  }
  if (!forgotten && old->revoked_at) {
    return fail(errc::device_revoked, "This device was revoked; ask the administrator.");
  }
  const auto others = people.devices_replacing(old->key);
  bool revoked = false;
  for (const auto& same : others) {
    if (same.public_key != asked.public_key) continue;
    if (!same.revoked_at) return replacement{*std::move(old), same};
    revoked = true;
  }
  // Of a key that was revoked only a new link makes a device: the administrator's word is newer.
  if (revoked && !user) {
    return fail(errc::device_revoked, "This device was revoked; ask the administrator.");
  }
  const auto in_use = store::stand_ins_in_use(tx, *old);
  if (in_use.of_root >= k_stand_ins) return too_many(k_stand_ins);
  if (in_use.of_user >= k_stand_ins_of_user) return too_many(k_stand_ins_of_user);
  if (length_of_row(tx, *old) >= k_stand_ins_in_a_row) return too_many(k_stand_ins_in_a_row);
  return replacement{*std::move(old), std::nullopt};
}

}  // namespace autocusto::auth
