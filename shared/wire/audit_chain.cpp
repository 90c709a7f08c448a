#include "shared/wire/audit_chain.hpp"

#include <nlohmann/json.hpp>

#include "shared/crypto/hash.hpp"
#include "shared/json/canonical.hpp"
#include "shared/json/read.hpp"
#include "shared/wire/parse.hpp"

namespace autocusto::wire {
namespace {

constexpr std::size_t k_time = 32;

void add(std::string& to, std::string_view part) {
  const auto size = static_cast<std::uint64_t>(part.size());
  for (int shift = 56; shift >= 0; shift -= 8) to.push_back(static_cast<char>(size >> shift));
  to += part;
}

template <class Id>
void add(std::string& to, const std::optional<Id>& id) {
  add(to, id ? id->raw() : std::string_view{});
}

hash256 read_link(json::reader& in, const char* name) {
  const auto read = hash256::parse(in.string(name, 2 * hash256::size));
  if (!read) in.refuse(name, "is not 64 hex digits");
  return read.value_or(hash256{});
}

}  // namespace

hash256 audit_link(const hash256& before, const audit_line& line) {
  std::string bytes("autocusto/audit-line/v1");
  bytes.push_back('\0');
  bytes += before.raw();
  add(bytes, std::to_string(line.seq));
  add(bytes, line.at);
  add(bytes, line.act);
  add(bytes, line.actor.raw());
  add(bytes, line.device);
  add(bytes, line.what);
  add(bytes, line.user);
  add(bytes, line.object);
  add(bytes, line.signature);
  return crypto::sha256(bytes);
}

std::string encode_object(const audit_head& head) {
  nlohmann::json out{{"server", head.server.text()},
                     {"seq", head.seq},
                     {"link", head.link.text()},
                     {"at", head.at},
                     {"seen", nullptr},
                     {"seen_link", nullptr}};
  if (head.seen) out["seen"] = *head.seen;
  if (head.seen_link) out["seen_link"] = head.seen_link->text();
  return json::canonical(out);
}

result<audit_head> decode_audit_head(std::string_view text) {
  audit_head head;
  auto problem = detail::read_message(text, [&head](json::reader& in) {
    head.server = in.id<server_id>("server");
    head.seq = in.integer("seq", 0, detail::k_number);
    head.link = read_link(in, "link");
    head.at = in.string("at", k_time);
    if (in.has("seen")) head.seen = in.integer("seen", 0, detail::k_number);
    if (in.has("seen_link")) head.seen_link = read_link(in, "seen_link");
  });
  if (problem) return *std::move(problem);
  return head;
}

}  // namespace autocusto::wire
