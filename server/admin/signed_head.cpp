#include "server/admin/signed_head.hpp"

#include <charconv>

#include "server/store/audit.hpp"
#include "shared/wire/audit_chain.hpp"

namespace autocusto::admin::detail {
namespace {

std::optional<std::int64_t> seen_by(const http::request& asked) {
  const auto text = http::find_header(asked.headers, wire::k_audit_seen_header);
  if (!text) return std::nullopt;
  std::int64_t seq = 0;
  const auto* end = text->data() + text->size();
  const auto [stop, wrong] = std::from_chars(text->data(), end, seq);
  if (wrong != std::errc() || stop != end || seq < 0) return std::nullopt;
  return seq;
}

}  // namespace

http::response with_head(api::context& in, const http::request& asked, http::response answer) {
  wire::audit_head head;
  head.server = in.keys.server;
  head.at = format_time(in.clock.now());
  head.seen = seen_by(asked);
  in.database.read([&](store::audit::reads audit) {
    const auto last = audit.audit_head();
    head.seq = last.seq;
    head.link = last.link;
    head.seen_link = head.seen ? audit.audit_link(*head.seen) : std::nullopt;
  });
  const auto signed_head = auth::sign_canonical(in.keys, "audit", wire::encode_object(head));
  answer.headers.push_back(
      {std::string(wire::k_audit_head_header), to_base64url(wire::encode(signed_head))});
  return answer;
}

}  // namespace autocusto::admin::detail
