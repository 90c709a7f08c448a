// Orders to a device without access, and its receipts of erasure.
#include <algorithm>

#include "shared/base/limits.hpp"
#include "shared/wire/messages.hpp"
#include "shared/wire/parse.hpp"
#include "shared/wire/read_signed.hpp"
#include "shared/wire/write.hpp"

namespace autocusto::wire {
namespace {

using detail::object_writer;

std::string_view order_name(order_kind what) {
  switch (what) {
    case order_kind::surrender:
      return "surrender";
    case order_kind::erase:
      return "erase";
  }
  return "surrender";
}

}  // namespace

std::string encode_object(const order& m) {
  std::string out;
  object_writer to(out);
  to.text("challenge", m.challenge);
  to.id("device", m.device);
  to.text("order", order_name(m.what));
  to.id("server", m.server);
  to.close();
  return out;
}

result<order> decode_order(std::string_view object) {
  order m;
  const auto read = [&m](json::reader& in) {
    m.server = in.id<server_id>("server");
    m.device = in.id<device_id>("device");
    m.challenge = in.string("challenge", detail::k_text);
    const auto name = in.string("order", 16);
    m.what = name == "erase" ? order_kind::erase : order_kind::surrender;
    if (name != order_name(m.what)) in.refuse("order", "is none of surrender, erase");
  };
  if (auto e = detail::read_message(object, read)) return *std::move(e);
  return m;
}

std::string encode_object(const erasure_object& m) {
  std::string out;
  object_writer to(out);
  to.id("actor", m.actor);
  to.id("device", m.device);
  to.boolean("everything", m.everything);
  to.ids("incarnations", m.incarnations);
  to.id("server", m.server);
  to.close();
  return out;
}

result<erasure_object> decode_erasure_object(std::string_view object) {
  erasure_object m;
  const auto read = [&m](json::reader& in) {
    m.server = in.id<server_id>("server");
    m.device = in.id<device_id>("device");
    m.actor = in.id<user_id>("actor");
    m.incarnations = in.ids<incarnation_id>("incarnations", limits::batch_versions);
    m.everything = in.boolean("everything");
    const bool sorted = std::adjacent_find(m.incarnations.begin(), m.incarnations.end(),
                                           [](const auto& a, const auto& b) { return !(a < b); }) ==
                        m.incarnations.end();
    if (!sorted) in.refuse("incarnations", "are not in order, each once");
    if (m.incarnations.empty() && !m.everything) in.refuse("incarnations", "name nothing");
  };
  if (auto e = detail::read_message(object, read)) return *std::move(e);
  return m;
}

std::string encode_erasure_request(const signed_object& erasure) {
  std::string out;
  object_writer to(out);
  to.raw("erasure", encode(erasure));
  to.close();
  return out;
}

result<std::optional<signed_object>> decode_erasure_request(std::string_view json) {
  std::optional<signed_object> found;
  const auto read = [&found](json::reader& in) {
    if (!in.has("erasure")) return;
    auto member = in.object("erasure");
    found = detail::read_signed(member);
  };
  if (auto e = detail::read_message(json, read)) return *std::move(e);
  return found;
}

std::string encode(const erasure_answer& m) {
  std::string out;
  object_writer to(out);
  to.ids("unknown", m.unknown);
  to.close();
  return out;
}

result<erasure_answer> decode_erasure_answer(std::string_view json) {
  erasure_answer m;
  const auto read = [&m](json::reader& in) {
    m.unknown = in.ids<incarnation_id>("unknown", limits::batch_versions);
  };
  if (auto e = detail::read_message(json, read)) return *std::move(e);
  return m;
}

}  // namespace autocusto::wire
