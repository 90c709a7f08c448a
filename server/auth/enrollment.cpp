#include "server/auth/enrollment.hpp"

#include "server/auth/challenge.hpp"
#include "server/auth/reenrollment.hpp"
#include "server/store/audit.hpp"
#include "server/store/credentials.hpp"
#include "server/store/journal.hpp"
#include "server/store/people.hpp"
#include "server/store/placeholder.hpp"
#include "server/store/settings.hpp"
#include "shared/base/limits.hpp"
#include "shared/crypto/hash.hpp"
#include "shared/crypto/public_key.hpp"
#include "shared/domain/text.hpp"
#include "shared/domain/validate.hpp"
#include "shared/wire/sign.hpp"

namespace autocusto::auth {
namespace {

constexpr std::size_t k_email_limit = 254;
constexpr unix_millis k_code_slack = 24LL * 60 * 60 * 1000;

error expired_code() {
  return fail(
      errc::code_expired,
      "This enrollment code has expired; codes are good for 72 hours. Ask the administrator "
      "for a new link.");
}

using maybe_reenrollment = std::optional<wire::again_object>;

result<void> check_request(const wire::enroll_request& request) {
  if (auto name = domain::check_device_name(request.device_name); !name) return name;
  if (!crypto::strong_public_key(request.public_key)) {
    return fail(errc::invalid_field,
                "The device's public key is not a valid Ed25519 key. Update the program and enroll "
                "again.",
                "public_key");
  }
  return {};
}

/// That the new key signed a challenge of this server, the same as the device that it is to
/// replace. A client of before the greeting has no proof, and does not know who gets its code.
result<void> check_proof(const server_keys& keys, unix_millis now,
                         const wire::enroll_request& request,
                         const maybe_reenrollment& reenrollment) {
  if (!request.proof) {
    return fail(errc::malformed,
                "This program is too old to enroll at this server. Update it and try again.",
                "proof");
  }
  const auto object = wire::decode_enroll_object(request.proof->object);
  if (!object) return object.error();
  if (object->server != keys.server) {
    return fail(errc::malformed, "The proof is meant for another server.", "server");
  }
  if (!crypto::constant_time_equal(object->public_key, request.public_key)) {
    return fail(errc::malformed, "The proof is for another key.", "public_key");
  }
  if (reenrollment && reenrollment->challenge != object->challenge) {
    return fail(errc::malformed, "The two signatures are over different challenges.", "challenge");
  }
  if (auto proved = wire::check_signed(request.public_key, "enroll", *request.proof,
                                       "The request is not signed by the new device's key.");
      !proved) {
    return proved;
  }
  if (!challenge_valid(keys, now, challenge_use::enrollment, {}, object->challenge)) {
    return stale_challenge();
  }
  return {};
}

/// Past its time; or made by a clock that was ahead, for which it would be good for years.
bool over(const store::enrollment_row& code, unix_millis now) {
  return now >= code.expires_at || code.expires_at > now + limits::enrollment_millis + k_code_slack;
}

/// The device that this code has made, where the same key asks again in time.
result<store::device_row> enrolled_before(store::people::reads people,
                                          const store::enrollment_row& code,
                                          const wire::enroll_request& request, unix_millis now) {
  const store::pk keys[] = {code.device.value()};
  const auto rows = people.devices_by_pk(keys);
  // A body that was overheard holds code and key: only a fresh proof has the answer once more.
  if (rows.empty() || !crypto::constant_time_equal(rows[0].public_key, request.public_key)) {
    return unknown_code();
  }
  if (rows[0].revoked_at) {
    return fail(errc::device_revoked, "This device was revoked; ask the administrator.");
  }
  // A device that the code has only approved may have been there for long.
  if (now >= rows[0].enrolled_at + limits::enrollment_millis && over(code, now)) {
    return expired_code();
  }
  return rows[0];
}

store::device_row add_device(store::people::writes people, random_source& random,
                             const store::user_row& user, const wire::enroll_request& request,
                             const store::device_row* replaces, bool pending, unix_millis now) {
  store::device_row device;
  device.id = random.make<device_id>();
  device.user = user.key;
  device.name = request.device_name;
  device.public_key = request.public_key;
  device.enrolled_at = now;
  if (replaces != nullptr) device.replaces = replaces->key;
  device.pending = pending;
  device.key = people.add_device(device);
  return device;
}

void add_own_device(store::people::writes people, store::pk system, const device_id& id,
                    const char* name, unix_millis now) {
  store::device_row device;
  device.id = id;
  device.user = system;
  device.name = name;
  // It has no key: nobody can sign for it.
  device.enrolled_at = now;
  static_cast<void>(people.add_device(device));
}

struct enrolled {
  store::user_row user;
  store::device_row device;
  std::vector<store::journal_entry> entries{};
};

/// An enrolled device has its own id for the act's.
act_id act_of(const device_id& device) {
  return *act_id::from_raw(device.raw());
}

/// A link that approves a device has one too, that a further answer finds.
act_id approval_by_link(const device_id& device, std::string_view code_hash) {
  const std::string label = "approved by a link";
  const auto hash = crypto::sha256(label + std::string(device.raw()) + std::string(code_hash));
  return *act_id::from_raw(hash.raw().substr(0, act_id::size));
}

store::journal_entry approval_of(const store::user_row& user, const store::device_row& device,
                                 std::string_view code_hash, unix_millis now) {
  store::journal_entry entry;
  entry.id = approval_by_link(device.id, code_hash);
  entry.what = store::journaled_act::device_approved;
  entry.at = now;
  entry.user = user.id;
  entry.device = device.id;
  entry.code_hash = code_hash;
  return entry;
}

store::journal_entry entry_of(const store::user_row& user, const store::device_row& device,
                              std::string_view code_hash, const store::device_row* replaces) {
  store::journal_entry entry;
  entry.id = act_of(device.id);
  entry.what = store::journaled_act::device_added;
  entry.at = device.enrolled_at;
  entry.user = user.id;
  entry.device = device.id;
  entry.device_name = device.name;
  entry.public_key = device.public_key;
  entry.code_hash = code_hash;
  entry.pending = device.pending;
  if (replaces != nullptr) entry.replaces = replaces->id;
  return entry;
}

/// A further answer for a device that is there. The journal may lack it, if its writing failed the
/// first time. `code_hash`: of the code that has made or approved it.
enrolled answered_before(store::journal::reads journal, const store::user_row& user,
                         store::device_row device, std::string_view code_hash) {
  enrolled repeated{user, std::move(device)};
  for (const auto& id :
       {act_of(repeated.device.id), approval_by_link(repeated.device.id, code_hash)}) {
    const auto object = journal.journaled_object(id);
    if (!object) continue;
    if (auto entry = store::decode_entry(*object)) repeated.entries.push_back(*std::move(entry));
  }
  return repeated;
}

void note_in_audit(store::audit::writes log, const enrolled& made, const char* what,
                   const store::device_row* replaces, unix_millis now) {
  store::audit_row audit;
  audit.at = now;
  audit.actor = made.user.key;
  audit.device = made.device.key;
  audit.what = what;
  audit.subject_user = made.user.key;
  audit.object = R"({"device":")" + made.device.id.text() + '"';
  if (replaces != nullptr) audit.object += R"(,"replaces":")" + replaces->id.text() + '"';
  audit.object += '}';
  log.add_audit(audit);
}

