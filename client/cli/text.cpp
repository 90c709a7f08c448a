#include "client/cli/text.hpp"

#include <array>
#include <clocale>
#include <cstdlib>
#include <ctime>

#include <fmt/format.h>
#include <libintl.h>
#include <unistd.h>

#include "shared/base/clock.hpp"
#include "shared/domain/record_kind.hpp"

namespace autocusto::cli {
namespace {

constexpr const char* k_domain = "autocusto";

std::string_view wanted_locale() {
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return {};
}

/// `<program's folder>/../share/locale`, which holds in the build tree and when installed.
std::string texts_folder() {
  std::array<char, 4096> path{};
  const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size());
  if (size <= 0) return "/usr/share/locale";
  const std::string program(path.data(), static_cast<std::size_t>(size));
  return program.substr(0, program.rfind('/')) + "/../share/locale";
}

const char* in_language(const char* english, bool portuguese) {
  return portuguese ? ::gettext(english) : english;
}

/// Replaces the first `what` in `text`; false if there is none.
bool replace_first(std::string& text, std::string_view what, std::string_view by) {
  const std::size_t at = what.empty() ? std::string::npos : text.find(what);
  if (at == std::string::npos) return false;
  text.replace(at, what.size(), by);
  return true;
}

/// Where the field is the path of a file: every place of it becomes {path}.
bool replace_path(std::string& text, const std::string& path) {
  if (path.size() < 2 || path.front() != '/' || text.find(path) == std::string::npos) return false;
  while (replace_first(text, path, "{path}")) continue;
  return true;
}

/// What a failure means in general, for sentences whose details have no translation; or null.
const char* general_sentence(errc code) {
  switch (exit_code(code)) {
    case 2:
      return "The command line is not right; see --help.";
    case 5:
      return "The server cannot be reached; what is saved stays saved. Try again later.";
    case 6:
      return "The versions differ in several fields; choose a version for each, type a value, or "
             "take one version.";
    case 7:
      return code == errc::untrusted_server
                 ? "The server could not prove that it is the right one; nothing was sent. Tell "
                   "the "
                   "administrator."
                 : "Access was withdrawn or is missing; ask the administrator.";
    default:
      break;
  }
  if (code == errc::protocol_error) {
    return "The server's answer cannot be used; nothing here was changed. Tell the administrator.";
  }
  if (code == errc::database) {
    return "The local data was changed or damaged; take a new enrollment link from the "
           "administrator and enroll in another folder (--home): what the server has comes back.";
  }
  if (code == errc::malformed || code == errc::not_canonical) {
    return "What was given cannot be read; correct it and try again.";
  }
  return nullptr;
}

/// Takes `Line 12: ` off the front and answers it in the doctor's language.
std::string take_line_prefix(std::string& sentence, bool portuguese) {
  constexpr std::string_view start = "Line ";
  const std::size_t colon = sentence.find(": ");
  if (sentence.substr(0, start.size()) != start || colon == std::string::npos) return {};
  std::string prefix = in_language("Line {line}: ", portuguese);
  replace_first(prefix, "{line}", sentence.substr(start.size(), colon - start.size()));
  sentence.erase(0, colon + 2);
  return prefix;
}

/// Puts `{words}` in the place of the random words that a sentence offers, and answers them.
std::string take_words(std::string& sentence) {
  constexpr std::string_view k_before = ", for example: ";
  const std::size_t at = sentence.find(k_before);
  if (at == std::string::npos || !sentence.ends_with('.')) return {};
  const std::size_t begin = at + k_before.size();
  const std::string words = sentence.substr(begin, sentence.size() - 1 - begin);
  sentence.replace(begin, words.size(), "{words}");
  return words;
}

/// Puts `{choices}` in the place of the values that a field may have, and answers them.
std::string take_choices(std::string& sentence) {
  constexpr std::string_view k_before = " must be empty or one of ";
  const std::size_t at = sentence.find(k_before);
  if (at == std::string::npos || !sentence.ends_with('.')) return {};
  const std::size_t begin = at + k_before.size();
  const std::string choices = sentence.substr(begin, sentence.size() - 1 - begin);
  sentence.replace(begin, choices.size(), "{choices}");
  return choices;
}

/// Replaces what stands between the first “ and ” by `{name}` and answers it; empty: nothing there.
std::string take_quoted(std::string& sentence) {
  constexpr std::string_view open = "“";
  constexpr std::string_view close = "”";
  const auto from = sentence.find(open);
  if (from == std::string::npos) return {};
  const auto to = sentence.find(close, from);
  if (to == std::string::npos) return {};
  const auto first = from + open.size();
  std::string name = sentence.substr(first, to - first);
  if (!name.empty()) sentence.replace(first, to - first, "{name}");
  return name;
}

std::string label_in(std::string_view kind, std::string_view field, bool portuguese) {
  const auto* known = domain::find_record_kind(kind);
  const auto* spec = known == nullptr ? nullptr : known->find(field);
  if (spec == nullptr) return std::string(field);
  return portuguese ? spec->label_pt : spec->label_en;
}

/// “Label” (name), or the name alone for a field without a label.
std::string named_field(std::string_view kind, const std::string& field, bool portuguese) {
  const std::string label = label_in(kind, field, portuguese);
  return label == field ? label : "“" + label + "” (" + field + ")";
}

bool g_portuguese = false;  // set once by init_language, before any thread starts

}  // namespace

