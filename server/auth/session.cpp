#include "server/auth/session.hpp"

#include "server/auth/challenge.hpp"
#include "server/auth/enrollment.hpp"
#include "server/auth/token.hpp"
#include "server/store/credentials.hpp"
#include "server/store/erasures.hpp"
#include "server/store/people.hpp"
#include "server/store/placeholder.hpp"
#include "shared/base/limits.hpp"
#include "shared/crypto/hash.hpp"
#include "shared/wire/sign.hpp"

namespace autocusto::auth {
namespace {

struct opened {
  store::device_row device;
  store::user_row user;
  store::session_scope scope = store::session_scope::surrender;
  wire::push_memory memory = wire::push_memory::ok;
};

struct found_device {
  store::device_row device;
  store::user_row user;
};

std::optional<found_device> find_device(store::people::reads people, const device_id& id) {
  auto device = people.device_by_id(id);
  // A placeholder has no key: whose it is, an enrollment has to tell again.
  // One that nobody has approved is none yet.
  if (!device || device->pending || store::is_placeholder(*device)) return std::nullopt;
  const store::pk user_key[] = {device->user};
  auto users = people.users_by_pk(user_key);
  // The system user has no key: whatever was signed was not signed by it.
  if (users.empty() || users[0].role == store::user_role::system) return std::nullopt;
  return found_device{std::move(*device), std::move(users[0])};
}

result<opened> store_session(store::transaction& tx, unix_millis now, const std::string& token,
                             const wire::session_request& asked, const push_comparison& compare) {
  if (!spend(tx, now, asked.challenge)) return stale_challenge();
  auto found = find_device(tx, asked.device);
  if (!found) {
    return fail(errc::device_unknown, "This server does not know the device; enroll it again.");
  }
  opened made;
  made.device = std::move(found->device);
  made.user = std::move(found->user);
  const bool good = made.user.enabled && !made.device.revoked_at;
  made.scope = good ? store::session_scope::full : store::session_scope::surrender;
  made.memory = compare(tx, made.device, asked.prev_push);
  store::session_row session;
  session.token_hash = std::string(crypto::sha256(token).raw());
  session.device = made.device.key;
  session.scope = made.scope;
  session.expires_at = now + limits::session_millis;
  store::credentials::writes(tx).add_session(session);
  store::people::writes(tx).device_seen(made.device.key, now);
  // Since when it knows: kept until it has access again.
  if (good == made.device.told_at.has_value()) {
    store::erasures::writes(tx).device_told(made.device.key,
                                            good ? std::nullopt : std::optional(now));
  }
  return made;
}

/// The signed order to a device without access, for this session only.
wire::signed_object order_for(const server_keys& keys, const wire::session_request& asked,
                              wire::order_kind what) {
  wire::order order;
  order.server = keys.server;
  order.device = asked.device;
  order.challenge = asked.challenge;
  order.what = what;
  return sign_canonical(keys, "order", wire::encode_object(order));
}

result<void> check_signature(store::database& in, const wire::session_request& asked,
                             const wire::signed_object& request) {
  std::optional<found_device> found;
  in.read([&](store::snapshot& snapshot) { found = find_device(snapshot, asked.device); });
  if (!found) {
    return fail(errc::device_unknown, "This server does not know the device; enroll it again.");
  }
  return wire::check_signed(found->device.public_key, "session", request,
                            "The session request is not signed by this device's key.");
}

}  // namespace

wire::challenge_answer make_challenge(const server_keys& keys, random_source& random,
                                      unix_millis now, const wire::challenge_request& asked,
                                      std::string_view channel) {
  wire::challenge_answer answer;
  answer.server = keys.server;
  answer.challenge = new_challenge(keys, random, now, challenge_use::session, asked.device.raw());
  answer.server_time = format_time(now);
  if (!asked.nonce || channel.empty()) return answer;
  wire::challenge_proof proof;
  proof.server = keys.server;
  proof.device = asked.device;
  proof.nonce = *asked.nonce;
  proof.challenge = answer.challenge;
  proof.channel = channel;
  answer.signed_by_server = sign_canonical(keys, "challenge", wire::encode_object(proof));
  return answer;
}

result<void> answers_challenge(const server_keys& keys, unix_millis now,
                               const wire::session_request& asked) {
  if (asked.server != keys.server) {
    return fail(errc::malformed, "The session request is meant for another server.", "server");
  }
  if (!challenge_valid(keys, now, challenge_use::session, asked.device.raw(), asked.challenge)) {
    return stale_challenge();
  }
  return {};
}

result<wire::session_answer> open_session(store::database& in, const server_keys& keys,
                                          random_source& random, unix_millis now,
                                          const wire::signed_object& request,
                                          std::string_view channel,
                                          const push_comparison& compare) {
  const auto asked = wire::decode_session_object(request.object);
  if (!asked) return asked.error();
  if (auto fits = answers_challenge(keys, now, *asked); !fits) return fits.error();
  if (auto checked = check_signature(in, *asked, request); !checked) return checked.error();

  const std::string token = token_mint(keys).make(random);
  result<opened> made = stale_challenge();
  in.write([&](store::transaction& tx) { made = store_session(tx, now, token, *asked, compare); });
  if (!made) return made.error();

  wire::session_answer answer;
  answer.token = token;
  answer.expires_in = limits::session_millis / 1000;
  answer.scope = made->scope == store::session_scope::full ? "full" : "surrender";
  answer.user = made->user.id;
  answer.email = made->user.email;
  answer.role = std::string(role_name(made->user.role));
  answer.prev_push = made->memory;
  answer.last_push = made->device.last_push;
  answer.wipe = made->device.revoked_at.has_value() && made->device.lost;
  if (made->scope == store::session_scope::surrender) {
    answer.order_object = order_for(
        keys, *asked, answer.wipe ? wire::order_kind::erase : wire::order_kind::surrender);
  }
  answer.trust_object = trust_object(keys);
  answer.server_time = format_time(now);
  answer.kinds = domain::known_revisions();
  if (!channel.empty()) {
    answer.signed_by_server = sign_canonical(
        keys, "opened", wire::encode_object(wire::proof_of(answer, *asked, channel)));
  }
  return answer;
}

result<store::session_owner> authenticate(store::database& in, std::string_view token,
                                          access wanted, unix_millis now) {
  std::optional<store::session_owner> owner;
  const auto hash = crypto::sha256(token);
  in.read([&](store::credentials::reads credentials) { owner = credentials.session(hash.raw()); });
  if (!owner || owner->session.expires_at <= now) {
    return fail(errc::session_expired, "The session has ended; open a new one.");
  }
  if (wanted == access::surrender || wanted == access::anyone) return std::move(*owner);
  if (owner->device.revoked_at) {
    return fail(errc::device_revoked, "This device was revoked; ask the administrator.");
  }
  if (!owner->user.enabled) {
    return fail(errc::user_disabled, "This user is disabled; ask the administrator.");
  }
  if (owner->session.scope != store::session_scope::full) {
    return fail(errc::session_expired, "The session is a limited one; open a new one.");
  }
  if (wanted == access::admin && owner->user.role != store::user_role::admin) {
    return fail(errc::forbidden, "Only administrators may do this.");
  }
  return std::move(*owner);
}

}  // namespace autocusto::auth
