#include "tests/support/wire_device.hpp"

#include <stdexcept>

namespace autocusto::test {
namespace {

http::client_options options_for(const wire::enrollment_link& link, std::uint16_t port) {
  http::client_options options;
  options.host = link.host;
  options.port = port;
  if (link.pin_is_ca) options.ca_pin = hash256::from_raw(link.pin);
  return options;
}

}  // namespace

wire_device::wire_device(const std::string& text, std::uint16_t port)
    : link(wire::decode_enrollment_link(text).value()), client_(options_for(link, port)) {}

http::response wire_device::send(const std::string& method, const std::string& path,
                                 std::string body, http::header_list headers) {
  http::client_request request;
  request.headers = std::move(headers);
  request.method = method;
  request.path_with_query = path;
  request.body = std::move(body);
  request.deadline = std::chrono::seconds(90);
  if (!token.empty()) request.headers.push_back({"Authorization", "Bearer " + token});
  if (method == "POST") request.headers.push_back({"Content-Type", "application/json"});
  if (path == "/v1/enroll" || path == "/v1/session") {  // as laptops do
    request.headers.push_back({"Content-Encoding", "identity"});
  }
  return client_.send(request).value();
}

http::response wire_device::post(const std::string& path, const std::string& body) {
  return send("POST", path, body);
}

http::response wire_device::get(const std::string& path_with_query, http::header_list headers) {
  return send("GET", path_with_query, {}, std::move(headers));
}

std::string wire_device::greeting() {
  const wire::greeting_request asked{crypto::system_random().bytes(32)};
  const auto answer = post("/v1/enroll", wire::encode(asked));
  const auto greeted = wire::decode_greeting_answer(answer.body).value();
  server_ = wire::decode_trust(greeted.trust_object.object).value().server;
  return greeted.challenge;
}

wire::signed_object wire_device::enroll_proof(const crypto::signing_key& by,
                                              const server_id& server,
                                              const std::string& challenge) {
  wire::enroll_object object;
  object.server = server;
  object.challenge = challenge;
  object.public_key = by.public_half().raw();
  wire::signed_object proof{wire::encode_object(object), {}};
  const auto message = crypto::purpose_message("enroll", proof.object);
  proof.signature = std::string(crypto::sign(by, message).raw());
  return proof;
}

http::response wire_device::enroll(const std::string& name,
                                   const std::optional<std::string>& other_code) {
  wire::enroll_request request;
  request.code = other_code.value_or(link.code);
  request.device_name = name;
  request.public_key = std::string(key.public_half().raw());
  const auto asked = greeting();
  request.proof = enroll_proof(key, server_, asked);
  auto answer = post("/v1/enroll", wire::encode(request));
  if (answer.status == 200) who = wire::decode_enroll_answer(answer.body).value();
  return answer;
}

std::string wire_device::challenge() {
  const auto answer = post("/v1/session", wire::encode(wire::challenge_request{who.device}));
  return wire::decode_challenge_answer(answer.body).value().challenge;
}

std::string wire_device::session_body(const std::string& challenge,
                                      const std::optional<push_id>& prev_push) {
  wire::session_request object;
  object.server = wire::decode_trust(who.trust_object.object).value().server;
  object.device = who.device;
  object.challenge = challenge;
  object.prev_push = prev_push;
  wire::signed_object body{wire::encode_object(object), {}};
  const auto message = crypto::purpose_message("session", body.object);
  body.signature = std::string(crypto::sign(key, message).raw());
  return wire::encode(body);
}

http::response wire_device::open_session(const std::optional<push_id>& prev_push) {
  token.clear();
  auto answer = post("/v1/session", session_body(challenge(), prev_push ? prev_push : last_push));
  if (answer.status == 200) {
    session = wire::decode_session_answer(answer.body).value();
    token = session.token;
  }
  return answer;
}

domain::version wire_device::version(testing::version_builder builder) const {
  auto& header = builder.header();
  header.record.id =
      domain::make_record_id(who.tenant_key, header.record.kind, builder.payload().key);
  header.author = who.user;
  header.device = who.device;
  return builder.make();
}

std::string wire_device::push_body(const std::vector<domain::version>& versions,
                                   const push_id& id) {
  wire::push_object object;
  object.server = wire::decode_trust(who.trust_object.object).value().server;
  object.device = who.device;
  object.actor = who.user;
  object.id = id;
  object.prev_push = last_push;
  wire::push_request request;
  for (const auto& one : versions) {
    object.versions.push_back(one.id);
    request.versions.push_back({one.raw, std::nullopt, std::nullopt});
  }
  request.object.object = wire::encode_object(object);
  const auto message = crypto::purpose_message("push", request.object.object);
  request.object.signature = std::string(crypto::sign(key, message).raw());
  return wire::encode(request);
}

http::response wire_device::push(const std::vector<domain::version>& versions) {
  const auto id = crypto::system_random().make<push_id>();
  auto answer = post("/v1/push", push_body(versions, id));
  if (answer.status == 200) last_push = id;
  return answer;
}

std::vector<wire::push_result> wire_device::results(const http::response& answer) {
  const auto receipt = wire::decode_push_answer(answer.body).value();
  return wire::decode_receipt_object(receipt.object).value().results;
}

http::response wire_device::changes(const wire::cursor& from, int wait) {
  return get("/v1/changes?cursor=" + wire::cursor_text(from) + "&wait=" + std::to_string(wait),
             {{std::string(wire::k_keeps_unknown), "1"}});
}

std::string code_of(const http::response& answer) {
  if (answer.status == 200) return "ok";
  return wire::decode_problem(answer.status, answer.body).code_text;
}

}  // namespace autocusto::test
