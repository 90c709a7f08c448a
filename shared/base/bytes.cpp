#include "shared/base/bytes.hpp"

#include <array>
#include <cstdint>

#include "shared/base/hex.hpp"

namespace autocusto {
namespace {

constexpr std::string_view k_hex = "0123456789abcdef";
constexpr std::string_view k_base64url =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr unsigned k_no_digit = 255;

constexpr std::array<unsigned char, 256> make_hex_values() {
  std::array<unsigned char, 256> table{};
  for (auto& v : table) v = k_no_digit;
  for (std::size_t i = 0; i < k_hex.size(); ++i) {
    table[static_cast<unsigned char>(k_hex[i])] = static_cast<unsigned char>(i);
  }
  return table;
}
constexpr auto k_hex_values = make_hex_values();

constexpr std::array<int, 256> make_base64url_values() {
  std::array<int, 256> table{};
  for (int& v : table) v = -1;
  for (std::size_t i = 0; i < k_base64url.size(); ++i) {
    table[static_cast<unsigned char>(k_base64url[i])] = static_cast<int>(i);
  }
  return table;
}
constexpr auto k_base64url_values = make_base64url_values();

}  // namespace

std::string to_hex(std::string_view raw) {
  std::string out(raw.size() * 2, '\0');
  auto to = out.begin();
  for (const char c : raw) {
    const auto b = static_cast<unsigned char>(c);
    *to++ = k_hex[b >> 4];
    *to++ = k_hex[b & 15];
  }
  return out;
}

bool detail::read_hex(std::string_view hex, char* to) {
  if (hex.size() % 2 != 0) return false;
  unsigned odd = 0;  // more than 15 as soon as one is no digit
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const unsigned high = k_hex_values[static_cast<unsigned char>(hex[i])];
    const unsigned low = k_hex_values[static_cast<unsigned char>(hex[i + 1])];
    odd |= high | low;
    *to++ = static_cast<char>((high << 4 | low) & 255);
  }
  return odd <= 15;
}

std::optional<bytes> from_hex(std::string_view hex) {
  bytes out(hex.size() / 2, '\0');
  if (!detail::read_hex(hex, out.data())) return std::nullopt;
  return out;
}

std::string to_base64url(std::string_view raw) {
  std::string out;
  out.reserve((raw.size() * 4 + 2) / 3);
  std::uint32_t buffer = 0;
  int bits = 0;
  for (const char c : raw) {
    buffer = (buffer << 8) | static_cast<unsigned char>(c);
    bits += 8;
    while (bits >= 6) {
      bits -= 6;
      out.push_back(k_base64url[(buffer >> bits) & 63]);
    }
  }
  if (bits > 0) out.push_back(k_base64url[(buffer << (6 - bits)) & 63]);
  return out;
}

std::optional<bytes> from_base64url(std::string_view text) {
  if (text.size() % 4 == 1) return std::nullopt;
  bytes out;
  out.reserve(text.size() * 3 / 4);
  std::uint32_t buffer = 0;
  int bits = 0;
  for (const char c : text) {
    const int v = k_base64url_values[static_cast<unsigned char>(c)];
    if (v < 0) return std::nullopt;
    buffer = (buffer << 6) | static_cast<std::uint32_t>(v);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out.push_back(static_cast<char>((buffer >> bits) & 255));
    }
  }
  if ((buffer & ((1U << bits) - 1)) != 0) return std::nullopt;
  return out;
}

void wipe(bytes& secret) noexcept {
  volatile char* p = secret.data();
  for (std::size_t i = 0; i < secret.size(); ++i) p[i] = 0;
  secret.clear();
}

}  // namespace autocusto
