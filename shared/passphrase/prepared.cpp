#include "shared/passphrase/prepared.hpp"

#include <cstdlib>
#include <memory>

#include <utf8proc.h>

#include "shared/base/bytes.hpp"

namespace autocusto::passphrase {
namespace {

const utf8proc_uint8_t* as_bytes(std::string_view text) {
  return reinterpret_cast<const utf8proc_uint8_t*>(text.data());
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view k_mark = "\xEF\xBB\xBF";
  if (text.starts_with(k_mark)) text.remove_prefix(k_mark.size());
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

crypto::secret prepared(std::string_view text) {
  text = trimmed(text);
  utf8proc_uint8_t* raw = nullptr;
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
  const auto size =
      utf8proc_map(as_bytes(text), static_cast<utf8proc_ssize_t>(text.size()), &raw, options);
  if (size < 0) return crypto::secret::copy_of(text);
  std::string made(reinterpret_cast<const char*>(raw), static_cast<std::size_t>(size));
  for (volatile utf8proc_uint8_t* at = raw; at != raw + size; ++at) *at = 0;
  std::free(raw);
  return crypto::secret(std::move(made));
}

std::vector<std::string_view> older_forms(std::string_view text) {
  const crypto::secret today = prepared(text);
  const std::string_view plain = trimmed(text);
  std::vector<std::string_view> forms;
  if (plain != today.view()) forms.push_back(plain);
  if (text.size() != plain.size()) forms.push_back(text);
  return forms;
}

bool blank(std::string_view text) {
  while (!text.empty()) {
    utf8proc_int32_t point = 0;
    const auto size =
        utf8proc_iterate(as_bytes(text), static_cast<utf8proc_ssize_t>(text.size()), &point);
    if (size <= 0) return false;
    const auto kind = utf8proc_category(point);
    const bool control = point == '\t' || point == '\n' || point == '\v' || point == '\f' ||
                         point == '\r' || point == 0x85;
    if (kind != UTF8PROC_CATEGORY_ZS && kind != UTF8PROC_CATEGORY_ZL &&
        kind != UTF8PROC_CATEGORY_ZP && kind != UTF8PROC_CATEGORY_CF && !control) {
      return false;
    }
    text.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

}  // namespace autocusto::passphrase
