// POST /v1/admin/act: one signed act, done once.
//
// Acts whose loss would give access back, or lock people out, are appended to this process's
// journal after the commit and before the answer (server/sync/journal.hpp).
//
// The act and its line in the audit log are one transaction; the line keeps the object and the
// signature. The same act again finds the line and gets the same answer, which is therefore a
// function of the object, the time in the line and the server's secret. Codes of enrollment links
// are derived from them too: so a lost answer can be had again, while the database holds no code.
//
// Locks, in this order: for acts on people the merge device's row (nobody else locks it, so it
// serves as their common lock), the actor's device (acts of one device follow each other), the
// devices of a user who is disabled, the record, the feed's head.
#include <algorithm>
#include <charconv>
#include <optional>
#include <unordered_set>
#include <utility>

#include "server/admin/act_run.hpp"
#include "server/admin/handlers.hpp"
#include "server/auth/code.hpp"
#include "server/auth/enrollment.hpp"
#include "server/auth/reenrollment.hpp"
#include "server/store/audit.hpp"
#include "server/store/conflicts.hpp"
#include "server/store/feed.hpp"
#include "server/store/journal.hpp"
#include "server/store/people.hpp"
#include "server/store/quarantine.hpp"
#include "server/store/records.hpp"
#include "server/store/settings.hpp"
#include "server/sync/acts.hpp"
#include "server/sync/quarantine.hpp"
#include "shared/base/limits.hpp"
#include "shared/crypto/hash.hpp"
#include "shared/crypto/sign.hpp"
#include "shared/domain/record_kind.hpp"
#include "shared/json/canonical.hpp"
#include "shared/json/read.hpp"
#include "shared/wire/sign.hpp"

