#include "shared/domain/scan.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <system_error>

#include "shared/base/limits.hpp"

namespace autocusto::domain {
namespace {

constexpr std::string_view k_hex = "0123456789abcdef";

/// Characters of a string that do not stand for themselves.
bool is_special(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

std::size_t plain_length(std::string_view text) {
  std::size_t n = 0;
  while (n < text.size() && !is_special(text[n])) ++n;
  return n;
}

/// The letter of a two-character escape; 0 for a character that has none.
char short_escape(char c) {
  switch (c) {
    case '"':
      return '"';
    case '\\':
      return '\\';
    case '\b':
      return 'b';
    case '\f':
      return 'f';
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    default:
      return 0;
  }
}

}  // namespace

bool canonical_scanner::literal(std::string_view expected) {
  if (!rest_.starts_with(expected)) return false;
  rest_.remove_prefix(expected.size());
  return true;
}

bool canonical_scanner::raw(std::size_t count, std::string_view& out) {
  if (rest_.size() < count) return false;
  out = rest_.substr(0, count);
  rest_.remove_prefix(count);
  return true;
}

bool canonical_scanner::string(std::string& out) {
  if (!literal("\"")) return false;
  out.clear();
  for (;;) {
    const auto plain = plain_length(rest_);
    out.append(rest_.substr(0, plain));
    rest_.remove_prefix(plain);
    if (literal("\"")) return true;
    if (!literal("\\") || !escape(out)) return false;
  }
}

bool canonical_scanner::escape(std::string& out) {
  if (rest_.empty()) return false;
  if (rest_.front() == 'u') {
    // Only control characters without a short form are written this way: \u0001 to \u001f.
    if (rest_.size() < 5 || !rest_.starts_with("u00")) return false;
    const auto high = k_hex.find(rest_[3]);
    const auto low = k_hex.find(rest_[4]);
    if (high > 1 || low == std::string_view::npos) return false;
    const auto c = static_cast<char>(high * 16 + low);
    if (c == 0 || short_escape(c) != 0) return false;
    out.push_back(c);
    rest_.remove_prefix(5);
    return true;
  }
  for (const char c : {'"', '\\', '\b', '\f', '\n', '\r', '\t'}) {
    if (short_escape(c) != rest_.front()) continue;
    out.push_back(c);
    rest_.remove_prefix(1);
    return true;
  }
  return false;
}

bool canonical_scanner::integer(std::int64_t& out) {
  const auto* const begin = rest_.data();
  const auto [end, failure] = std::from_chars(begin, begin + rest_.size(), out);
  if (failure != std::errc{} || out < 0 || out > limits::json_integer) return false;
  const auto length = static_cast<std::size_t>(end - begin);
  if (rest_.front() == '-' || (rest_.front() == '0' && length > 1)) return false;
  rest_.remove_prefix(length);
  return true;
}

bool canonical_scanner::boolean(bool& out) {
  out = next_is("true");
  return literal(out ? "true" : "false");
}

bool canonical_scanner::member(std::string_view name, bool first) {
  auto rest = rest_;
  const auto take = [&rest](std::string_view expected) {
    if (!rest.starts_with(expected)) return false;
    rest.remove_prefix(expected.size());
    return true;
  };
  if (!first && !take(",")) return false;
  if (!take("\"") || !take(name) || !take("\":")) return false;
  rest_ = rest;
  return true;
}

bool canonical_scanner::value(std::string_view& out, std::size_t depth) {
  const auto before = rest_;
  if (!any(depth)) return false;
  out = before.substr(0, before.size() - rest_.size());
  return true;
}

bool canonical_scanner::any(std::size_t depth) {
  if (rest_.empty()) return false;
  if (next_is("[")) return depth > 0 && array(depth - 1);
  if (next_is("{")) return depth > 0 && object(depth - 1);
  if (next_is("\"")) {
    std::string text;
    return string(text);
  }
  if (next_is("t") || next_is("f")) {
    bool flag = false;
    return boolean(flag);
  }
  std::int64_t number = 0;
  return literal("null") || integer(number);
}

bool canonical_scanner::array(std::size_t depth) {
  if (!literal("[")) return false;
  for (bool first = true; !literal("]"); first = false) {
    if (!first && !literal(",")) return false;
    if (!any(depth)) return false;
  }
  return true;
}

bool canonical_scanner::object(std::size_t depth) {
  if (!literal("{")) return false;
  std::string before;
  std::string name;
  for (bool first = true; !literal("}"); first = false) {
    if (!first && !literal(",")) return false;
    if (!string(name) || !literal(":")) return false;
    // The order of bytes is that of RFC 8785 for ASCII.
    const bool ascii =
        std::all_of(name.begin(), name.end(), [](char c) { return (c & 0x80) == 0; });
    if (!ascii || (!first && name <= before)) return false;
    before = name;
    if (!any(depth)) return false;
  }
  return true;
}

void append_canonical_string(std::string& out, std::string_view text) {
  out.push_back('"');
  for (;;) {
    const auto plain = plain_length(text);
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    const char c = text.front();
    text.remove_prefix(1);
    out.push_back('\\');
    if (const char letter = short_escape(c); letter != 0) {
      out.push_back(letter);
      continue;
    }
    if (c == 0) throw std::logic_error("U+0000 cannot stand in a version");
    const auto b = static_cast<unsigned char>(c);
    out.append("u00");
    out.push_back(k_hex[b >> 4]);
    out.push_back(k_hex[b & 15]);
  }
  out.push_back('"');
}

}  // namespace autocusto::domain
