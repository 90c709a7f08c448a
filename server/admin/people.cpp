// Users, devices, policy and numbers: nothing of a patient.
#include "server/store/people.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "server/admin/handlers.hpp"
#include "server/admin/record_snapshot.hpp"
#include "server/auth/enrollment.hpp"
#include "server/auth/reenrollment.hpp"
#include "server/store/credentials.hpp"
#include "server/store/erasures.hpp"
#include "server/store/journal.hpp"
#include "server/store/quarantine.hpp"
#include "server/store/settings.hpp"
#include "shared/base/limits.hpp"
#include "shared/domain/record_kind.hpp"

namespace autocusto::admin::detail {
namespace {

std::optional<std::string> time_text(const std::optional<unix_millis>& t) {
  if (!t) return std::nullopt;
  return format_time(*t);
}

msg::device_item device_item(store::people::reads people, const store::device_row& row,
                             const std::string& email) {
  msg::device_item item;
  item.id = row.id;
  item.user = email;
  item.name = row.name;
  item.enrolled_at = format_time(row.enrolled_at);
  item.last_seen = time_text(row.last_seen);
  item.revoked_at = time_text(row.revoked_at);
  item.lost = row.lost;
  item.public_key = to_hex(row.public_key);
  item.last_push = row.last_push;
  item.pending = row.pending && !row.revoked_at;
  if (row.replaces) {
    const store::pk key[] = {*row.replaces};
    const auto replaced = people.devices_by_pk(key);
    if (!replaced.empty()) item.replaces = replaced[0].id;
  }
  return item;
}

/// Since when the device's folder may hold what is there: one that was copied or restored holds
/// what the devices before it held.
unix_millis holds_since(store::people::reads people, const store::device_row& device) {
  auto since = device.enrolled_at;
  std::unordered_set<store::pk> seen{device.key};
  auto before = device.replaces;
  while (before && seen.insert(*before).second) {
    const store::pk key[] = {*before};
    const auto rows = people.devices_by_pk(key);
    if (rows.empty()) break;
    since = std::min(since, rows[0].enrolled_at);
    before = rows[0].replaces;
  }
  return since;
}

/// What the device was told to give up, and what its receipts say.
void give_up(store::snapshot& snapshot, const store::device_row& device,
             const store::user_row& user, msg::device_shown& out) {
  store::erasures::reads erasures(snapshot);
  const bool good = user.enabled && !device.revoked_at;
  out.state = device.revoked_at ? (device.lost ? "lost" : "revoked")
              : device.pending  ? "pending"
              : user.enabled    ? "in_use"
                                : "user_disabled";
  out.scope = good ? "full" : "surrender";
  out.told_at = time_text(device.told_at);
  const auto whole = erasures.erasures_of_everything(device.key);
  if (!whole.empty()) out.erased_at = format_time(whole.front().received_at);
  out.device.erased_at = out.erased_at;
  std::optional<unix_millis> since;
  const auto outstanding = [&](unix_millis at) {
    ++out.outstanding;
    since = since ? std::min(*since, at) : at;
  };
  for (const auto& row : erasures.removals(user.key, holds_since(snapshot, device), device.key)) {
    auto& item = out.removals.emplace_back();
    item.incarnation = row.incarnation;
    item.removed_at = format_time(row.removed_at);
    item.erased_at = time_text(row.erased_at);
    // Where nothing is left, no view is.
    if (!row.erased_at && whole.empty()) outstanding(row.removed_at);
  }
  // One that nobody has approved was never given anything.
  if (!good && whole.empty() && !device.pending) {
    const auto disabled = store::journal::reads(snapshot).newest_journaled(
        user.id.raw(), store::journaled_act::user_disabled);
    outstanding(device.revoked_at.value_or(disabled.value_or(device.enrolled_at)));
  }
  out.outstanding_since = time_text(since);
}

}  // namespace

store::user_row user_named(store::people::reads people, const std::string& name) {
  const auto id = user_id::parse(name);
  auto user = id ? people.user_by_id(*id) : people.user_by_email(name);
  if (!user || user->role == store::user_role::system) {
    refuse(errc::not_found, "There is no user with this e-mail; see `user list`.", "user");
  }
  return *std::move(user);
}

http::response users(context& in) {
  return answer(look(in, [now = in.clock.now()](store::snapshot& snapshot) {
    store::people::reads people(snapshot);
    std::unordered_map<store::pk, std::int64_t> devices;
    std::unordered_set<store::pk> invited;
    for (const auto& device : people.all_devices()) {
      if (!device.revoked_at) ++devices[device.user];
      invited.insert(device.user);
    }
    for (const auto user : store::credentials::reads(snapshot).users_with_code(now))
      invited.insert(user);
    msg::user_list out;
    for (const auto& row : people.all_users()) {
      if (row.role == store::user_role::system) continue;
      auto& item = out.items.emplace_back();
      item.id = row.id;
      item.email = row.email;
      item.role = auth::role_name(row.role);
      item.enabled = row.enabled;
      item.created_at = format_time(row.created_at);
      item.devices = devices[row.key];
      item.pending = row.enabled && !invited.contains(row.key);
    }
    return out;
  }));
}

http::response enrollments(context& in) {
  return answer(look(in, [now = in.clock.now()](store::snapshot& snapshot) {
    const auto rows = store::credentials::reads(snapshot).open_enrollments(now);
    std::vector<store::pk> owners;
    for (const auto& row : rows) owners.push_back(row.user);
    const labels names(snapshot, owners, {});
    msg::enrollment_list out;
    for (const auto& row : rows) {
      auto& item = out.items.emplace_back();
      item.id = msg::enrollment_id(row.code_hash);
      if (const auto* owner = names.user_row(row.user)) {
        item.user = owner->email;
        item.owner = owner->id;
      }
      item.made_at = format_time(row.expires_at - limits::enrollment_millis);
      item.expires_at = format_time(row.expires_at);
    }
    return out;
  }));
}

http::response devices(context& in) {
  return answer(look(in, [](store::snapshot& snapshot) {
    store::people::reads people(snapshot);
    std::unordered_map<store::pk, std::string> emails;
    for (auto& row : people.all_users()) {
      if (row.role != store::user_role::system) emails.emplace(row.key, std::move(row.email));
    }
    std::unordered_map<store::pk, unix_millis> erased;
    for (const auto& [key, at] : store::erasures::reads(snapshot).erased_devices()) {
      erased.emplace(key, at);
    }
    msg::device_list out;
    for (const auto& row : people.all_devices()) {
      const auto owner = emails.find(row.user);
      if (owner == emails.end()) continue;
      auto& item = out.items.emplace_back(device_item(snapshot, row, owner->second));
      if (const auto at = erased.find(row.key); at != erased.end()) {
        item.erased_at = format_time(at->second);
      }
    }
    return out;
  }));
}

http::response device(context& in, const http::request& asked) {
  const auto id = device_id::parse(asked.captures.at("id"));
  return answer(look(in, [&](store::snapshot& snapshot) {
    store::people::reads people(snapshot);
    const auto row = id ? people.device_by_id(*id) : std::nullopt;
    if (!row || is_own_device(row->id)) {
      refuse(errc::not_found, "There is no such device; see `device list`.", "device");
    }
    const store::pk owner[] = {row->user};
    const auto user = people.users_by_pk(owner).at(0);
    msg::device_shown out;
    out.device = device_item(snapshot, *row, user.email);
    const auto used = store::quarantine::reads(snapshot).quarantine_used(row->key);
    out.device.quarantine_items = used.items;
    out.device.quarantine_bytes = used.bytes;
    give_up(snapshot, *row, user, out);
    return out;
  }));
}

http::response policy(context& in) {
  return answer(look(in, [](store::snapshot& snapshot) {
    store::settings::reads settings(snapshot);
    const auto rows = settings.policies();
    const auto name = [](domain::merge_policy p) {
      return std::string(p == domain::merge_policy::automatic ? "auto" : "manual");
    };
    msg::policy_list out;
    for (const auto& kind : domain::record_kinds()) {
      out.items.push_back({kind.kind, std::nullopt, "auto"});
      for (const auto& row : rows) {
        if (row.kind == kind.kind && !row.user) out.items.back().policy = name(row.policy);
      }
    }
    const bool approve = settings.setting(auth::k_reenrollment_setting) == auth::k_approve;
    out.items.push_back({std::string(auth::k_reenrollment_setting), std::nullopt,
                         std::string(approve ? auth::k_approve : auth::k_allow)});
    for (const auto& row : rows) {
      if (!row.user) continue;
      const store::pk key[] = {*row.user};
      out.items.push_back({row.kind, store::people::reads(snapshot).users_by_pk(key).at(0).email,
                           name(row.policy)});
    }
    return out;
  }));
}

http::response stats(context& in) {
  return answer(look(in, [](store::settings::reads settings) {
    const auto now = settings.stats();
    msg::stats out;
    out.users = now.users;
    out.devices = now.devices;
    out.records = now.records;
    out.versions = now.versions;
    out.open_views = now.open_views;
    out.open_conflicts = now.open_conflicts;
    out.quarantined = now.quarantined;
    out.pushes = now.pushes;
    out.feed_items = now.feed_items;
    return out;
  }));
}

}  // namespace autocusto::admin::detail