namespace autocusto::admin::detail {
namespace {

std::string code_of(const context& app, const act_id& act) {
  const std::string label = "enrollment code of an act";
  const auto mac =
      crypto::hmac_sha256(app.keys.server_secret.view(), label + std::string(act.raw()));
  return auth::code_mint(app.keys).make_from(mac.raw());
}

void add_code(act_run& act, store::pk user) {
  store::enrollment_row row;
  row.code_hash = std::string(crypto::sha256(code_of(act.app, act.object.id)).raw());
  row.user = user;
  row.expires_at = act.now + limits::enrollment_millis;
  act.credentials.add_enrollment(row);
}

store::user_role role_named(const std::string& name) {
  if (name == "doctor") return store::user_role::doctor;
  if (name == "admin") return store::user_role::admin;
  refuse(errc::invalid_field, "The role is doctor or admin.", "role");
}

void user_add(act_run& act) {
  const auto email = act.text("email");
  const auto role = role_named(act.text("role"));
  act.complete();
  const auto user = auth::create_user(act.tx, act.app.random, email, role, act.now);
  if (!user) throw error_exception(user.error());
  act.subject.user = user->key;
  auto& entry = act.note(store::journaled_act::user_added, user->id);
  entry.email = email;
  entry.role = role;
  add_code(act, user->key);
}

void user_enable(act_run& act) {
  const auto user = act.user();
  act.complete();
  if (act.people.is_held(user.key)) {
    refuse(errc::user_disabled,
           "This account comes with an import that has not ended; it is enabled at the end. Run "
           "the import again if it was cut.",
           "user");
  }
  act.people.set_user_enabled(user.key, true);
  act.note(store::journaled_act::user_enabled, user.id);
}

void user_disable(act_run& act) {
  const auto user = act.user();
  act.complete();
  const bool counts = user.role == store::user_role::admin && user.enabled;
  if (counts && !admin_remains(act.tx, user.key)) {
    refuse(errc::last_admin,
           "This is the last administrator who can sign in; enroll another one before disabling "
           "this one.",
           "user");
  }
  // Waits for this user's running pushes; later ones find the user disabled.
  for (const auto& device : act.people.all_devices()) {
    if (device.user == user.key) static_cast<void>(act.people.lock_device(device.id));
  }
  act.people.set_user_enabled(user.key, false);
  act.note(store::journaled_act::user_disabled, user.id);
  act.credentials.end_sessions_of_user(user.key);
  void_codes(act, user);
  store::feed::writes(act.tx).wake(user.id);
}

void enrollment_new(act_run& act) {
  const auto user = act.user();
  act.complete();
  if (!user.enabled) {
    refuse(errc::user_disabled, "This user is disabled; enable it first with `user enable`.",
           "user");
  }
  add_code(act, user.key);
}

void enrollment_revoke(act_run& act) {
  const auto id = act.text("enrollment");
  act.complete();
  for (const auto& row : act.credentials.open_enrollments(act.now)) {
    if (msg::enrollment_id(row.code_hash) != id) continue;
    // Whoever enrolls with it at this moment is before or behind; behind, there is no code.
    if (!act.credentials.void_enrollment(row.code_hash)) break;
    const store::pk owner[] = {row.user};
    act.subject.user = row.user;
    auto& entry =
        act.note(store::journaled_act::enrollment_revoked, act.people.users_by_pk(owner).at(0).id);
    entry.code_hash = row.code_hash;
    return;
  }
  refuse(errc::not_found,
         "There is no open link with this id: it was used, has expired or was withdrawn; see "
         "`enrollment list`, and `device list` for what was enrolled with it.",
         "enrollment");
}

void policy_set(act_run& act) {
  store::policy_row row;
  row.kind = act.text("kind");
  const auto policy = act.text("policy");
  if (row.kind == auth::k_reenrollment_setting) return reenrollment_set(act, policy);
  if (act.args.has("user")) row.user = act.user().key;
  act.complete();
  if (domain::find_record_kind(row.kind) == nullptr) {
    refuse(errc::not_found, "There is no such kind of record; see the list of kinds.", "kind");
  }
  if (policy != "auto" && policy != "manual") {
    refuse(errc::invalid_field, "The policy is auto or manual.", "policy");
  }
  row.policy = policy == "auto" ? domain::merge_policy::automatic : domain::merge_policy::manual;
  store::settings::writes(act.tx).set_policy(row);
}

void policy_unset(act_run& act) {
  const auto kind = act.text("kind");
  std::optional<store::pk> user;
  if (act.args.has("user")) user = act.user().key;
  act.complete();
  if (!store::settings::writes(act.tx).remove_policy(kind, user)) {
    refuse(errc::not_found, "There is no such setting to take back; see `policy show`.", "kind");
  }
}

void note_record(act_run& act, const record_id& record) {
  if (const auto row = store::records::reads(act.tx).record(record)) act.subject.record = row->key;
}

void assign(act_run& act) {
  const auto record = act.id<record_id>("record");
  const auto version = act.id<version_id>("version");
  const auto user = act.user();
  act.complete();
  if (!act.object.expect_heads) {
    refuse(errc::malformed, "An assignment names the heads that its actor saw.", "expect_heads");
  }
  const sync::act_environment env{&act.app.random, act.now};
  const auto done = sync::assign(act.tx, env, user, record, version, *act.object.expect_heads);
  if (!done) throw error_exception(done.error());
  // The log of the record names the acts that moved somebody's view of it.
  if (done->changed) note_record(act, record);
}

/// With a patient go the user's processes and emissions of them. `dependents` says how many its
/// actor has seen; programs of the first releases do not name it.
void unassign(act_run& act) {
  const auto record = act.id<record_id>("record");
  const auto user = act.user();
  std::optional<std::int64_t> seen;
  if (act.args.has("dependents")) seen = act.args.integer("dependents", 0, k_dependents);
  act.complete();
  auto records = store::records::writes(act.tx);
  const auto taken = dependents_of(records, record, user.key);
  const auto count = static_cast<std::int64_t>(taken.size());
  if (count > k_dependents) {
    refuse(errc::bad_request,
           "This patient has more than 1000 processes and emissions; take those "
           "away one by one first.",
           "record");
  }
  if (seen && *seen != count) {
    refuse(errc::view_moved,
           "The user's processes of this patient have changed since you looked; look again.");
  }
  std::vector<store::wanted_record> wanted{{record, {}, {}, false}};
  for (const auto& row : taken) wanted.push_back({row.id, {}, {}, false});
  static_cast<void>(records.lock_records(wanted));
  for (const auto& each : wanted) {
    const sync::act_environment env{&act.app.random, act.now};
    const bool first = each.id == record;
    const auto done =
        sync::unassign(act.tx, env, user, each.id, first ? act.object.expect_heads : std::nullopt);
    if (!done) throw error_exception(done.error());
    auto& entry = act.note(store::journaled_act::view_removed, user.id);
    entry.record = each.id;
    entry.incarnation = done->incarnation;
  }
  note_record(act, record);
}

/// The item of that id, locked against a second decision by the common lock of acts on people.
store::quarantine_row quarantined_item(act_run& act) {
  const auto text = act.text("quarantine");
  store::pk key = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), key);
  const bool number = wrong == std::errc() && end == text.data() + text.size();
  auto item = number ? store::quarantine::reads(act.tx).quarantine(key) : std::nullopt;
  if (!item) {
    refuse(errc::not_found, "Nothing lies in quarantine under this id; see `quarantine list`.",
           "quarantine");
  }
  return *std::move(item);
}

