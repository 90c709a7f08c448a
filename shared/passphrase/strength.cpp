#include "shared/passphrase/strength.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include <utf8proc.h>
#include <zxcvbn.h>

#include "shared/base/bytes.hpp"
#include "shared/passphrase/prepared.hpp"
#include "shared/passphrase/spelled.hpp"
#include "shared/passphrase/words.hpp"

namespace autocusto::passphrase {
namespace {

constexpr std::size_t k_judged = 100;  // bytes; what libzxcvbn looks at closely

/// The text as ASCII: accents taken off, what is left beyond it replaced.
std::string plain(std::string_view text) {
  utf8proc_uint8_t* raw = nullptr;
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE |
                                                      UTF8PROC_COMPAT | UTF8PROC_STRIPMARK);
  const auto size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                 static_cast<utf8proc_ssize_t>(text.size()), &raw, options);
  std::string out;
  const std::string_view from = size < 0 ? text
                                         : std::string_view(reinterpret_cast<const char*>(raw),
                                                            static_cast<std::size_t>(size));
  out.reserve(k_judged);
  for (const char c : from) {
    const auto byte = static_cast<unsigned char>(c);
    if (out.size() == k_judged) break;
    if ((byte & 0xC0U) == 0x80) continue;  // one sign for each character, not for each byte
    out.push_back(byte >= 0x20 && byte < 0x7F ? c : '?');
  }
  if (size >= 0) {
    for (volatile utf8proc_uint8_t* at = raw; at != raw + size; ++at) *at = 0;
    std::free(raw);
  }
  return out;
}

/// The words for zxcvbn, ended by a null.
const char** dictionary() {
  static const std::vector<std::string> texts = [] {
    std::vector<std::string> list(common_words().begin(), common_words().end());
    list.insert(list.end(), words().begin(), words().end());
    return list;
  }();
  static std::vector<const char*> pointers = [] {
    std::vector<const char*> list;
    list.reserve(texts.size() + 1);
    for (const auto& text : texts) list.push_back(text.c_str());
    list.push_back(nullptr);
    return list;
  }();
  return pointers.data();
}

struct verdict {
  double bits = 0;
  bool one_word = false;  ///< it is one word or name that is tried first
  bool pattern = false;   ///< it is a date, a sequence, a repetition, a row of the keyboard
  bool phrase = false;    ///< it holds a phrase that everybody knows
};

verdict judge(std::string_view passphrase) {
  std::string text = plain(passphrase);
  ZxcMatch_t* parts = nullptr;
  verdict said{.bits = ZxcvbnMatch(text.c_str(), dictionary(), &parts)};
  for (const ZxcMatch_t* part = parts; part != nullptr; part = part->Next) {
    const int type = static_cast<int>(part->Type) & ~static_cast<int>(MULTIPLE_MATCH);
    const bool most = static_cast<std::size_t>(part->Length) * 2 > text.size();
    said.one_word |= most && type >= DICTIONARY_MATCH && type <= USER_LEET_MATCH;
    said.pattern |= most && type >= REPEATS_MATCH && type <= YEAR_MATCH;
  }
  ZxcvbnFreeInfo(parts);
  const auto words = spelled(text);
  said.bits = std::min(said.bits, words.bits);
  said.phrase = words.phrase;
  wipe(text);
  return said;
}

std::size_t characters(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0U) != 0x80 ? 1 : 0;
  return count;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    utf8proc_int32_t point = 0;
    const auto size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                       static_cast<utf8proc_ssize_t>(text.size()), &point);
    if (size <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

error with_words(error e, const std::string& offered) {
  constexpr std::string_view k_place = "{words}";
  if (const auto at = e.message.find(k_place); at != std::string::npos) {
    e.message.replace(at, k_place.size(), offered);
  }
  return e;
}

error too_easy(const verdict& said) {
  if (said.phrase) {
    return fail(errc::usage,
                "The passphrase is a phrase or an example that many people know; take some words "
                "that do not belong together, for example: {words}.",
                "passphrase");
  }
  if (said.pattern) {
    return fail(errc::usage,
                "The passphrase is a date, a repetition or a row of keys; take some words that do "
                "not belong together, for example: {words}.",
                "passphrase");
  }
  if (said.one_word) {
    return fail(errc::usage,
                "The passphrase is a word or name that is tried first; take some words that do not "
                "belong together, for example: {words}.",
                "passphrase");
  }
  return fail(errc::usage,
              "The passphrase is too easy to guess; take some words that do not belong together, "
              "for example: {words}.",
              "passphrase");
}

double needed(purpose what) {
  return what == purpose::profile ? k_profile_bits : k_sealed_file_bits;
}

}  // namespace

double estimated_bits(std::string_view passphrase) {
  return judge(prepared(passphrase).view()).bits;
}

std::string offer(purpose what, random_source& random) {
  const auto count = what == purpose::profile ? k_profile_words : k_sealed_file_words;
  for (;;) {
    // Words that happen to be a phrase of a dictionary are drawn again; that is next to never.
    std::string drawn = random_words(random, count);
    if (judge(drawn).bits >= needed(what)) return drawn;
  }
}

result<void> check_new(std::string_view passphrase, purpose what, random_source& random) {
  if (blank(passphrase)) {
    return fail(errc::usage,
                "The passphrase is empty or has blanks alone; take one of several words.",
                "passphrase");
  }
  if (!is_utf8(passphrase)) {
    return fail(errc::usage, "The passphrase is not UTF-8 text; type it anew.", "passphrase");
  }
  const crypto::secret text = prepared(passphrase);
  if (characters(text.view()) < k_least_characters) {
    return fail(errc::usage, "The passphrase is too short; it needs at least 8 characters.",
                "passphrase", k_least_characters);
  }
  if (const verdict said = judge(text.view()); said.bits < needed(what)) {
    return with_words(too_easy(said), offer(what, random));
  }
  return {};
}

}  // namespace autocusto::passphrase
