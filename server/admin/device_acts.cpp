// Acts on devices: revoking them, with what stands in for them, and approving new ones.
#include <algorithm>
#include <unordered_set>
#include <utility>

#include <nlohmann/json.hpp>

#include "server/admin/act_run.hpp"
#include "server/auth/reenrollment.hpp"
#include "server/store/family.hpp"
#include "server/store/feed.hpp"
#include "server/store/journal.hpp"
#include "server/store/people.hpp"
#include "server/store/settings.hpp"
#include "shared/base/limits.hpp"

namespace autocusto::admin::detail {
namespace {

constexpr store::pk k_nobody = 0;

struct owned_device {
  store::device_row device;
  store::user_row owner;
};

owned_device device_of(act_run& act, const device_id& id) {
  auto device = act.people.device_by_id(id);
  if (!device || is_own_device(id)) {
    refuse(errc::not_found, "There is no such device; see `device list`.", "device");
  }
  const store::pk owner_key[] = {device->user};
  auto owner = act.people.users_by_pk(owner_key).at(0);
  act.subject.user = owner.key;
  return {*std::move(device), std::move(owner)};
}

/// Of those that stand in for a device, the ones that are still to be revoked (as lost).
std::vector<store::device_row> to_revoke_along(act_run& act, const store::device_row& device,
                                               bool lost) {
  auto all = store::stand_ins_of(act.tx, device);
  std::erase_if(all, [lost](const auto& row) { return row.revoked_at && (row.lost || !lost); });
  return all;
}

void revoke_one(act_run& act, const owned_device& which, bool lost, const act_id& id) {
  const auto& device = which.device;
  auto& entry = act.note(store::journaled_act::device_revoked, which.owner.id);
  entry.id = id;
  entry.device = device.id;
  entry.lost = lost || device.lost;
  act.people.revoke_device(device.key, device.revoked_at.value_or(act.now), entry.lost);
  act.credentials.end_sessions_of_device(device.key);
}

}  // namespace

bool admin_remains(store::people::reads people, store::pk user,
                   const std::unordered_set<store::pk>& gone) {
  std::unordered_set<store::pk> admins;
  for (const auto& row : people.all_users()) {
    const bool admin = row.role == store::user_role::admin && row.enabled;
    if (admin && row.key != user) admins.insert(row.key);
  }
  const auto devices = people.all_devices();
  return std::any_of(devices.begin(), devices.end(), [&](const store::device_row& row) {
    return !row.revoked_at && !row.pending && !gone.contains(row.key) && admins.contains(row.user);
  });
}

void void_codes(act_run& act, const store::user_row& user) {
  act.credentials.void_enrollments(user.key, act.now + limits::enrollment_millis);
}

void device_revoke(act_run& act) {
  const auto id = act.id<device_id>("device");
  const bool lost = act.flag("lost");
  const bool only = act.args.has("only") && act.flag("only");
  act.complete();
  if (lost && only) {
    refuse(errc::invalid_field,
           "A lost device takes along all that stand in for it; leave out `only`.", "only");
  }
  const auto owner = device_of(act, id).owner;
  store::lock_family(act.tx, owner.key);
  const auto first = device_of(act, id).device;
  std::vector<store::device_row> along;
  if (!only) along = to_revoke_along(act, first, lost);
  std::unordered_set<store::pk> gone{first.key};
  bool in_use = !first.revoked_at;
  for (const auto& row : along) {
    gone.insert(row.key);
    in_use = in_use || !row.revoked_at;
  }
  const bool counts = owner.role == store::user_role::admin && owner.enabled && in_use;
  if (counts && !admin_remains(act.tx, k_nobody, gone)) {
    refuse(errc::last_admin,
           "This is the last device that an administrator can use; enroll another one first.",
           "device");
  }
  revoke_one(act, {first, owner}, lost, act.object.id);
  for (const auto& row : along) {
    revoke_one(act, {row, owner}, lost, store::revoked_along(act.object.id, row.id));
  }
  void_codes(act, owner);
  store::feed::writes(act.tx).wake(owner.id);
}

void device_approve(act_run& act) {
  const auto id = act.id<device_id>("device");
  act.complete();
  const auto owner = device_of(act, id).owner;
  store::lock_family(act.tx, owner.key);
  auto device = device_of(act, id).device;
  if (!device.pending || device.revoked_at) {
    refuse(errc::not_found, "This device does not wait for an approval; see `device list`.",
           "device");
  }
  device.pending = false;
  act.people.update_device(device);
  act.note(store::journaled_act::device_approved, owner.id).device = id;
}

void reenrollment_set(act_run& act, const std::string& policy) {
  if (act.args.has("user")) {
    refuse(errc::invalid_field, "This policy is one for all; name no user.", "user");
  }
  act.complete();
  if (policy != auth::k_approve && policy != auth::k_allow) {
    refuse(errc::invalid_field, "The policy of re-enrollment is approve or allow.", "policy");
  }
  store::settings::writes(act.tx).set_setting(auth::k_reenrollment_setting, policy);
  act.note(store::journaled_act::reenrollment_set, act.object.actor).policy = policy;
}

std::vector<store::journal_entry> journaled_before(store::transaction& tx,
                                                   const wire::act_object& object,
                                                   const nlohmann::json& args) {
  std::vector<act_id> ids{object.id};
  if (object.act == "device.revoke") {
    const auto id = device_id::parse(args.at("device").get<std::string>());
    const auto device = id ? store::people::reads(tx).device_by_id(*id) : std::nullopt;
    if (device) {
      for (const auto& row : store::stand_ins_of(tx, *device)) {
        ids.push_back(store::revoked_along(object.id, row.id));
      }
    }
  }
  std::vector<store::journal_entry> out;
  for (const auto& id : ids) {
    if (const auto text = store::journal::reads(tx).journaled_object(id))
      out.push_back(store::decode_entry(*text).value());
  }
  return out;
}

}  // namespace autocusto::admin::detail