void quarantine_accept(act_run& act) {
  const auto item = quarantined_item(act);
  const auto user = act.user();
  act.complete();
  if (!act.object.expect_heads) {
    refuse(errc::malformed, "An acceptance names the heads that its actor saw.", "expect_heads");
  }
  const sync::act_environment env{&act.app.random, act.now};
  const auto done = sync::accept_quarantined(act.tx, env, act.app.keys.tenant_key.view(), item,
                                             user, *act.object.expect_heads);
  if (!done) throw error_exception(done.error());
  if (const auto header = domain::decode_header(item.header)) note_record(act, header->record.id);
}

void quarantine_reject(act_run& act) {
  const auto item = quarantined_item(act);
  act.complete();
  act.subject.user = item.user;
  store::quarantine::writes(act.tx).remove_quarantine(item.key);
}

[[noreturn]] void no_conflict() {
  refuse(errc::not_found, "There is no such open conflict; see `conflict list`.", "conflict");
}

void conflict_dismiss(act_run& act) {
  const auto text = act.text("conflict");
  act.complete();
  store::pk key = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), key);
  if (wrong != std::errc() || end != text.data() + text.size()) no_conflict();
  const auto seen = store::conflicts::reads(act.tx).conflict(key);
  if (!seen) no_conflict();
  // With the record locked its heads stay what they are until the commit.
  const store::wanted_record wanted[] = {{seen->record.id, {}, {}, false}};
  static_cast<void>(store::records::writes(act.tx).lock_records(wanted));
  const auto entry = store::conflicts::reads(act.tx).conflict(key);
  if (!entry || entry->conflict.state != store::conflict_state::open) no_conflict();
  auto expected = act.object.expect_heads.value_or(entry->conflict.heads);
  std::sort(expected.begin(), expected.end());
  if (expected != entry->conflict.heads) {
    refuse(errc::view_moved,
           "The record has changed for this user since you looked; look again and decide anew.");
  }
  act.subject.user = entry->user.key;
  act.subject.record = entry->record.key;
  store::conflicts::writes(act.tx).dismiss_conflict(key);
}

/// Nothing changes but the log: an administrator has seen that it lacks lines, and why.
void audit_accept(act_run& act) {
  const auto agreed = act.args.integer("agreed", 0, limits::json_integer);
  const auto seen = act.args.integer("seen", 0, limits::json_integer);
  act.complete();
  if (agreed >= seen) {
    refuse(errc::invalid_field, "There is nothing to accept: the log has all lines that were seen.",
           "seen");
  }
}

struct act_line {
  std::string_view name;
  void (*run)(act_run&);
  bool people = false;  ///< takes the lock of acts on people
};
constexpr act_line k_acts[] = {{"user.add", user_add, true},
                               {"user.enable", user_enable, true},
                               {"user.disable", user_disable, true},
                               {"enrollment.new", enrollment_new},
                               {"enrollment.revoke", enrollment_revoke},
                               {"device.revoke", device_revoke, true},
                               {"device.approve", device_approve, true},
                               {"policy.set", policy_set, true},
                               {"policy.unset", policy_unset, true},
                               {"assign", assign},
                               {"unassign", unassign},
                               {"quarantine.accept", quarantine_accept, true},
                               {"quarantine.reject", quarantine_reject, true},
                               {"conflict.dismiss", conflict_dismiss},
                               {"audit.accept", audit_accept},
                               {"catalogue.publish", catalogue_publish, true},
                               {"catalogue.rollback", catalogue_rollback, true}};

