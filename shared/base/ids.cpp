#include "shared/base/ids.hpp"

#include <array>

#include "shared/base/bytes.hpp"
#include "shared/base/hex.hpp"

namespace autocusto {
namespace detail {

std::string hex_text(const std::uint8_t* data, std::size_t size) {
  return to_hex({reinterpret_cast<const char*>(data), size});
}

bool hex_parse(std::string_view text, std::uint8_t* data, std::size_t size) {
  return text.size() == 2 * size && read_hex(text, reinterpret_cast<char*>(data));
}

std::string uuid_text(const std::uint8_t* sixteen) {
  const std::string hex = hex_text(sixteen, 16);
  std::string text(36, '-');
  std::size_t digit = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i != 8 && i != 13 && i != 18 && i != 23) text[i] = hex[digit++];
  }
  return text;
}

bool uuid_parse(std::string_view text, std::uint8_t* sixteen) {
  if (text.size() != 36) return false;
  std::array<char, 32> hex{};
  std::size_t digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    if (hyphen != (text[i] == '-')) return false;
    if (!hyphen) hex[digits++] = text[i];
  }
  return hex_parse({hex.data(), hex.size()}, sixteen, 16);
}

}  // namespace detail

user_id system_user() {
  return *user_id::parse("00000000-0000-4000-8000-000000000001");
}

device_id merge_device() {
  return *device_id::parse("00000000-0000-4000-8000-000000000002");
}

device_id import_device() {
  return *device_id::parse("00000000-0000-4000-8000-000000000003");
}

bool is_own_device(const device_id& id) {
  return id == merge_device() || id == import_device();
}

}  // namespace autocusto