/// A new device with all that tells of it, but for the code.
enrolled make_device(store::transaction& tx, random_source& random, unix_millis now,
                     const store::user_row& user, const wire::enroll_request& request,
                     std::string_view code_hash, const store::device_row* replaces,
                     bool pending = false) {
  enrolled made{user, add_device(tx, random, user, request, replaces, pending, now)};
  made.entries.push_back(entry_of(user, made.device, code_hash, replaces));
  static_cast<void>(store::journal::writes(tx).add_journaled(store::journaled(made.entries[0])));
  note_in_audit(tx, made, replaces == nullptr ? "device.enroll" : "device.again", replaces, now);
  return made;
}

/// The link is the approval that the device has waited for: an administrator has just made it.
enrolled approve_by_link(store::transaction& tx, unix_millis now, const store::user_row& user,
                         const replacement& of, std::string_view code_hash) {
  enrolled made = answered_before(tx, user, of.made.value(), code_hash);
  made.device.pending = false;
  store::people::writes(tx).update_device(made.device);
  store::credentials::writes(tx).use_enrollment(code_hash, made.device.key);
  made.entries.push_back(approval_of(user, made.device, code_hash, now));
  static_cast<void>(
      store::journal::writes(tx).add_journaled(store::journaled(made.entries.back())));
  note_in_audit(tx, made, "device.again", &of.old, now);
  return made;
}

result<store::user_row> enabled_user(store::people::reads people, store::pk key,
                                     const error& none) {
  const store::pk user_key[] = {key};
  auto users = people.users_by_pk(user_key);
  if (users.empty() || users[0].role == store::user_role::system) return none;
  if (!users[0].enabled) {
    return fail(errc::user_disabled, "This user is disabled; ask the administrator.");
  }
  return std::move(users[0]);
}

