#include "shared/base/ids.hpp"

#include "shared/base/bytes.hpp"

namespace autocusto {
namespace detail {

std::string hex_text(const std::uint8_t* data, std::size_t size) {
  return to_hex({reinterpret_cast<const char*>(data), size});
}

bool hex_parse(std::string_view text, std::uint8_t* data, std::size_t size) {
  const auto raw = from_hex(text);
  if (!raw || raw->size() != size) return false;
  std::memcpy(data, raw->data(), size);
  return true;
}

std::string uuid_text(const std::uint8_t* sixteen) {
  std::string text = hex_text(sixteen, 16);
  for (const std::size_t at : {8U, 13U, 18U, 23U}) text.insert(at, 1, '-');
  return text;
}

bool uuid_parse(std::string_view text, std::uint8_t* sixteen) {
  if (text.size() != 36) return false;
  std::string hex;
  hex.reserve(32);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    if (hyphen != (text[i] == '-')) return false;
    if (!hyphen) hex.push_back(text[i]);
  }
  return hex_parse(hex, sixteen, 16);
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
