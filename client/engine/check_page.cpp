#include "client/engine/check_page.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "shared/base/limits.hpp"
#include "shared/crypto/hash.hpp"
#include "shared/domain/record_kind.hpp"

namespace autocusto::engine {
namespace {

error bad_page(const std::string& what) {
  return fail(errc::protocol_error, "The server sent a page that does not fit: " + what +
                                        "; sync again, and tell the administrator if it stays.");
}

std::optional<error> check_chain(const wire::page& page, const wire::cursor& from) {
  if (page.items.size() > limits::batch_versions) return bad_page("it has more than 1000 items");
  auto at = from;
  for (const auto& item : page.items) {
    if (item.seq != at.seq + 1) return bad_page("an item is missing or out of order");
    if (!item.hash_only && item.kind != wire::item_kind::removed && !item.version) {
      return bad_page("an item names no version");
    }
    at.seq = item.seq;
    at.chain = wire::next_chain(at.chain, item.hash_only ? *item.hash_only : item_hash(item));
  }
  if (!(page.next == at)) return bad_page("the chain of its items does not lead to its cursor");
  return std::nullopt;
}

result<checked_version> check_version(const wire::page_version& from) {
  auto header = domain::decode_header(from.header);
  if (!header) return bad_page("a version's header is not well formed");
  checked_version out;
  out.id = *version_id::from_raw(crypto::sha256(from.header).raw());
  out.header = *std::move(header);
  if (from.proof.size() != hash256::size) return bad_page("a version has no proof");
  if (!from.payload) return out;
  if (from.header.size() + from.payload->size() > limits::version_bytes) {
    return bad_page("a version is too large");
  }
  if (crypto::sha256(*from.payload) != out.header.payload_hash) {
    return bad_page("a version's payload is not the one that its header names");
  }
  const auto& kind = out.header.record.kind;
  auto payload = domain::decode_payload(*from.payload, kind);
  if (!payload) return bad_page("a version's payload is not well formed");
  out.key = std::move(payload->key);
  out.name = domain::name_of(kind, payload->fields);
  out.unknown = domain::unknown_names(kind, payload->fields);
  return out;
}

std::optional<error> check_view(const wire::page_view& view) {
  if (view.heads.size() > limits::heads_per_view) return bad_page("a view has too many heads");
  const auto head = [&](const version_id& id) {
    return std::find(view.heads.begin(), view.heads.end(), id) != view.heads.end();
  };
  if (view.active.has_value() == view.heads.empty() || (view.active && !head(*view.active))) {
    return bad_page("the active version of a view is none of its heads");
  }
  if (!domain::is_plain_name(view.record.kind)) {
    return bad_page("a view's kind of record has no name");
  }
  return std::nullopt;
}

}  // namespace

result<checked_page> check_page(wire::page page, const wire::cursor& from) {
  if (auto e = check_chain(page, from)) return *std::move(e);
  checked_page out;
  out.from = from;
  out.versions.reserve(page.versions.size());
  for (const auto& version : page.versions) {
    auto checked = check_version(version);
    if (!checked) return checked.error();
    out.versions.push_back(*std::move(checked));
  }
  for (const auto& view : page.views) {
    if (auto e = check_view(view)) return *std::move(e);
  }
  out.page = std::move(page);
  return out;
}

}  // namespace autocusto::engine
