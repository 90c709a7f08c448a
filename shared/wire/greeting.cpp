// What the server signs to prove itself, and what a new device signs to prove its key.
#include "shared/crypto/hash.hpp"
#include "shared/wire/messages.hpp"
#include "shared/wire/parse.hpp"
#include "shared/wire/push_memory.hpp"
#include "shared/wire/read_signed.hpp"
#include "shared/wire/write.hpp"

namespace autocusto::wire {
namespace {

using detail::k_text;
using detail::object_writer;

constexpr std::size_t k_hash = 32;

}  // namespace

std::string encode(const greeting_request& m) {
  std::string out;
  object_writer to(out);
  to.hex("nonce", m.nonce);
  to.close();
  return out;
}

result<greeting_request> decode_greeting_request(std::string_view json) {
  greeting_request m;
  const auto read = [&m](json::reader& in) { m.nonce = detail::raw_hex(in, "nonce", k_hash); };
  if (auto e = detail::read_message(json, read)) return *std::move(e);
  return m;
}

std::string encode(const greeting_answer& m) {
  std::string out;
  object_writer to(out);
  to.text("challenge", m.challenge);
  to.text("server_time", m.server_time);
  to.raw("signed", encode(m.signed_by_server));
  to.raw("trust", encode(m.trust_object));
  to.close();
  return out;
}

result<greeting_answer> decode_greeting_answer(std::string_view json) {
  greeting_answer m;
  const auto read = [&m](json::reader& in) {
    m.challenge = in.string("challenge", k_text);
    m.server_time = in.string("server_time", 100);
    auto by_server = in.object("signed");
    m.signed_by_server = detail::read_signed(by_server);
    auto trust = in.object("trust");
    m.trust_object = detail::read_signed(trust);
  };
  if (auto e = detail::read_message(json, read)) return *std::move(e);
  return m;
}

std::string encode_object(const greeting& m) {
  std::string out;
  object_writer to(out);
  to.text("challenge", m.challenge);
  to.hex("channel", m.channel);
  to.hex("nonce", m.nonce);
  to.id("server", m.server);
  to.close();
  return out;
}

result<greeting> decode_greeting(std::string_view object) {
  greeting m;
  const auto read = [&m](json::reader& in) {
    m.challenge = in.string("challenge", k_text);
    m.channel = detail::raw_hex(in, "channel", k_hash);
    m.nonce = detail::raw_hex(in, "nonce", k_hash);
    m.server = in.id<server_id>("server");
  };
  if (auto e = detail::read_message(object, read)) return *std::move(e);
  return m;
}

std::string encode_object(const enroll_object& m) {
  std::string out;
  object_writer to(out);
  to.text("challenge", m.challenge);
  to.hex("public_key", m.public_key);
  to.id("server", m.server);
  to.close();
  return out;
}

result<enroll_object> decode_enroll_object(std::string_view object) {
  enroll_object m;
  const auto read = [&m](json::reader& in) {
    m.challenge = in.string("challenge", k_text);
    m.public_key = detail::raw_hex(in, "public_key", k_hash);
    m.server = in.id<server_id>("server");
  };
  if (auto e = detail::read_message(object, read)) return *std::move(e);
  return m;
}

std::string encode_object(const challenge_proof& m) {
  std::string out;
  object_writer to(out);
  to.text("challenge", m.challenge);
  to.hex("channel", m.channel);
  to.id("device", m.device);
  to.hex("nonce", m.nonce);
  to.id("server", m.server);
  to.close();
  return out;
}

result<challenge_proof> decode_challenge_proof(std::string_view object) {
  challenge_proof m;
  const auto read = [&m](json::reader& in) {
    m.challenge = in.string("challenge", k_text);
    m.channel = detail::raw_hex(in, "channel", k_hash);
    m.device = in.id<device_id>("device");
    m.nonce = detail::raw_hex(in, "nonce", k_hash);
    m.server = in.id<server_id>("server");
  };
  if (auto e = detail::read_message(object, read)) return *std::move(e);
  return m;
}

std::string encode_object(const session_proof& m) {
  std::string out;
  object_writer to(out);
  to.text("challenge", m.challenge);
  to.hex("channel", m.channel);
  to.id("device", m.device);
  to.number("expires_in", m.expires_in);
  to.id_or_null("last_push", m.last_push);
  to.text("prev_push", detail::memory_name(m.prev_push));
  to.text("role", m.role);
  to.text("scope", m.scope);
  to.id("server", m.server);
  to.text("server_time", m.server_time);
  to.hex("token", m.token_hash);
  to.id("user", m.user);
  to.boolean("wipe", m.wipe);
  to.close();
  return out;
}

result<session_proof> decode_session_proof(std::string_view object) {
  session_proof m;
  const auto read = [&m](json::reader& in) {
    m.challenge = in.string("challenge", k_text);
    m.channel = detail::raw_hex(in, "channel", k_hash);
    m.device = in.id<device_id>("device");
    m.expires_in = in.integer("expires_in", 0, detail::k_number);
    m.last_push = in.optional_id<push_id>("last_push");
    m.prev_push = detail::read_memory(in);
    m.role = in.string("role", 100);
    m.scope = in.string("scope", 100);
    m.server = in.id<server_id>("server");
    m.server_time = in.string("server_time", 100);
    m.token_hash = detail::raw_hex(in, "token", k_hash);
    m.user = in.id<user_id>("user");
    m.wipe = in.boolean_or("wipe", false);
  };
  if (auto e = detail::read_message(object, read)) return *std::move(e);
  return m;
}

session_proof proof_of(const session_answer& answer, const session_request& asked,
                       std::string_view channel) {
  session_proof proof;
  proof.server = asked.server;
  proof.device = asked.device;
  proof.challenge = asked.challenge;
  proof.channel = channel;
  proof.token_hash = crypto::sha256(answer.token).raw();
  proof.expires_in = answer.expires_in;
  proof.scope = answer.scope;
  proof.user = answer.user;
  proof.role = answer.role;
  proof.prev_push = answer.prev_push;
  proof.last_push = answer.last_push;
  proof.wipe = answer.wipe;
  proof.server_time = answer.server_time;
  return proof;
}

}  // namespace autocusto::wire
