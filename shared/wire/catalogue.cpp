#include "shared/wire/catalogue.hpp"

#include "shared/wire/parse.hpp"
#include "shared/wire/read_signed.hpp"
#include "shared/wire/write.hpp"

namespace autocusto::wire {

using detail::object_writer;

std::string encode_object(const catalogue_object& m) {
  std::string out;
  object_writer to(out);
  to.id("hash", m.hash);
  to.number("revision", m.revision);
  to.id("server", m.server);
  to.close();
  return out;
}

result<catalogue_object> decode_catalogue_object(std::string_view object) {
  catalogue_object m;
  const auto read = [&m](json::reader& in) {
    m.server = in.id<server_id>("server");
    m.revision = in.integer("revision", 1, detail::k_number);
    m.hash = in.id<hash256>("hash");
  };
  if (auto e = detail::read_message(object, read)) return *std::move(e);
  return m;
}

std::string encode(const catalogue_answer& m) {
  std::string out;
  out.reserve(m.text.size() + 500);
  object_writer to(out);
  if (m.signed_by_server) {
    to.raw("catalogue", m.text);
    to.raw("signed", encode(*m.signed_by_server));
  }
  to.close();
  return out;
}

result<catalogue_answer> decode_catalogue_answer(std::string_view json) {
  catalogue_answer m;
  const auto read = [&m](json::reader& in) {
    if (!in.has("catalogue")) return;
    m.text = detail::canonical_object(in, "catalogue");
    auto member = in.object("signed");
    m.signed_by_server = detail::read_signed(member);
  };
  if (auto e = detail::read_message(json, read)) return *std::move(e);
  return m;
}

}  // namespace autocusto::wire
