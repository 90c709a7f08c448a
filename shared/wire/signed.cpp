// Signed objects, trust and acts.
#include "shared/wire/messages.hpp"
#include "shared/wire/parse.hpp"
#include "shared/wire/read_signed.hpp"
#include "shared/wire/write.hpp"

namespace autocusto::wire {

using detail::object_writer;

std::string encode(const signed_object& o) {
  std::string out;
  out.reserve(o.object.size() + 200);
  object_writer to(out);
  to.raw("object", o.object);
  to.hex("signature", o.signature);
  to.close();
  return out;
}

namespace detail {

signed_object read_signed(json::reader& in) {
  signed_object o;
  o.object = canonical_object(in, "object");
  o.signature = raw_hex(in, "signature", 64);
  return o;
}

}  // namespace detail

result<signed_object> decode_signed(std::string_view json) {
  signed_object o;
  const auto read = [&o](json::reader& in) { o = detail::read_signed(in); };
  if (auto e = detail::read_message(json, read)) return *std::move(e);
  return o;
}

std::string encode_object(const trust& t) {
  const auto put_hex = [](std::string& out, const std::string& raw) {
    out.push_back('"');
    out += to_hex(raw);
    out.push_back('"');
  };
  std::string out;
  object_writer to(out);
  to.array("keys", t.keys, put_hex);
  to.array("roots", t.roots, put_hex);
  to.number("serial", t.serial);
  to.id("server", t.server);
  to.close();
  return out;
}

result<trust> decode_trust(std::string_view object) {
  trust t;
  const auto read = [&t](json::reader& in) {
    t.server = in.id<server_id>("server");
    t.serial = in.integer("serial", 0, detail::k_number);
    t.roots = detail::raw_hex_list(in, "roots", 32);
    t.keys = detail::raw_hex_list(in, "keys", 32);
  };
  if (auto e = detail::read_message(object, read)) return *std::move(e);
  return t;
}

std::string encode_object(const act_object& m) {
  std::string out;
  object_writer to(out);
  to.text("act", m.act);
  to.id("act_id", m.id);
  to.id("actor", m.actor);
  to.raw("args", m.args);
  to.id("device", m.device);
  if (m.expect_heads) to.ids("expect_heads", *m.expect_heads);
  to.id("server", m.server);
  to.close();
  return out;
}

result<act_object> decode_act_object(std::string_view object) {
  act_object m;
  const auto read = [&m](json::reader& in) {
    m.server = in.id<server_id>("server");
    m.actor = in.id<user_id>("actor");
    m.device = in.id<device_id>("device");
    m.id = in.id<act_id>("act_id");
    m.act = in.string("act", 100);
    m.args = detail::canonical_object(in, "args");
    if (in.has("expect_heads")) {
      m.expect_heads = in.ids<version_id>("expect_heads", detail::k_list);
    }
  };
  if (auto e = detail::read_message(object, read)) return *std::move(e);
  return m;
}

}  // namespace autocusto::wire