void init_language() {
  g_portuguese = wanted_locale().substr(0, 2) == "pt";
  if (std::setlocale(LC_ALL, "") == nullptr ||
      std::setlocale(LC_MESSAGES, nullptr) == std::string_view("C")) {
    // The wanted locale is not installed. gettext still translates under C.UTF-8 when LANGUAGE
    // names the texts.
    std::setlocale(LC_ALL, "C.UTF-8");
  }
  std::setlocale(LC_NUMERIC, "C");
  ::setenv("LANGUAGE", g_portuguese ? "pt_BR" : "en", 1);
  ::bindtextdomain(k_domain, texts_folder().c_str());
  ::bind_textdomain_codeset(k_domain, "UTF-8");
  ::textdomain(k_domain);
}

bool portuguese() {
  return g_portuguese;
}

const char* tr(const char* english) {
  return g_portuguese ? ::gettext(english) : english;
}

std::string field_label(std::string_view kind, std::string_view field) {
  return label_in(kind, field, g_portuguese);
}

std::string kind_label(std::string_view kind) {
  const auto* known = domain::find_record_kind(kind);
  if (known == nullptr) return std::string(kind);
  return g_portuguese ? known->label_pt : known->label_en;
}

std::string translate(const error& e, std::string_view kind) {
  return translate(e, kind, g_portuguese);
}

std::string translate(const error& e, std::string_view kind, bool portuguese) {
  std::string pattern = e.message;
  const std::string line = take_line_prefix(pattern, portuguese);
  const bool has_path = replace_path(pattern, e.field);
  const bool has_field =
      !has_path && !e.field.empty() && replace_first(pattern, "field " + e.field, "field {field}");
  const std::string choices = take_choices(pattern);
  const std::string limit = e.limit ? std::to_string(*e.limit) : std::string();
  const std::string counted = pattern;
  bool has_limit = replace_first(pattern, limit, "{limit}");
  const std::string words = take_words(pattern);
  std::string text = in_language(pattern.c_str(), portuguese);
  if (portuguese && has_limit && text == pattern) {
    // The number may stand in the text itself.
    const std::string whole = in_language(counted.c_str(), portuguese);
    if (whole != counted) {
      text = whole;
      pattern = counted;
      has_limit = false;
    }
  }
  std::string name;
  if (portuguese && text == pattern) {
    name = take_quoted(pattern);
    if (!name.empty()) text = in_language(pattern.c_str(), portuguese);
  }
  if (portuguese && text == pattern) {
    // A sentence with details of its own: the general one leads, the details follow.
    if (const char* general = general_sentence(e.code)) {
      return line + in_language(general, portuguese) + " (" + e.message + ")";
    }
  }
  if (!choices.empty()) replace_first(text, "{choices}", choices);
  if (!words.empty()) replace_first(text, "{words}", words);
  if (!name.empty()) replace_first(text, "{name}", name);
  if (has_limit) replace_first(text, "{limit}", limit);
  while (has_path && replace_first(text, "{path}", e.field)) continue;
  if (has_field) replace_first(text, "{field}", named_field(kind, e.field, portuguese));
  return line + text;
}

void speak_both_languages() {
  // English is never looked up, so the one language that gettext needs to know is Portuguese.
  ::setenv("LANGUAGE", "pt_BR", 1);
  ::bindtextdomain(k_domain, texts_folder().c_str());
}

const char* refused_catalogue_text() {
  return tr(
      "The server's new catalogue of diseases and medicines is not signed as it has to be; it was "
      "not taken over, and the one of before goes on. Tell the administrator.\n");
}

std::string local_time(const std::string& rfc3339) {
  const auto at = parse_time(rfc3339);
  if (!at) return rfc3339;
  const auto seconds = static_cast<std::time_t>(*at / 1000);
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  std::strftime(text.data(), text.size(), g_portuguese ? "%d/%m/%Y %H:%M" : "%Y-%m-%d %H:%M",
                &parts);
  return text.data();
}

std::string clock_text(std::optional<std::int64_t> ahead_seconds) {
  if (!ahead_seconds) return {};
  const auto minutes = std::abs(*ahead_seconds) / 60;
  const char* pattern =
      *ahead_seconds > 0
          ? tr("This laptop's clock is {} minutes ahead of the server's. Set it right: times that "
               "are saved are wrong until then.\n")
          : tr("This laptop's clock is {} minutes behind the server's. Set it right: times that "
               "are "
               "saved are wrong until then.\n");
  return fmt::format(fmt::runtime(pattern), minutes);
}

}  // namespace autocusto::cli