bool stands_in_for(store::people::reads people, const store::device_row& device,
                   const device_id& old) {
  if (!device.replaces) return false;
  const store::pk keys[] = {*device.replaces};
  const auto rows = people.devices_by_pk(keys);
  return !rows.empty() && rows[0].id == old;
}

/// With a code; with `again` besides, the new device stands in for one of the same user.
result<enrolled> enroll_in(store::transaction& tx, random_source& random, unix_millis now,
                           const wire::enroll_request& request,
                           const maybe_reenrollment& reenrollment) {
  store::credentials::writes credentials(tx);
  const auto hash = crypto::sha256(request.code);
  // Locked: of several devices with one code exactly one is added.
  const auto found = credentials.lock_enrollment(hash.raw());
  if (!found) return unknown_code();
  const auto user = enabled_user(tx, found->user, unknown_code());
  if (!user) return user.error();
  // The code is judged before anything is done for it.
  if (found->device) {
    auto device = enrolled_before(tx, *found, request, now);
    if (!device) return device.error();
    if (reenrollment && !stands_in_for(tx, *device, reenrollment->device)) return unknown_code();
    return answered_before(tx, *user, *std::move(device), hash.raw());
  }
  if (over(*found, now)) return expired_code();
  if (!reenrollment) {
    auto made = make_device(tx, random, now, *user, request, hash.raw(), nullptr);
    credentials.use_enrollment(hash.raw(), made.device.key);
    return made;
  }
  const auto may = may_replace(tx, now, *reenrollment, *request.again, user->key);
  if (!may) return may.error();
  if (may->made && may->made->pending) return approve_by_link(tx, now, *user, *may, hash.raw());
  // This key stands in for the device already: the code stays good.
  if (may->made) return answered_before(tx, *user, *may->made, {});
  auto made = make_device(tx, random, now, *user, request, hash.raw(), &may->old);
  credentials.use_enrollment(hash.raw(), made.device.key);
  return made;
}

/// Without a code, signed by the device that the new one stands in for.
result<enrolled> enroll_again_in(store::transaction& tx, random_source& random, unix_millis now,
                                 const wire::enroll_request& request,
                                 const wire::again_object& reenrollment) {
  const auto may = may_replace(tx, now, reenrollment, *request.again, std::nullopt);
  if (!may) return may.error();
  const auto user = enabled_user(tx, may->old.user, unknown_code());
  if (!user) return user.error();
  if (may->made) return answered_before(tx, *user, *may->made, {});
  const bool pending = store::settings::reads(tx).setting(k_reenrollment_setting) == k_approve;
  return make_device(tx, random, now, *user, request, {}, &may->old, pending);
}

/// Whether there is such a code that is still good for this key, or such a device that signed.
result<void> known_at_all(store::database& in, const wire::enroll_request& request,
                          const maybe_reenrollment& reenrollment, unix_millis now) {
  result<void> known;
  in.read([&](store::snapshot& snapshot) {
    known = {};
    if (!request.code.empty()) {
      const auto code =
          store::credentials::reads(snapshot).enrollment(crypto::sha256(request.code).raw());
      if (!code) {
        known = unknown_code();
      } else if (code->device) {
        if (auto made = enrolled_before(snapshot, *code, request, now); !made) known = made.error();
      } else if (over(*code, now)) {
        known = expired_code();
      }
      return;
    }
    const auto device = store::people::reads(snapshot).device_by_id(reenrollment->device);
    if (!device || store::is_placeholder(*device)) {
      known = fail(errc::device_unknown,
                   "This server does not know the device; ask the administrator for a new link, "
                   "and enroll again with it.");
    } else {
      known = signed_by_device(*request.again, *device);
    }
  });
  return known;
}

/// In one transaction, which a refusal undoes: whoever is refused leaves nothing behind.
result<enrolled> enroll_or_nothing(store::database& in, random_source& random, unix_millis now,
                                   const wire::enroll_request& request,
                                   const maybe_reenrollment& reenrollment) {
  std::optional<enrolled> made;
  try {
    in.write([&](store::transaction& tx) {
      const auto proof = wire::decode_enroll_object(request.proof->object).value();
      if (!spend(tx, now, proof.challenge)) throw error_exception(stale_challenge());
      made = (request.code.empty() ? enroll_again_in(tx, random, now, request, *reenrollment)
                                   : enroll_in(tx, random, now, request, reenrollment))
                 .value();
    });
  } catch (const error_exception& e) {
    return e.get();
  }
  return *std::move(made);
}

}  // namespace

