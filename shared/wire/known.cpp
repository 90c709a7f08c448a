// What a client holds, and what of it the server lacks.
#include "shared/base/limits.hpp"
#include "shared/wire/messages.hpp"
#include "shared/wire/parse.hpp"
#include "shared/wire/write.hpp"

namespace autocusto::wire {
namespace {

std::string encode_ids(std::string_view name, const std::vector<version_id>& ids) {
  std::string out;
  out.reserve(20 + 67 * ids.size());
  detail::object_writer to(out);
  to.ids(name, ids);
  to.close();
  return out;
}

result<std::vector<version_id>> decode_ids(std::string_view name, std::string_view json) {
  std::vector<version_id> ids;
  const auto read = [&](json::reader& in) { ids = in.ids<version_id>(name, limits::known_ids); };
  if (auto e = detail::read_message(json, read)) return *std::move(e);
  return ids;
}

}  // namespace

std::string encode(const known_request& m) {
  return encode_ids("versions", m.versions);
}

result<known_request> decode_known_request(std::string_view json) {
  auto ids = decode_ids("versions", json);
  if (!ids) return ids.error();
  return known_request{*std::move(ids)};
}

std::string encode(const known_answer& m) {
  return encode_ids("missing", m.missing);
}

result<known_answer> decode_known_answer(std::string_view json) {
  auto ids = decode_ids("missing", json);
  if (!ids) return ids.error();
  return known_answer{*std::move(ids)};
}

}  // namespace autocusto::wire
