// Unicode: counting, normalising, folding, control points. The algorithms are utf8proc's (Unicode
// 15).
#include "shared/domain/text.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>

#include <utf8proc.h>

#include "shared/domain/characters.hpp"
#include "shared/domain/entry.hpp"
#include "shared/domain/validate.hpp"
#include "shared/json/text.hpp"

namespace autocusto::domain {
namespace {

constexpr std::size_t k_device_name_limit = 100;

struct free_memory {
  void operator()(utf8proc_uint8_t* p) const { std::free(p); }
};

const utf8proc_uint8_t* as_bytes(std::string_view text) {
  return reinterpret_cast<const utf8proc_uint8_t*>(text.data());
}

/// Nothing for invalid UTF-8.
std::optional<std::string> map(std::string_view text, int options) {
  utf8proc_uint8_t* raw = nullptr;
  const auto size = utf8proc_map(as_bytes(text), static_cast<utf8proc_ssize_t>(text.size()), &raw,
                                 static_cast<utf8proc_option_t>(options));
  const std::unique_ptr<utf8proc_uint8_t, free_memory> owner(raw);
  if (size == UTF8PROC_ERROR_NOMEM) throw std::bad_alloc();
  if (size < 0) return std::nullopt;
  return std::string(reinterpret_cast<const char*>(raw), static_cast<std::size_t>(size));
}

/// They change how the character before looks, or nothing at all.
bool is_variation_selector(std::int32_t point) {
  return (point >= 0xFE00 && point <= 0xFE0F) || (point >= 0xE0100 && point <= 0xE01EF) ||
         (point >= 0x180B && point <= 0x180F);
}

}  // namespace

std::optional<std::size_t> count_code_points(std::string_view text) {
  if (json::invalid_utf8_at(text)) return std::nullopt;
  return json::code_points(text);
}

result<std::string> to_nfc(std::string_view text) {
  if (is_ascii(text)) return std::string(text);
  if (auto out = map(text, UTF8PROC_STABLE | UTF8PROC_COMPOSE)) return *std::move(out);
  return fail(errc::malformed, "The text is not valid UTF-8; enter it again.");
}

std::string fold_text(std::string_view text) {
  constexpr int options = UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE |
                          UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK;
  return map(text, options).value_or(std::string(text));
}

bool is_control_point(std::int32_t code_point) {
  switch (utf8proc_category(code_point)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return true;
    default:
      return false;
  }
}

bool has_control_points(std::string_view text) {
  while (!text.empty()) {
    utf8proc_int32_t point = 0;
    const auto used =
        utf8proc_iterate(as_bytes(text), static_cast<utf8proc_ssize_t>(text.size()), &point);
    if (used <= 0 || is_control_point(point)) return true;
    text.remove_prefix(static_cast<std::size_t>(used));
  }
  return false;
}

bool is_visible_name(std::string_view name) {
  if (name.empty() || visible_text(name) != name) return false;
  while (!name.empty()) {
    const auto point = take_point(name);
    if (point < 0 || is_control_point(point) || is_variation_selector(point)) return false;
    const auto category = utf8proc_category(point);
    if (category == UTF8PROC_CATEGORY_CN || category == UTF8PROC_CATEGORY_CO) return false;
  }
  return true;
}

result<void> check_device_name(std::string_view name) {
  if (!is_visible_name(name) || json::code_points(name) > k_device_name_limit) {
    return fail(errc::invalid_field,
                "The device name must have 1 to 100 visible characters, with single blanks between "
                "them; choose another one.",
                "device_name", static_cast<std::int64_t>(k_device_name_limit));
  }
  return {};
}

bool is_blank(std::string_view text) {
  while (!text.empty()) {
    utf8proc_int32_t point = 0;
    const auto used =
        utf8proc_iterate(as_bytes(text), static_cast<utf8proc_ssize_t>(text.size()), &point);
    if (used <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(used));
    switch (utf8proc_category(point)) {
      case UTF8PROC_CATEGORY_ZS:
      case UTF8PROC_CATEGORY_ZL:
      case UTF8PROC_CATEGORY_ZP:
      case UTF8PROC_CATEGORY_CC:
      case UTF8PROC_CATEGORY_CF:
        break;
      default:
        return false;
    }
  }
  return true;
}

}  // namespace autocusto::domain
