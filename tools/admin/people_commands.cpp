// user, enrollment, device, policy, stats.

#include <array>
#include <map>
#include <set>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "shared/cli/terminal.hpp"
#include "shared/crypto/hash.hpp"
#include "shared/domain/entry.hpp"
#include "tools/admin/app.hpp"
#include "tools/admin/text.hpp"

namespace autocusto::admin {
namespace {

using nlohmann::json;

constexpr std::size_t k_shortest_prefix = 4;
constexpr std::string_view k_reenrollment = "reenrollment";

int print_link(const app& a, const msg::act_answer& done, const std::string& sentence) {
  json object{{"enrollment_link", done.enrollment_link.value_or("")},
              {"expires_at", done.expires_at.value_or("")},
              {"user", done.user.value_or("")}};
  if (done.role) object["role"] = *done.role;
  return a.done(
      object, fmt::format("{}\nThe link for the next device, good once until {}:\n  {}\n", sentence,
                          when(done.expires_at.value_or("")), done.enrollment_link.value_or("")));
}

int user_add(const app& a, const std::string& typed, const std::string& role) {
  const auto email = domain::visible_text(typed);
  session s(a);
  const auto done = s.act("user.add", {{"email", email}, {"role", role}});
  return print_link(a, done, fmt::format("Added the {} {}.", role, cli::printable(email)));
}

int user_list(const app& a) {
  session s(a);
  const auto list = s.get<msg::user_list>("/v1/admin/users");
  std::vector<std::vector<std::string>> rows;
  for (const auto& user : list.items) {
    rows.push_back({user.email, user.role, user.enabled ? "enabled" : "disabled",
                    std::to_string(user.devices), when(user.created_at)});
  }
  return a.done(message_json(list),
                cli::table({"user", "role", "state", "devices", "since"}, rows));
}

int user_switch(const app& a, const std::string& email, bool on) {
  session s(a);
  const auto done = s.act(on ? "user.enable" : "user.disable", {{"user", email}});
  const char* pattern =
      on ? "Enabled {}. Devices that have erased themselves meanwhile need a new link "
           "(`enrollment new`), see `device list`; the others can sync again.\n"
         : "Disabled {}; all of the user's sessions have ended, and links that "
           "were open are void.\n";
  return a.done({{"user", email}, {"enabled", on}, {"at", done.at}},
                fmt::format(fmt::runtime(pattern), cli::printable(email)));
}

int enrollment_new(const app& a, const std::string& email) {
  session s(a);
  const auto done = s.act("enrollment.new", {{"user", email}});
  return print_link(a, done, fmt::format("A new enrollment for {}.", cli::printable(email)));
}

int enrollment_list(const app& a, const std::string& email) {
  session s(a);
  auto list = s.get<msg::enrollment_list>("/v1/admin/enrollments");
  if (!email.empty()) {
    const auto user = s.user(email);
    std::erase_if(list.items, [&](const auto& item) { return item.owner != user.id; });
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& item : list.items) {
    rows.push_back({item.id, item.user, when(item.made_at), when(item.expires_at)});
  }
  return a.done(message_json(list), rows.empty()
                                        ? std::string("No link is open.\n")
                                        : cli::table({"id", "user", "made", "good until"}, rows));
}

/// The open enrollment that was named by its link, its id, or how that begins.
msg::enrollment_item find_enrollment(session& s, const std::string& typed) {
  std::string id = typed;
  if (const auto link = wire::decode_enrollment_link(typed)) {
    id = msg::enrollment_id(crypto::sha256(link->code).raw());
  }
  std::optional<msg::enrollment_item> found;
  for (const auto& item : s.get<msg::enrollment_list>("/v1/admin/enrollments").items) {
    if (id.size() < k_shortest_prefix || !item.id.starts_with(id)) continue;
    if (found) {
      refuse(errc::ambiguous, "Several links begin like that; give more of the id.", "enrollment");
    }
    found = item;
  }
  if (!found) {
    refuse(errc::not_found,
           "There is no open link with this id: it was used, has expired or was withdrawn; see "
           "`enrollment list`, and `device list` for what was enrolled with it.",
           "enrollment");
  }
  return *found;
}

int enrollment_revoke(const app& a, const std::string& typed) {
  session s(a);
  const auto item = find_enrollment(s, typed);
  const auto done = s.act("enrollment.revoke", {{"enrollment", item.id}});
  return a.done({{"enrollment", item.id}, {"user", item.user}, {"at", done.at}},
                fmt::format("Withdrawn: nobody enrolls with this link of {} any more.\n",
                            cli::printable(item.user)));
}

std::string device_state(const msg::device_item& device) {
  if (device.erased_at) return device.lost ? "erased, lost" : "erased";
  if (device.pending) return "waits for approval";
  if (!device.revoked_at) return "in use";
  return device.lost ? "revoked as lost" : "revoked";
}

int device_list(const app& a) {
  session s(a);
  const auto list = s.devices();
  std::vector<std::vector<std::string>> rows;
  for (const auto& device : list.items) {
    auto state = device_state(device);
    if (device.replaces) state += ", replaces " + device.replaces->text().substr(0, 8);
    rows.push_back({device.id.text(), device.user, device.name, std::move(state),
                    device.last_seen ? when(*device.last_seen) : "never"});
  }
  return a.done(message_json(list), cli::table({"id", "user", "name", "state", "last seen"}, rows));
}

/// The device whose id is, or begins with, what was typed.
device_id find_device(session& s, const std::string& typed) {
  if (const auto whole = device_id::parse(typed)) return *whole;
  std::optional<device_id> found;
  for (const auto& device : s.devices().items) {
    if (typed.size() < k_shortest_prefix || !device.id.text().starts_with(typed)) continue;
    if (found) {
      refuse(errc::ambiguous, "Several devices begin like that; give more of the id.", "device");
    }
    found = device.id;
  }
  if (found) return *found;
  refuse(errc::not_found, "There is no such device; see `device list`.", "device");
}

std::string state_text(const msg::device_shown& d) {
  if (d.state == "user_disabled") return "its user is disabled";
  return device_state(d.device);
}

/// What the device was told to give up, what its signed receipts say, and what is still to come.
std::string give_up_text(const msg::device_shown& d) {
  std::string out;
  if (d.scope == "surrender") {
    out += "\nIts next session may only hand over what it holds, and erase it.\n";
    out += d.told_at ? fmt::format("It heard so {}.\n", when(*d.told_at))
                     : "It has not heard so yet.\n";
  }
  if (d.erased_at)
    out += fmt::format("Everything on it is erased: receipt {}.\n", when(*d.erased_at));
  std::vector<std::vector<std::string>> rows;
  for (const auto& one : d.removals) {
    rows.push_back({one.incarnation.text(), when(one.removed_at),
                    one.erased_at ? when(*one.erased_at)
                    : d.erased_at ? "with everything"
                                  : "no"});
  }
  if (!rows.empty()) {
    out += "\n" + cli::table({"view (incarnation)", "removed", "erased, by its receipt"}, rows);
  }
  if (d.outstanding > 0) {
    out += fmt::format("{} receipts are outstanding, the oldest since {}.\n", d.outstanding,
                       when(d.outstanding_since.value_or("")));
  }
  return out;
}

int device_show(const app& a, const std::string& typed) {
  session s(a);
  const auto id = find_device(s, typed);
  const auto shown = s.get<msg::device_shown>("/v1/admin/devices/" + id.text());
  const auto& d = shown.device;
  s.check_key(d.id, d.public_key);
  const auto time = [](const std::optional<std::string>& t) { return t ? when(*t) : "never"; };
  return a.done(message_json(shown),
                cli::table({}, {{"Device", d.id.text()},
                                {"Name", d.name},
                                {"User", d.user},
                                {"State", state_text(shown)},
                                {"Enrolled", when(d.enrolled_at)},
                                {"Last seen", time(d.last_seen)},
                                {"Revoked", time(d.revoked_at)},
                                {"Last push", d.last_push ? d.last_push->text() : "none"},
                                {"Replaces", d.replaces ? d.replaces->text() : "none"},
                                {"Public key", d.public_key.empty() ? "none" : d.public_key},
                                {"In quarantine",
                                 fmt::format("{} items, {} bytes", d.quarantine_items.value_or(0),
                                             d.quarantine_bytes.value_or(0))}}) +
                    give_up_text(shown));
}

/// How many devices in use stand in for this one, directly or not.
std::size_t stand_ins_in_use(session& s, const device_id& of) {
  const auto list = s.get<msg::device_list>("/v1/admin/devices");
  std::set<device_id> tree{of};
  std::size_t count = 0;
  for (bool more = true; more;) {  // a device is listed behind the one that it replaces
    more = false;
    for (const auto& device : list.items) {
      const bool behind = device.replaces && tree.contains(*device.replaces);
      if (!behind || !tree.insert(device.id).second) continue;
      more = true;
      if (!device.revoked_at) ++count;
    }
  }
  return count;
}

/// The devices in use that this one stands in for, the nearest first.
std::vector<device_id> replaced_in_use(session& s, const device_id& of) {
  const auto list = s.get<msg::device_list>("/v1/admin/devices");
  std::map<device_id, const msg::device_item*> by_id;
  for (const auto& device : list.items) by_id.emplace(device.id, &device);
  std::vector<device_id> out;
  std::set<device_id> seen;
  for (auto at = by_id.find(of); at != by_id.end() && seen.insert(at->first).second;) {
    if (at->first != of && !at->second->revoked_at) out.push_back(at->first);
    if (!at->second->replaces) break;
    at = by_id.find(*at->second->replaces);
  }
  return out;
}

std::vector<std::string> texts_of(const std::vector<device_id>& ids) {
  std::vector<std::string> out;
  for (const auto& id : ids) out.push_back(id.text());
  return out;
}

/// Whoever has a lost folder, or an older copy of it, may have the keys of those, too.
std::string still_in_use_text(const std::vector<device_id>& before) {
  std::string out;
  for (const auto& id : before) {
    out += fmt::format(
        "It stood in for {}, which is still in use. If an older copy of the lost folder may exist, "
        "run `device revoke {} --lost` as well.\n",
        id.text(), id.text());
  }
  return out;
}

int device_revoke(const app& a, const std::string& typed, bool lost, bool only) {
  session s(a);
  const auto id = find_device(s, typed);
  const auto along = only ? 0 : stand_ins_in_use(s, id);
  const auto before = lost ? replaced_in_use(s, id) : std::vector<device_id>();
  json args{{"device", id.text()}, {"lost", lost}};
  // A server of before takes no `only`, and revokes one device in any case.
  if (only) args["only"] = true;
  const auto done = s.act("device.revoke", args);
  const auto more = along == 0 ? std::string()
                               : fmt::format(
                                     " With it went {} that stood in for it; see `device "
                                     "list`.",
                                     along);
  return a.done(
      {{"device", id.text()},
       {"lost", lost},
       {"along", along},
       {"still_in_use", texts_of(before)},
       {"at", done.at}},
      fmt::format(
          "Revoked {}; its sessions have ended, and open links of its user are void.{} {}\n",
          id.text(), more,
          lost ? "It is erased when it next reaches the server, unsent edits too; `device "
                 "show` tells when its receipt has come."
               : "Its next sync hands over what the server lacks, to quarantine, and erases "
                 "everything; `device show` tells when its receipt has come.") +
          still_in_use_text(before));
}

int device_approve(const app& a, const std::string& typed) {
  session s(a);
  const auto id = find_device(s, typed);
  const auto done = s.act("device.approve", {{"device", id.text()}});
  return a.done(
      {{"device", id.text()}, {"at", done.at}},
      fmt::format("Approved {}. Its laptop goes on with `autocusto enroll --again`.\n", id.text()));
}

int policy_show(const app& a) {
  session s(a);
  const auto list = s.get<msg::policy_list>("/v1/admin/policy");
  std::vector<std::vector<std::string>> rows;
  for (const auto& item : list.items) {
    rows.push_back({item.kind, item.user.value_or("everybody else"), item.policy});
  }
  return a.done(message_json(list), cli::table({"kind", "user", "policy"}, rows));
}

int policy_set(const app& a, const std::string& kind, const std::string& policy,
               const std::string& user) {
  session s(a);
  json args{{"kind", kind}, {"policy", policy}};
  if (!user.empty()) args["user"] = user;
  const auto done = s.act("policy.set", args);
  json object{{"kind", kind}, {"policy", policy}, {"at", done.at}};
  object["user"] = user.empty() ? json(nullptr) : json(user);
  if (kind == k_reenrollment) {
    return a.done(object, policy == "approve"
                              ? "A folder becomes a device of its own (`enroll --again`) only once "
                                "an administrator has approved it with `device approve`.\n"
                              : "A folder becomes a device of its own (`enroll --again`) without "
                                "an administrator.\n");
  }
  return a.done(object, fmt::format("Merging of kind {} is now {} for {}.\n", kind, policy,
                                    user.empty() ? "everybody without a setting of their own"
                                                 : cli::printable(user)));
}

int policy_unset(const app& a, const std::string& kind, const std::string& user) {
  session s(a);
  json args{{"kind", kind}};
  if (!user.empty()) args["user"] = user;
  const auto done = s.act("policy.unset", args);
  json object{{"kind", kind}, {"at", done.at}};
  object["user"] = user.empty() ? json(nullptr) : json(user);
  return a.done(
      object,
      user.empty()
          ? fmt::format("Merging of kind {} is as the server has it by itself: auto.\n", kind)
          : fmt::format("For {} merging of kind {} follows the kind's default again.\n",
                        cli::printable(user), kind));
}

int stats(const app& a) {
  session s(a);
  const auto n = s.get<msg::stats>("/v1/admin/stats");
  const auto text = [](std::int64_t value) { return std::to_string(value); };
  return a.done(message_json(n), cli::table({}, {{"Users", text(n.users)},
                                                 {"Devices", text(n.devices)},
                                                 {"Records", text(n.records)},
                                                 {"Versions", text(n.versions)},
                                                 {"Open views", text(n.open_views)},
                                                 {"Open conflicts", text(n.open_conflicts)},
                                                 {"In quarantine", text(n.quarantined)},
                                                 {"Pushes", text(n.pushes)},
                                                 {"Feed items", text(n.feed_items)}}));
}

struct people_options {
  std::string email, role, id, kind, policy, user;
  bool lost = false, only = false, all_pending = false;
};
using people_args = std::shared_ptr<people_options>;

void add_users(CLI::App& parser, app& a, const people_args& o) {
  auto* user = parser.add_subcommand("user", "Who may use the server");
  user->require_subcommand(1);
  auto* add = user->add_subcommand("add", "Adds a user and prints the link for a first device");
  add->add_option("EMAIL", o->email)->required();
  add->add_option("--role", o->role, "doctor or admin")
      ->required()
      ->check(CLI::IsMember({"doctor", "admin"}));
  add->final_callback([&a, o] { a.action = [&a, o] { return user_add(a, o->email, o->role); }; });
  user->add_subcommand("list", "All users")->final_callback([&a] {
    a.action = [&a] { return user_list(a); };
  });
  for (const bool on : {true, false}) {
    auto* command = user->add_subcommand(
        on ? "enable" : "disable", on ? "Lets a disabled user sync again"
                                      : "Ends a user's sessions at once and allows no new ones");
    command->add_option("EMAIL", o->email)->required();
    command->final_callback(
        [&a, o, on] { a.action = [&a, o, on] { return user_switch(a, o->email, on); }; });
  }
  auto* enrollment = parser.add_subcommand("enrollment", "Links for further devices");
  enrollment->require_subcommand(1);
  auto* listing = enrollment->add_subcommand("list", "Links that were made and not used yet");
  listing->add_option("EMAIL", o->email, "Of this user only");
  listing->final_callback([&a, o] { a.action = [&a, o] { return enrollment_list(a, o->email); }; });
  auto* revoke = enrollment->add_subcommand("revoke", "Withdraws a link that nobody has used");
  revoke->add_option("ID", o->id, "Its id in the list, or how that begins, or the link")
      ->required();
  revoke->final_callback([&a, o] { a.action = [&a, o] { return enrollment_revoke(a, o->id); }; });
  auto* fresh = enrollment->add_subcommand("new", "Prints a link for a user's next device");
  auto* email = fresh->add_option("EMAIL", o->email);
  auto* all = fresh->add_flag("--all-pending", o->all_pending,
                              "For every enabled user without a device and without a good link");
  email->excludes(all);
  fresh->final_callback([&a, o] {
    a.action = [&a, o] {
      if (o->all_pending) return enroll_pending(a);
      if (o->email.empty()) refuse(errc::usage, "Name the user, or give --all-pending.", "user");
      return enrollment_new(a, o->email);
    };
  });
}

void add_devices(CLI::App& parser, app& a, const people_args& o) {
  auto* device = parser.add_subcommand("device", "Enrolled laptops and profiles");
  device->require_subcommand(1);
  device->add_subcommand("list", "All devices")->final_callback([&a] {
    a.action = [&a] { return device_list(a); };
  });
  auto* show = device->add_subcommand("show", "One device");
  show->add_option("ID", o->id, "Device id, or how it begins")->required();
  show->final_callback([&a, o] { a.action = [&a, o] { return device_show(a, o->id); }; });
  auto* revoke = device->add_subcommand("revoke", "Ends a device's access at once");
  revoke->add_option("ID", o->id, "Device id, or how it begins")->required();
  auto* lost = revoke->add_flag("--lost", o->lost, "Lost or stolen: erase it at its next contact");
  revoke
      ->add_flag("--only", o->only,
                 "Leave those in use that stand in for it (`enroll --again`); else they go, too")
      ->excludes(lost);
  revoke->final_callback(
      [&a, o] { a.action = [&a, o] { return device_revoke(a, o->id, o->lost, o->only); }; });
  auto* approve = device->add_subcommand("approve", "Lets a folder become a device of its own");
  approve->add_option("ID", o->id, "Device id, or how it begins")->required();
  approve->final_callback([&a, o] { a.action = [&a, o] { return device_approve(a, o->id); }; });
}

void add_policy(CLI::App& parser, app& a, const people_args& o) {
  auto* policy = parser.add_subcommand(
      "policy", "Whether conflicts are merged by rules, and folders become devices by themselves");
  policy->require_subcommand(1);
  policy->add_subcommand("show", "Defaults and users' own settings")->final_callback([&a] {
    a.action = [&a] { return policy_show(a); };
  });
  auto* set = policy->add_subcommand("set", "Sets a kind's default, or one user's own setting");
  set->add_option("KIND", o->kind, "patient, clinic or reenrollment")->required();
  set->add_option("POLICY", o->policy, "auto or manual; of reenrollment approve or allow")
      ->required()
      ->check(CLI::IsMember({"auto", "manual", "approve", "allow"}));
  set->add_option("--user", o->user, "E-mail");
  set->final_callback(
      [&a, o] { a.action = [&a, o] { return policy_set(a, o->kind, o->policy, o->user); }; });
  auto* unset = policy->add_subcommand("unset", "Takes a setting back");
  unset->add_option("KIND", o->kind, "Kind of record")->required();
  unset->add_option("--user", o->user, "Of this user; else the kind's default");
  unset->final_callback(
      [&a, o] { a.action = [&a, o] { return policy_unset(a, o->kind, o->user); }; });
}

}  // namespace

void add_people_commands(CLI::App& parser, app& a) {
  const auto o = std::make_shared<people_options>();
  add_enroll_command(parser, a);
  add_users(parser, a, o);
  add_devices(parser, a, o);
  add_policy(parser, a, o);
  parser.add_subcommand("stats", "Numbers of the whole server")->final_callback([&a] {
    a.action = [&a] { return stats(a); };
  });
}

}  // namespace autocusto::admin
