// Enrollment and sessions.
#include <array>

#include <nlohmann/json.hpp>

#include "shared/base/limits.hpp"
#include "shared/json/canonical.hpp"
#include "shared/wire/messages.hpp"
#include "shared/wire/parse.hpp"
#include "shared/wire/push_memory.hpp"
#include "shared/wire/read_signed.hpp"
#include "shared/wire/write.hpp"

namespace autocusto::wire {
namespace {

using detail::k_text;
using detail::object_writer;

constexpr std::size_t k_kinds = 100;

signed_object trust_member(json::reader& in) {
  auto member = in.object("trust");
  return detail::read_signed(member);
}

std::optional<signed_object> signed_member(json::reader& in) {
  if (!in.has("signed")) return std::nullopt;
  auto member = in.object("signed");
  return detail::read_signed(member);
}

}  // namespace

namespace detail {

constexpr std::array<std::string_view, 3> k_memory_names{"ok", "unknown", "old"};

std::string_view memory_name(push_memory memory) {
  return k_memory_names.at(static_cast<std::size_t>(memory));
}

push_memory read_memory(json::reader& in) {
  const auto name = in.string("prev_push", 16);
  for (std::size_t i = 0; i < k_memory_names.size(); ++i) {
    if (k_memory_names.at(i) == name) return static_cast<push_memory>(i);
  }
  in.refuse("prev_push", "is none of ok, unknown, old");
  return push_memory::ok;
}

}  // namespace detail

std::string encode(const enroll_request& m) {
  std::string out;
  object_writer to(out);
  if (m.again) to.raw("again", encode(*m.again));
  if (!m.again || !m.code.empty()) to.text("code", m.code);
  to.text("device_name", m.device_name);
  if (m.proof) to.raw("proof", encode(*m.proof));
  to.hex("public_key", m.public_key);
  to.close();
  return out;
}

result<enroll_request> decode_enroll_request(std::string_view json) {
  enroll_request m;
  const auto read = [&m](json::reader& in) {
    if (in.has("again")) {
      auto member = in.object("again");
      m.again = detail::read_signed(member);
    }
    if (!m.again || in.has("code")) m.code = in.string("code", 200);
    if (in.has("proof")) {
      auto member = in.object("proof");
      m.proof = detail::read_signed(member);
    }
    m.device_name = in.string("device_name", 400);
    m.public_key = detail::raw_hex(in, "public_key", 32);
  };
  if (auto e = detail::read_message(json, read)) return *std::move(e);
  return m;
}

std::string encode_object(const again_object& m) {
  std::string out;
  object_writer to(out);
  if (!m.challenge.empty()) to.text("challenge", m.challenge);
  to.id("device", m.device);
  to.hex("public_key", m.public_key);
  to.id("server", m.server);
  to.close();
  return out;
}

result<again_object> decode_again_object(std::string_view object) {
  again_object m;
  const auto read = [&m](json::reader& in) {
    if (in.has("challenge")) m.challenge = in.string("challenge", k_text);
    m.device = in.id<device_id>("device");
    m.public_key = detail::raw_hex(in, "public_key", 32);
    m.server = in.id<server_id>("server");
  };
  if (auto e = detail::read_message(object, read)) return *std::move(e);
  return m;
}

std::string encode(const enroll_answer& m) {
  std::string out;
  object_writer to(out);
  to.id("device", m.device);
  to.text("email", m.email);
  to.text("role", m.role);
  to.text("server_time", m.server_time);
  to.hex("tenant_key", m.tenant_key);
  to.raw("trust", encode(m.trust_object));
  to.id("user", m.user);
  to.close();
  return out;
}

result<enroll_answer> decode_enroll_answer(std::string_view json) {
  enroll_answer m;
  const auto read = [&m](json::reader& in) {
    m.user = in.id<user_id>("user");
    m.email = in.string("email", k_text);
    m.role = in.string("role", 100);
    m.device = in.id<device_id>("device");
    m.tenant_key = detail::raw_hex(in, "tenant_key", 32);
    m.trust_object = trust_member(in);
    m.server_time = in.string("server_time", 100);
  };
  if (auto e = detail::read_message(json, read)) return *std::move(e);
  return m;
}

std::string encode(const challenge_request& m) {
  std::string out;
  object_writer to(out);
  to.id("device", m.device);
  if (m.nonce) to.hex("nonce", *m.nonce);
  to.close();
  return out;
}

result<challenge_request> decode_challenge_request(std::string_view json) {
  challenge_request m;
  const auto read = [&m](json::reader& in) {
    m.device = in.id<device_id>("device");
    if (in.has("nonce")) m.nonce = detail::raw_hex(in, "nonce", 32);
  };
  if (auto e = detail::read_message(json, read)) return *std::move(e);
  return m;
}

std::string encode(const challenge_answer& m) {
  std::string out;
  object_writer to(out);
  to.text("challenge", m.challenge);
  to.id("server", m.server);
  to.text("server_time", m.server_time);
  if (m.signed_by_server) to.raw("signed", encode(*m.signed_by_server));
  to.close();
  return out;
}

result<challenge_answer> decode_challenge_answer(std::string_view json) {
  challenge_answer m;
  const auto read = [&m](json::reader& in) {
    m.server = in.id<server_id>("server");
    m.challenge = in.string("challenge", k_text);
    m.server_time = in.string("server_time", 100);
    m.signed_by_server = signed_member(in);
  };
  if (auto e = detail::read_message(json, read)) return *std::move(e);
  return m;
}

std::string encode_object(const session_request& m) {
  std::string out;
  object_writer to(out);
  to.text("challenge", m.challenge);
  to.id("device", m.device);
  to.id_or_null("prev_push", m.prev_push);
  to.id("server", m.server);
  to.close();
  return out;
}

result<session_request> decode_session_object(std::string_view object) {
  session_request m;
  const auto read = [&m](json::reader& in) {
    m.server = in.id<server_id>("server");
    m.device = in.id<device_id>("device");
    m.challenge = in.string("challenge", k_text);
    m.prev_push = in.optional_id<push_id>("prev_push");
  };
  if (auto e = detail::read_message(object, read)) return *std::move(e);
  return m;
}

namespace {

domain::kind_revisions read_kinds(json::reader& in) {
  domain::kind_revisions out;
  const auto& object = in.value("kinds");
  if (!object.is_object() || object.size() > k_kinds) {
    in.refuse("kinds", "is no object of at most 100 kinds", k_kinds);
    return out;
  }
  auto kinds = in.object("kinds");
  for (const auto& [name, value] : object.items()) {
    out.emplace(name, kinds.integer(name, 1, detail::k_number));
  }
  return out;
}

}  // namespace

std::string encode(const session_answer& m) {
  std::string out;
  object_writer to(out);
  to.id_if("catalogue", m.catalogue);
  to.text("email", m.email);
  to.number("expires_in", m.expires_in);
  if (m.kinds) to.raw("kinds", json::canonical(nlohmann::json(*m.kinds)));
  to.id_or_null("last_push", m.last_push);
  if (m.order_object) to.raw("order", encode(*m.order_object));
  to.text("prev_push", detail::memory_name(m.prev_push));
  to.text("role", m.role);
  to.text("scope", m.scope);
  to.text("server_time", m.server_time);
  if (m.signed_by_server) to.raw("signed", encode(*m.signed_by_server));
  to.text("token", m.token);
  to.raw("trust", encode(m.trust_object));
  to.id("user", m.user);
  to.boolean("wipe", m.wipe);
  to.close();
  return out;
}

result<session_answer> decode_session_answer(std::string_view json) {
  session_answer m;
  const auto read = [&m](json::reader& in) {
    m.token = in.string("token", k_text);
    m.expires_in = in.integer("expires_in", 0, detail::k_number);
    m.scope = in.string("scope", 100);
    m.user = in.id<user_id>("user");
    m.email = in.string("email", k_text);
    m.role = in.string("role", 100);
    m.prev_push = detail::read_memory(in);
    m.last_push = in.optional_id<push_id>("last_push");
    m.wipe = in.boolean_or("wipe", false);
    m.catalogue = in.optional_id<hash256>("catalogue");
    if (in.has("order")) {
      auto member = in.object("order");
      m.order_object = detail::read_signed(member);
    }
    m.trust_object = trust_member(in);
    m.server_time = in.string("server_time", 100);
    if (in.has("kinds")) m.kinds = read_kinds(in);
    m.signed_by_server = signed_member(in);
  };
  if (auto e = detail::read_message(json, read)) return *std::move(e);
  return m;
}

}  // namespace autocusto::wire
