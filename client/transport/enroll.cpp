// Enrollment: the server proves itself; only then are the code, the name and the key sent.
#include "client/transport/foreign.hpp"
#include "client/transport/requests.hpp"
#include "client/transport/trust.hpp"
#include "shared/domain/text.hpp"
#include "shared/wire/sign.hpp"

namespace autocusto::transport {

using namespace detail;

wire::enroll_request enroll_request_of(const std::string& code, const new_device& made,
                                       const server_id& server, const std::string& challenge) {
  wire::enroll_request wanted;
  wanted.code = code;
  wanted.device_name = made.name;
  wanted.public_key = made.key->public_half().raw();
  wire::enroll_object proof;
  proof.server = server;
  proof.challenge = challenge;
  proof.public_key = wanted.public_key;
  wanted.proof = wire::sign_canonical(*made.key, "enroll", wire::encode_object(proof));
  if (made.replaces) {
    wire::again_object again;
    again.server = made.replaces->server;
    again.device = made.replaces->device;
    again.public_key = wanted.public_key;
    again.challenge = challenge;
    wanted.again = wire::sign_canonical(*made.replaces->key, "again", wire::encode_object(again));
  }
  return wanted;
}

namespace {

/// Asks for the server's greeting and checks it; `accept` judges what the server says of itself.
/// After that the other end of the connection is the server.
template <class Accept>
result<wire::greeting_answer> be_greeted(http::client& connection,
                                         const std::optional<wire::trust>& known, Accept&& accept) {
  const wire::greeting_request wanted{fresh_nonce()};
  auto request = post_plain("/v1/enroll", wire::encode(wanted));
  request.idempotent = true;
  const auto response = connection.send(request);
  if (!response) return response.error();
  if (auto foreign = foreign_answer(*response, request.body.size())) return *std::move(foreign);
  if (response->status != 200) {
    auto why = refused(*response).what;
    // A server of the release before takes it for an enrollment without a code.
    if (why.code != errc::malformed) return why;
    return fail(errc::untrusted_server,
                "The server does not prove itself in the way that this program asks for. Nothing "
                "was sent. Ask the administrator to update the server.");
  }
  auto greeted = wire::decode_greeting_answer(response->body);
  if (!greeted) return unreadable(greeted.error()).what;
  const result<wire::trust> trusted = accept(known, greeted->trust_object);
  if (!trusted) return trusted.error();
  wire::greeting expected;
  expected.server = trusted->server;
  expected.nonce = wanted.nonce;
  expected.challenge = greeted->challenge;
  expected.channel = channel_of(connection);
  if (auto why = refuse_other_end(*trusted, "greeting", greeted->signed_by_server,
                                  wire::encode_object(expected))) {
    return *std::move(why);
  }
  return greeted;
}

/// Asks and reads; `address` says how TLS is to prove the server, `accept` judges what the server
/// says of itself.
template <class Accept>
result<enrollment> enroll_at(server_address address, const std::string& code,
                             const new_device& made, Accept&& accept) {
  if (auto name = domain::check_device_name(made.name); !name) return name.error();
  const auto known = kept_trust(address);
  http::client connection(options_of(address, known));
  const auto greeted = be_greeted(connection, known, accept);
  if (!greeted) return greeted.error();
  const auto server = wire::decode_trust(greeted->trust_object.object).value().server;
  // Not by itself a second time: the challenge is good once. Whoever calls asks again.
  auto request = post_plain(
      "/v1/enroll", wire::encode(enroll_request_of(code, made, server, greeted->challenge)));
  if (const auto proved = connection.peer_key()) request.only_to.push_back(*proved);
  const auto response = connection.send(request);
  if (!response) return response.error();
  if (auto foreign = foreign_answer(*response, request.body.size())) return *std::move(foreign);
  if (response->status != 200) return refused(*response).what;
  const auto answered = wire::decode_enroll_answer(response->body);
  if (!answered) return unreadable(answered.error()).what;
  const result<wire::trust> trusted = accept(known, answered->trust_object);
  if (!trusted) return trusted.error();

  enrollment out;
  out.address = std::move(address);
  out.address.trust = answered->trust_object;
  out.address.server_time = parse_time(answered->server_time);
  out.server = trusted->server;
  out.user = answered->user;
  out.email = answered->email;
  out.role = answered->role;
  out.device = answered->device;
  out.tenant_key = crypto::secret::copy_of(answered->tenant_key);
  return out;
}

}  // namespace

result<enrollment> enroll(const wire::enrollment_link& link, const new_device& made) {
  if (link.pin_is_ca && link.key_pin.empty()) {
    return fail(errc::usage,
                "The enrollment link does not name the server's key: its end is missing, or an "
                "older server made it. Copy the whole link, or ask the administrator for a new "
                "one.");
  }
  server_address address;
  address.host = link.host;
  address.port = link.port;
  address.pin_is_ca = link.pin_is_ca;
  address.pin = link.pin;
  return enroll_at(std::move(address), link.code, made,
                   [&link](const auto&, const wire::signed_object& offered) {
                     return accept_first_trust(offered, link.pin_is_ca, link.pin, link.key_pin);
                   });
}

result<enrollment> enroll_again(const server_address& at, const new_device& made) {
  return enroll_at(
      at, {}, made,
      [&at](const std::optional<wire::trust>& known, const wire::signed_object& offered) {
        return known ? accept_next_trust(*known, offered)
                     : accept_first_trust(offered, at.pin_is_ca, at.pin);
      });
}

}  // namespace autocusto::transport