error unknown_code() {
  return fail(errc::code_unknown,
              "This enrollment code is not known, was used already or was withdrawn; ask the "
              "administrator for a new link.");
}

std::string_view role_name(store::user_role role) {
  switch (role) {
    case store::user_role::doctor:
      return "doctor";
    case store::user_role::admin:
      return "admin";
    case store::user_role::system:
      return "system";
  }
  return "system";
}

bool plausible_email(std::string_view email) {
  const auto at = email.find('@');
  if (at == std::string_view::npos || email.size() > k_email_limit) return false;
  // A host of one label, such as a machine of the clinic, is enough for an account.
  const bool one_label = email.find('.', at) == std::string_view::npos;
  return domain::valid_email(one_label ? std::string(email) + ".x" : std::string(email));
}

void create_installation(store::transaction& tx, const server_id& server, unix_millis now) {
  store::settings::writes(tx).set_setting("server_id", server.text());
  store::settings::writes(tx).set_setting(k_codes_since, format_time(0));
  store::user_row system;
  system.id = system_user();
  system.email = "system";
  system.role = store::user_role::system;
  system.created_at = now;
  system.key = store::people::writes(tx).add_user(system);
  add_own_device(tx, system.key, merge_device(), "merge", now);
  add_own_device(tx, system.key, import_device(), "import", now);
}

result<store::user_row> create_user(store::people::writes people, random_source& random,
                                    const std::string& email, store::user_role role,
                                    unix_millis now) {
  if (!plausible_email(email)) {
    return fail(
        errc::invalid_field,
        "The e-mail must look like name@example.org, of at most 254 letters without accents, "
        "digits and signs such as . _ + and -; check it.",
        "email", static_cast<std::int64_t>(k_email_limit));
  }
  if (people.email_taken(email)) {
    return fail(errc::already_exists, "There is a user with this e-mail already.", "email");
  }
  store::user_row user;
  user.id = random.make<user_id>();
  user.email = email;
  user.role = role;
  user.created_at = now;
  user.key = people.add_user(user);
  return user;
}

std::string create_enrollment(store::credentials::writes credentials, const code_mint& codes,
                              random_source& random, store::pk user, unix_millis now) {
  std::string code = codes.make(random);
  store::enrollment_row row;
  row.code_hash = std::string(crypto::sha256(code).raw());
  row.user = user;
  row.expires_at = now + limits::enrollment_millis;
  credentials.add_enrollment(row);
  return code;
}

wire::greeting_answer greet(const server_keys& keys, random_source& random, unix_millis now,
                            const wire::greeting_request& asked, std::string_view channel) {
  wire::greeting object;
  object.server = keys.server;
  object.nonce = asked.nonce;
  object.challenge = new_challenge(keys, random, now, challenge_use::enrollment, {});
  object.channel = channel;
  wire::greeting_answer answer;
  answer.challenge = object.challenge;
  answer.signed_by_server = sign_canonical(keys, "greeting", wire::encode_object(object));
  answer.trust_object = trust_object(keys);
  answer.server_time = format_time(now);
  return answer;
}

result<wire::enroll_answer> enroll(store::database& in, const server_keys& keys,
                                   random_source& random, unix_millis now,
                                   const wire::enroll_request& request,
                                   const journal_sink& journal) {
  if (auto checked = check_request(request); !checked) return checked.error();
  const auto reenrollment = read_reenrollment(keys, request);
  if (!reenrollment) return reenrollment.error();
  // Guesses end here, without waiting for the writer.
  if (auto guess = known_at_all(in, request, *reenrollment, now); !guess) return guess.error();
  if (auto proved = check_proof(keys, now, request, *reenrollment); !proved) return proved.error();
  auto made = enroll_or_nothing(in, random, now, request, *reenrollment);
  if (!made) return made.error();
  if (journal) {
    for (const auto& entry : made->entries) journal(entry);
  }
  if (made->device.pending) {
    return fail(errc::forbidden,
                "An administrator has to approve this folder as a device first. Ask for it, then "
                "run `autocusto enroll --again` once more; your edits stay.");
  }
  wire::enroll_answer answer;
  answer.user = made->user.id;
  answer.email = made->user.email;
  answer.role = std::string(role_name(made->user.role));
  answer.device = made->device.id;
  answer.tenant_key = std::string(keys.tenant_key.view());
  answer.trust_object = trust_object(keys);
  answer.server_time = format_time(now);
  return answer;
}

}  // namespace autocusto::auth
