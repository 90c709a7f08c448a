// Pushes and their receipts.
#include <array>

#include "shared/base/limits.hpp"
#include "shared/wire/messages.hpp"
#include "shared/wire/parse.hpp"
#include "shared/wire/read_signed.hpp"
#include "shared/wire/write.hpp"

namespace autocusto::wire {
namespace {

using detail::k_list;
using detail::k_text;
using detail::object_writer;

constexpr std::array<std::string_view, 7> k_outcomes{"accepted", "duplicate", "merged", "sibling",
                                                     "restored", "discarded", "refused"};

push_outcome read_outcome(json::reader& in) {
  const auto name = in.string("result", 32);
  for (std::size_t i = 0; i < k_outcomes.size(); ++i) {
    if (k_outcomes[i] == name) return static_cast<push_outcome>(i);
  }
  in.refuse("result", "is not the name of a result");
  return push_outcome::refused;
}

error too_many() {
  return fail(errc::too_many_versions,
              "A push carries at most 1,000 versions and as many discards; send several pushes.",
              "versions", static_cast<std::int64_t>(limits::batch_versions));
}

void write_result(std::string& out, const push_result& r) {
  object_writer to(out);
  if (!r.code.empty()) to.text("code", r.code);
  if (!r.field.empty()) to.text("field", r.field);
  to.id_if("incarnation", r.incarnation);
  if (r.limit) to.number("limit", *r.limit);
  if (!r.message.empty()) to.text("message", r.message);
  if (r.proof) to.hex("proof", *r.proof);
  to.text("result", outcome_name(r.outcome));
  to.id("version", r.version);
  to.close();
}

push_result read_result(json::reader& in) {
  push_result r;
  r.version = in.id<version_id>("version");
  r.outcome = read_outcome(in);
  r.incarnation = in.optional_id<incarnation_id>("incarnation");
  r.proof = detail::optional_raw_hex(in, "proof", 32);
  r.code = in.optional_string("code", 100).value_or("");
  r.message = in.optional_string("message", k_text).value_or("");
  r.field = in.optional_string("field", k_text).value_or("");
  r.limit = in.optional_integer("limit", -detail::k_number, detail::k_number);
  return r;
}

void write_pushed_version(std::string& out, const pushed_version& v) {
  object_writer to(out);
  to.text("header", v.raw.header);
  to.id_if("incarnation", v.incarnation);
  to.text("payload", v.raw.payload);
  if (v.proof) to.hex("proof", *v.proof);
  to.close();
}

}  // namespace

std::string_view outcome_name(push_outcome outcome) {
  return k_outcomes.at(static_cast<std::size_t>(outcome));
}

std::string encode_object(const push_object& m) {
  std::string out;
  out.reserve(500 + 68 * (m.versions.size() + m.discards.size()));
  object_writer to(out);
  to.id("actor", m.actor);
  to.id("device", m.device);
  to.ids("discards", m.discards);
  if (m.expect_heads) to.ids("expect_heads", *m.expect_heads);
  to.id_if("owner", m.owner);
  to.id_or_null("prev_push", m.prev_push);
  to.id("push_id", m.id);
  to.id("server", m.server);
  to.ids("versions", m.versions);
  to.close();
  return out;
}

result<push_object> decode_push_object(std::string_view object) {
  push_object m;
  bool over = false;
  const auto read = [&m, &over](json::reader& in) {
    over = detail::count_of(in, "versions") > limits::batch_versions ||
           detail::count_of(in, "discards") > limits::batch_versions;
    if (over) return;
    m.server = in.id<server_id>("server");
    m.device = in.id<device_id>("device");
    m.actor = in.id<user_id>("actor");
    m.owner = in.optional_id<user_id>("owner");
    m.id = in.id<push_id>("push_id");
    m.prev_push = in.optional_id<push_id>("prev_push");
    m.versions = in.ids<version_id>("versions", limits::batch_versions);
    m.discards = in.ids<version_id>("discards", limits::batch_versions);
    if (in.has("expect_heads")) m.expect_heads = in.ids<version_id>("expect_heads", k_list);
  };
  if (auto e = detail::read_message(object, read)) return *std::move(e);
  if (over) return too_many();
  return m;
}

std::string encode(const push_request& m) {
  std::size_t bytes = m.object.object.size() + 300;
  for (const auto& v : m.versions) {
    // Headers and payloads are JSON themselves: about one byte in eight is a quote to escape.
    bytes += (v.raw.header.size() + v.raw.payload.size()) * 9 / 8 + 200;
  }
  std::string out;
  out.reserve(bytes);
  object_writer to(out);
  to.raw("object", m.object.object);
  to.hex("signature", m.object.signature);
  to.array("versions", m.versions, write_pushed_version);
  to.close();
  return out;
}

result<push_request> decode_push_request(std::string_view json) {
  push_request m;
  bool over = false;
  const auto read_version = [&m](json::reader& in) {
    auto& v = m.versions.emplace_back();
    v.raw.header = in.string("header", limits::batch_bytes);
    v.raw.payload = in.string("payload", limits::batch_bytes);
    v.incarnation = in.optional_id<incarnation_id>("incarnation");
    v.proof = detail::optional_raw_hex(in, "proof", 32);
  };
  const auto read = [&](json::reader& in) {
    const auto count = detail::count_of(in, "versions");
    over = count > limits::batch_versions;
    if (over) return;
    m.object = detail::read_signed(in);
    m.versions.reserve(count);
    in.objects("versions", limits::batch_versions, read_version);
  };
  if (auto e = detail::read_message(json, read)) return *std::move(e);
  if (over) return too_many();
  return m;
}

std::string encode_object(const push_receipt& m) {
  std::string out;
  out.reserve(200 + 300 * m.results.size());
  object_writer to(out);
  to.id("push_id", m.id);
  to.array("results", m.results, write_result);
  to.id("server", m.server);
  to.close();
  return out;
}

result<push_receipt> decode_receipt_object(std::string_view object) {
  push_receipt m;
  const auto read_line = [&m](json::reader& in) { m.results.push_back(read_result(in)); };
  const auto read = [&](json::reader& in) {
    m.server = in.id<server_id>("server");
    m.id = in.id<push_id>("push_id");
    m.results.reserve(detail::count_of(in, "results"));
    in.objects("results", k_list, read_line);
  };
  if (auto e = detail::read_message(object, read)) return *std::move(e);
  return m;
}

std::string encode_push_answer(const signed_object& receipt) {
  std::string out;
  out.reserve(receipt.object.size() + 220);
  object_writer to(out);
  to.raw("receipt", encode(receipt));
  to.close();
  return out;
}

result<signed_object> decode_push_answer(std::string_view json) {
  signed_object receipt;
  const auto read = [&receipt](json::reader& in) {
    auto member = in.object("receipt");
    receipt = detail::read_signed(member);
  };
  if (auto e = detail::read_message(json, read)) return *std::move(e);
  return receipt;
}

std::string encode(const receipt_request& m) {
  std::string out;
  object_writer to(out);
  to.id("push_id", m.push);
  to.close();
  return out;
}

result<receipt_request> decode_receipt_request(std::string_view json) {
  receipt_request out;
  const auto read = [&out](json::reader& in) { out.push = in.id<push_id>("push_id"); };
  if (auto e = detail::read_message(json, read)) return *std::move(e);
  return out;
}

}  // namespace autocusto::wire
