// The feed: items, their hashes, the chain, cursors and proofs.
#include "shared/wire/feed.hpp"

#include <array>
#include <charconv>

#include "shared/crypto/hash.hpp"
#include "shared/wire/write.hpp"

namespace autocusto::wire {
namespace {

constexpr std::array<std::string_view, 4> k_kinds{"version", "assigned", "discarded", "removed"};

}  // namespace

namespace detail {

std::string_view kind_name(item_kind kind) {
  return k_kinds.at(static_cast<std::size_t>(kind));
}

std::optional<item_kind> kind_from_name(std::string_view name) {
  for (std::size_t i = 0; i < k_kinds.size(); ++i) {
    if (k_kinds[i] == name) return static_cast<item_kind>(i);
  }
  return std::nullopt;
}

void write_item(std::string& out, const item& i) {
  object_writer to(out);
  if (i.hash_only) {
    to.id("hash", *i.hash_only);
    to.number("seq", i.seq);
  } else {
    to.id("incarnation", i.incarnation);
    to.text("kind", kind_name(i.kind));
    to.id("record_id", i.record);
    to.number("seq", i.seq);
    to.id_or_null("version_id", i.version);
  }
  to.close();
}

}  // namespace detail

hash256 item_hash(const item& i) {
  if (i.hash_only) return *i.hash_only;
  std::string text;
  text.reserve(256);
  detail::write_item(text, i);
  return crypto::sha256(text);
}

hash256 next_chain(const hash256& chain, const hash256& item) {
  return crypto::sha256(chain.raw(), item.raw());
}

std::string cursor_text(const cursor& c) {
  return std::to_string(c.seq) + '.' + c.chain.text();
}

std::optional<cursor> parse_cursor(std::string_view text) {
  cursor c;
  const auto dot = text.find('.');
  if (dot == std::string_view::npos || dot == 0 || dot > 16) return std::nullopt;
  const auto seq = text.substr(0, dot);
  const auto [end, ec] = std::from_chars(seq.data(), seq.data() + seq.size(), c.seq);
  if (ec != std::errc{} || end != seq.data() + seq.size()) return std::nullopt;
  if (seq.front() == '-') return std::nullopt;                    // -0 too
  if (seq.size() > 1 && seq.front() == '0') return std::nullopt;  // one position has one text
  const auto chain = hash256::parse(text.substr(dot + 1));
  if (!chain) return std::nullopt;
  c.chain = *chain;
  return c;
}

std::string make_proof(std::string_view server_secret, const user_id& user,
                       const incarnation_id& incarnation, const version_id& version) {
  const std::string text =
      "[\"" + user.text() + "\",\"" + incarnation.text() + "\",\"" + version.text() + "\"]";
  return std::string(crypto::hmac_sha256(server_secret, text).raw());
}

}  // namespace autocusto::wire
