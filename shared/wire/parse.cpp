#include "shared/wire/parse.hpp"

#include <nlohmann/json.hpp>

#include "shared/base/bytes.hpp"
#include "shared/json/canonical.hpp"

namespace autocusto::wire::detail {
namespace {

/// Messages nest a little deeper than versions: page, views, view, conflict and what may follow.
constexpr json::parse_limits k_limits{.depth = 16, .values = 500'000};

std::string checked_hex(json::reader& in, std::string_view name, const std::string& text,
                        std::size_t size) {
  auto raw = from_hex(text);
  if (raw && raw->size() == size) return std::move(*raw);
  in.refuse(name, "is not lower-case hex of the right length", static_cast<std::int64_t>(2 * size));
  return {};
}

}  // namespace

std::optional<error> read_message(std::string_view text,
                                  const std::function<void(json::reader&)>& read) {
  const auto tree = json::parse(text, k_limits);
  if (!tree) return tree.error();
  if (!tree->is_object()) return fail(errc::malformed, "The message is not a JSON object.");
  json::reader in(*tree);
  read(in);
  return in.finish();
}

std::string canonical_object(json::reader& in, std::string_view name) {
  const auto& member = in.value(name);
  if (in.failed()) return {};
  if (member.is_object()) return json::canonical(member);
  in.refuse(name, "is not an object");
  return {};
}

std::size_t count_of(json::reader& in, std::string_view name) {
  if (!in.has(name)) return 0;
  const auto& member = in.value(name);
  return member.is_array() ? member.size() : 0;
}

std::string raw_hex(json::reader& in, std::string_view name, std::size_t size) {
  const std::string text = in.string(name, 2 * size);
  return in.failed() ? std::string() : checked_hex(in, name, text, size);
}

std::optional<std::string> optional_raw_hex(json::reader& in, std::string_view name,
                                            std::size_t size) {
  if (!in.has(name)) return std::nullopt;
  return raw_hex(in, name, size);
}

std::vector<std::string> raw_hex_list(json::reader& in, std::string_view name, std::size_t size) {
  std::vector<std::string> out;
  for (const auto& text : in.strings(name, k_list, 2 * size)) {
    out.push_back(checked_hex(in, name, text, size));
  }
  return out;
}

}  // namespace autocusto::wire::detail