const act_line& line_of(const std::string& name) {
  for (const auto& line : k_acts) {
    if (line.name == name) return line;
  }
  refuse(errc::bad_request, "This server does not know such an act; it may be an older version.",
         "act");
}

/// The same for the first time and every later one.
msg::act_answer answer_to(const context& app, const wire::act_object& object,
                          const nlohmann::json& args, unix_millis at) {
  msg::act_answer out;
  out.act = object.id;
  out.at = format_time(at);
  const bool adds = object.act == "user.add";
  if (!adds && object.act != "enrollment.new") return out;
  out.user = args.at(adds ? "email" : "user").get<std::string>();
  if (adds) out.role = args.at("role").get<std::string>();
  out.enrollment_link = app.link(code_of(app, object.id));
  out.expires_at = format_time(at + limits::enrollment_millis);
  return out;
}

/// Who signed is who asks, with the key of this session's device.
wire::act_object verified(const context& in, const wire::signed_object& sent,
                          const session_owner& caller) {
  auto object = wire::decode_act_object(sent.object);
  if (!object) throw error_exception(object.error());
  if (object->server != in.keys.server) {
    refuse(errc::malformed, "The act is meant for another server.", "server");
  }
  if (object->device != caller.device.id) {
    refuse(errc::bad_signature, "The act names another device than the session's.", "device");
  }
  if (object->actor != caller.user.id) {
    refuse(errc::forbidden, "The act names another user than the session's.", "actor");
  }
  wire::check_signed(caller.device.public_key, "act", sent,
                     "The act is not signed by this session's device.")
      .value();
  return *std::move(object);
}

/// As the session was when the request came, so it must still be now that the device is locked.
void check_actor(store::people::writes people, const session_owner& caller) {
  const auto device = people.lock_device(caller.device.id);
  if (!device || device->revoked_at) {
    refuse(errc::device_revoked, "This device was revoked; ask another administrator.");
  }
  const store::pk key[] = {device->user};
  const auto user = people.users_by_pk(key).at(0);
  if (!user.enabled) refuse(errc::user_disabled, "This user is disabled.");
  if (user.role != store::user_role::admin) {
    refuse(errc::forbidden, "Only an administrator does this.");
  }
}

}  // namespace

http::response act(context& in, const http::request& asked, const session_owner& caller) {
  const auto sent = wire::decode_signed(asked.body);
  if (!sent) throw error_exception(sent.error());
  const auto object = verified(in, *sent, caller);
  const auto args = json::parse(object.args).value();
  const auto& line = line_of(object.act);
  msg::act_answer out;
  std::vector<store::journal_entry> entries;
  in.database.write([&](store::transaction& tx) {
    store::audit::writes audit(tx);
    entries.clear();
    if (line.people) static_cast<void>(store::people::writes(tx).lock_device(merge_device()));
    check_actor(tx, caller);
    if (const auto before = audit.audit_by_act(object.id)) {
      if (before->object != sent->object) {
        refuse(errc::already_exists,
               "This act id was used for another act; choose a fresh random one.", "act_id");
      }
      out = answer_to(in, object, args, before->at);
      entries = journaled_before(tx, object, args);
      return;
    }
    json::reader reader(args, "args");
    act_run run{.tx = tx,
                .people = tx,
                .credentials = tx,
                .app = in,
                .object = object,
                .args = reader,
                .now = in.clock.now()};
    line.run(run);
    entries = std::move(run.entries);
    for (const auto& entry : entries)
      static_cast<void>(store::journal::writes(tx).add_journaled(store::journaled(entry)));
    store::audit_row row;
    row.at = run.now;
    row.act = object.id;
    row.actor = caller.user.key;
    row.device = caller.device.key;
    row.what = object.act;
    row.subject_user = run.subject.user;
    row.subject_record = run.subject.record;
    row.object = sent->object;
    row.signature = sent->signature;
    audit.add_audit(row);
    out = answer_to(in, object, args, run.now);
  });
  // Before the answer: what was answered outlives a database that goes back.
  for (const auto& entry : entries) in.journal(entry);
  return answer(out);
}

}  // namespace autocusto::admin::detail
