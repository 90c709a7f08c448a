#include <nlohmann/json.hpp>

#include "server/api/catalogue.hpp"
#include "server/api/handlers.hpp"
#include "server/api/metrics.hpp"
#include "server/auth/enrollment.hpp"
#include "server/store/people.hpp"
#include "server/sync/push_service.hpp"
#include "shared/crypto/hash.hpp"
#include "shared/http/address_key.hpp"
#include "shared/json/canonical.hpp"

namespace autocusto::api::detail {
namespace {

/// Only guesses of codes and devices count against a peer; a mistyped name does not.
bool is_guess(errc code) {
  return code == errc::code_unknown || code == errc::code_expired || code == errc::bad_signature ||
         code == errc::device_unknown;
}

/// What a device says of its clock decides nothing; it is told to whoever runs the server.
void note_clock(context& in, const http::request& asked, const wire::signed_object& signed_by,
                unix_millis now) {
  const auto text = http::find_header(asked.headers, "autocusto-clock");
  const auto told = text ? parse_time(*text) : std::nullopt;
  const auto object = wire::decode_session_object(signed_by.object);
  if (told && object) in.counts.clock(object->device, (*told - now) / 1000);
}

std::string key_at(const std::string& address, const device_id& device) {
  return address + ' ' + std::string(device.raw());
}

/// A device that has opened a session from this address lately is counted for itself: strangers
/// behind the same address use up nothing of its.
limits::user_keys keys_of_address(context& in, const http::request& asked,
                                  const std::optional<device_id>& device) {
  limits::user_keys keys{.device = {}, .user = {}, .address = http::address_key(asked.peer)};
  if (!device) return keys;
  auto own = key_at(keys.address, *device);
  if (in.limits.devices.contains(own)) keys.address = std::move(own);
  return keys;
}

/// Empty when there is no such device.
std::string user_of(context& in, const device_id& device) {
  std::string user;
  in.database.read([&](store::people::reads people) {
    user.clear();
    const auto row = people.device_by_id(device);
    if (!row) return;
    const store::pk keys[] = {row->user};
    const auto rows = people.users_by_pk(keys);
    if (!rows.empty()) user = std::string(rows[0].id.raw());
  });
  return user;
}

bool is_greeting(const result<nlohmann::json>& document) {
  return document && document->is_object() && document->contains("nonce") &&
         !document->contains("public_key");
}

/// A signature for anybody: counted as the sessions that an address asks for.
http::response greet(context& in, const http::request& asked,
                     const result<wire::greeting_request>& first) {
  const unix_millis now = in.clock.now();
  const limits::user_keys keys{.device = {}, .user = {}, .address = http::address_key(asked.peer)};
  const auto may = in.limits.used.may({limits::used::session}, keys, now);
  if (!may) return problem(may.error(), asked);
  in.limits.used.note(limits::used::session, keys, 1, now);
  if (!first) return problem(first.error(), asked);
  return http::json_response(
      wire::encode(auth::greet(in.keys, in.random, now, *first, asked.channel)));
}

/// What an address may ask of /v1/session; nothing: go on.
std::optional<http::response> too_often(context& in, const http::request& asked,
                                        const std::optional<device_id>& device, unix_millis now) {
  const auto keys = keys_of_address(in, asked, device);
  if (const auto may = in.limits.used.may({limits::used::session}, keys, now); !may) {
    return problem(may.error(), asked);
  }
  in.limits.used.note(limits::used::session, keys, 1, now);
  return std::nullopt;
}

/// What programs send here is smaller; what is longer is read by a worker.
constexpr std::size_t k_brief_bytes = 4096;

bool is_second_step(const result<nlohmann::json>& document) {
  return document && document->is_object() && document->contains("object");
}

/// Whether the text has a member of that name, unless it is written with escapes.
bool mentions(const http::request& asked, std::string_view member) {
  const auto quoted = '"' + std::string(member) + '"';
  return asked.body.find(quoted) != std::string::npos;
}

/// A code that this installation has not made needs no look at the store, and no limit.
std::optional<http::response> refuse_invented(context& in, const auth::code_mint& codes,
                                              const http::request& asked,
                                              const wire::enroll_request& request) {
  if (request.code.empty() || codes.genuine(request.code)) return std::nullopt;
  if (in.clock.now() < in.plain_codes_until) return std::nullopt;
  in.counts.enrollment(false);
  return problem(auth::unknown_code(), asked);
}

/// Step 1 of /v1/session; needs no store.
http::response challenge(context& in, const http::request& asked,
                         const result<wire::challenge_request>& first) {
  const unix_millis now = in.clock.now();
  const auto device = first ? std::optional(first->device) : std::nullopt;
  if (auto refused = too_often(in, asked, device, now)) return *std::move(refused);
  if (!first) return problem(first.error(), asked);
  return http::json_response(
      wire::encode(auth::make_challenge(in.keys, in.random, now, *first, asked.channel)));
}

}  // namespace

std::optional<http::response> enroll_here(context& in, const auth::code_mint& codes,
                                          const http::request& asked) {
  if (asked.body.size() > k_brief_bytes) return std::nullopt;
  // Most often the message is what it seems to be, and is read once.
  if (!mentions(asked, "public_key")) {
    const auto first = wire::decode_greeting_request(asked.body);
    if (first) return greet(in, asked, first);
  }
  const auto request = wire::decode_enroll_request(asked.body);
  if (request) return refuse_invented(in, codes, asked, *request);
  const auto document = json::parse(asked.body);
  if (!document) return problem(document.error(), asked);
  if (!is_greeting(document)) return problem(request.error(), asked);
  return greet(in, asked, wire::decode_greeting_request(asked.body));
}

std::optional<http::response> session_here(context& in, const http::request& asked) {
  if (asked.body.size() > k_brief_bytes) return std::nullopt;
  const auto first = wire::decode_challenge_request(asked.body);
  const bool may_be_second = !first || mentions(asked, "object");
  if (!may_be_second || !is_second_step(json::parse(asked.body))) {
    return challenge(in, asked, first);
  }
  const auto second = wire::decode_signed(asked.body);
  const auto object = second ? wire::decode_session_object(second->object)
                             : result<wire::session_request>(second.error());
  if (!object) return std::nullopt;
  const unix_millis now = in.clock.now();
  const auto fits = auth::answers_challenge(in.keys, now, *object);
  if (fits) return std::nullopt;
  if (auto refused = too_often(in, asked, object->device, now)) return refused;
  return problem(fits.error(), asked);
}

http::response enroll(context& in, const auth::code_mint& codes, const http::request& asked) {
  const unix_millis now = in.clock.now();
  const auto request = wire::decode_enroll_request(asked.body);
  if (!request) return problem(request.error(), asked);
  if (auto refused = refuse_invented(in, codes, asked, *request)) return *std::move(refused);
  const auto enroll = [&] {
    return auth::enroll(in.database, in.keys, in.random, now, *request, in.journal);
  };
  auto answer = enroll();
  // The database may have gone back, and the journal may know the device.
  if (!answer && answer.error().code == errc::device_unknown && in.catch_up()) answer = enroll();
  in.counts.enrollment(answer.has_value());
  if (answer) return http::json_response(wire::encode(*answer));
  if (is_guess(answer.error().code)) {
    // Somebody who guesses must not keep those out who share the address and have a valid code.
    if (!in.enrollment_limit.allowed(asked.peer, now)) {
      return problem(fail(errc::busy,
                          "Too many enrollment attempts have failed from this address; try again "
                          "in a minute."),
                     asked);
    }
    in.enrollment_limit.failed(asked.peer, now);
  }
  return problem(answer.error(), asked);
}

http::response session(context& in, const http::request& asked) {
  using limits::used;
  const unix_millis now = in.clock.now();
  const auto second = wire::decode_signed(asked.body);
  const auto object = second ? wire::decode_session_object(second->object)
                             : result<wire::session_request>(second.error());
  const auto device = object ? std::optional(object->device) : std::nullopt;
  if (auto refused = too_often(in, asked, device, now)) return *std::move(refused);
  if (!second) return problem(second.error(), asked);
  // Only sessions that were opened count for the device: nobody else can use up its share.
  limits::user_keys keys;
  if (device) {
    keys.device = std::string(device->raw());
    keys.user = user_of(in, *device);
  }
  if (const auto may = in.limits.used.may({used::session}, keys, now); !may) {
    return problem(may.error(), asked);
  }
  const auto open = [&] {
    return auth::open_session(in.database, in.keys, in.random, now, *second, asked.channel,
                              sync::compare_prev_push);
  };
  auto answer = open();
  // A device or a push that is not known may mean that the database went back: then the journal
  // knows what it lacks.
  const bool stranger = !answer && answer.error().code == errc::device_unknown;
  const bool went_back = answer && answer->prev_push == wire::push_memory::unknown;
  if ((stranger || went_back) && in.catch_up() && stranger) answer = open();
  if (!answer) return problem(answer.error(), asked);
  keys.user = std::string(answer->user.raw());
  in.limits.used.note(used::session, keys, 1, now);
  in.limits.tokens.note(crypto::sha256(answer->token).raw());
  if (device) in.limits.devices.note(key_at(http::address_key(asked.peer), *device));
  in.counts.session(answer->scope);
  note_clock(in, asked, *second, now);
  if (answer->scope == "full") answer->catalogue = newest_catalogue(in);
  return http::json_response(wire::encode(*answer));
}

}  // namespace autocusto::api::detail
