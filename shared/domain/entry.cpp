#include "shared/domain/entry.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "shared/domain/characters.hpp"
#include "shared/domain/structured.hpp"
#include "shared/domain/validate.hpp"
#include "shared/json/canonical.hpp"
#include "shared/json/text.hpp"

namespace autocusto::domain {
namespace {

using point = utf8proc_int32_t;

constexpr point k_joiner_scripts = 0x590;  ///< Hebrew, Arabic and what follows; no Latin, no Greek

bool is_blank_point(point p) {
  if (p == ' ' || (p >= '\t' && p <= '\r')) return true;
  if (p < 0x80) return false;
  const auto category = utf8proc_category(p);
  return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL ||
         category == UTF8PROC_CATEGORY_ZP || p == 0x85 || p == 0x2800;
}

bool is_joiner(point p) {
  return p == 0x200C || p == 0x200D;
}

bool is_mark(point p) {
  const auto category = utf8proc_category(p);
  return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC;
}

/// Controls that are no blank (ESC, BEL, NUL, DEL, C1): they show nothing and command a terminal.
bool is_command(point p) {
  return utf8proc_category(p) == UTF8PROC_CATEGORY_CC && !is_blank_point(p);
}

bool is_tag(point p) {
  return p >= 0xE0000 && p <= 0xE007F;
}

/// Characters without a shape and without a meaning in a form: controls, soft hyphen, grapheme
/// joiner, zero width space and no-break space, word joiner, marks of direction, fillers, marks of
/// annotations, of shorthand and of music. Tags are judged apart: flags are made of them.
bool has_no_shape(point p) {
  if (p < 0xAD) return is_command(p);
  return p == 0xAD || p == 0x34F || p == 0x61C || p == 0x115F || p == 0x1160 || p == 0x17B4 ||
         p == 0x17B5 || p == 0x180E || p == 0x200B || p == 0x200E || p == 0x200F ||
         (p >= 0x202A && p <= 0x202E) || (p >= 0x2060 && p <= 0x206F) || p == 0x3164 ||
         p == 0xFEFF || p == 0xFFA0 || (p >= 0xFFF0 && p <= 0xFFFB) ||
         (p >= 0x1BCA0 && p <= 0x1BCA3) || (p >= 0x1D173 && p <= 0x1D17A);
}

bool is_dash(point p) {
  return p == 0x2212 || (p >= 0x80 && utf8proc_category(p) == UTF8PROC_CATEGORY_PD);
}

enum class joiners { kept_where_needed, dropped };

/// Collects what can be seen. A joiner waits until something follows it.
class collector {
 public:
  collector(bool number, joiners rule) : number_(number), joiners_(rule) {}

  void add(point p) {
    if (has_no_shape(p) || (is_tag(p) && !continues_flag())) return;
    if (is_joiner(p)) {
      const bool kept = joiners_ == joiners::kept_where_needed && last_ >= k_joiner_scripts;
      if (kept && joiner_ == 0) joiner_ = p;
      return;
    }
    if (is_blank_point(p)) {
      end_of_word();
      blank_ = !out_.empty();
      return;
    }
    if (number_) p = plain(p);
    if (joiner_ != 0) append_point(out_, joiner_);
    if (blank_) out_ += ' ';
    append_point(out_, p);
    joiner_ = 0;
    blank_ = false;
    last_ = p;
  }
  std::string take() {
    end_of_word();
    return std::move(out_);
  }

 private:
  /// At the end of a word a joiner has a shape only behind a mark, such as a virama.
  void end_of_word() {
    if (joiner_ != 0 && is_mark(last_)) append_point(out_, joiner_);
    joiner_ = 0;
    last_ = 0;
  }
  /// A flag of a region is a black flag and tags directly behind it.
  [[nodiscard]] bool continues_flag() const {
    return !number_ && joiner_ == 0 && (last_ == 0x1F3F4 || is_tag(last_));
  }
  static point plain(point p) {
    if (p >= 0xFF01 && p <= 0xFF5E) p = p - 0xFF01 + '!';
    return is_dash(p) ? '-' : p;
  }

  bool number_;
  joiners joiners_;
  std::string out_;
  bool blank_ = false;
  point joiner_ = 0;
  point last_ = 0;
};

std::string collected_once(std::string_view text, bool number, joiners rule) {
  collector seen(number, rule);
  while (!text.empty()) seen.add(take_point(text));
  auto out = seen.take();
  return is_ascii(out) ? out : to_nfc(out).value();
}

bool has_joiner(std::string_view text) {
  return text.find("\u200C") != text.npos || text.find("\u200D") != text.npos;
}

/// NFC changes the order of marks and joins letters with them, so a joiner may stand elsewhere than
/// where it was judged. One that a second look would drop is dropped at once, with all the others:
/// no script spells so.
std::string collected(std::string_view text, bool number) {
  if (number) return collected_once(text, true, joiners::dropped);
  auto out = collected_once(text, false, joiners::kept_where_needed);
  if (!has_joiner(out) || collected_once(out, false, joiners::kept_where_needed) == out) return out;
  return collected_once(out, false, joiners::dropped);
}

/// ASCII with single blanks between visible characters: nothing to do, and by far the usual case.
bool is_plain(std::string_view text) {
  if (text.empty()) return true;
  if (text.front() == ' ' || text.back() == ' ') return false;
  char before = 'x';
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x7F || c < ' ' || (c == ' ' && before == ' ')) {
      return false;
    }
    before = c;
  }
  return true;
}

constexpr int k_lowest_height = 20;  ///< centimetres, as `valid_height` has them
constexpr int k_greatest_height = 260;

/// `1,80` is what people write for 180 cm; anything else stays as it is.
std::string in_centimetres(std::string text) {
  const bool metres = text.size() >= 3 && text.size() <= 4 && is_digit(text[0]) &&
                      (text[1] == ',' || text[1] == '.') &&
                      std::all_of(text.begin() + 2, text.end(), is_digit);
  if (!metres) return text;
  const auto digit = [&text](std::size_t at) { return at < text.size() ? text[at] - '0' : 0; };
  const int centimetres = digit(0) * 100 + digit(2) * 10 + digit(3);
  const bool likely = centimetres >= k_lowest_height && centimetres <= k_greatest_height;
  return likely ? std::to_string(centimetres) : text;
}

/// The digits, when nothing but blanks, dots and hyphens stands among them and there are `count`.
std::string digits_if(std::string_view text, std::size_t count) {
  std::string out;
  for (const char c : text) {
    if (is_digit(c)) {
      out += c;
    } else if (c != ' ' && c != '.' && c != '-') {
      return {};
    }
  }
  return out.size() == count ? out : std::string();
}

/// No blanks beside `@` and dots, as in addresses that come from printed pages.
std::string without_blanks_at_marks(std::string_view text) {
  const auto is_sign = [](char c) { return c == '@' || c == '.'; };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool beside = text[i] == ' ' && ((!out.empty() && is_sign(out.back())) ||
                                           (i + 1 < text.size() && is_sign(text[i + 1])));
    if (!beside) out += text[i];
  }
  return out;
}

/// Without `+55` in front, as messengers write numbers of Brazil; any other number stays.
std::string without_country(std::string text) {
  constexpr std::string_view k_brazil = "55";
  std::string_view rest = text;
  if (!rest.starts_with('+')) return text;
  rest.remove_prefix(rest.starts_with("+ ") ? 2 : 1);
  if (!rest.starts_with(k_brazil)) return text;
  rest.remove_prefix(k_brazil.size());
  rest.remove_prefix(std::min(rest.find_first_not_of(" .-"), rest.size()));
  return valid_phone(rest) ? std::string(rest) : text;
}

std::string clean_phone(std::string text, std::size_t longest) {
  text = without_country(std::move(text));
  if (text.size() <= longest || !valid_phone(text)) return text;
  std::string digits;
  std::copy_if(text.begin(), text.end(), std::back_inserter(digits), is_digit);
  return digits;
}

std::string clean_key(std::string_view typed, result<std::string> (*normalise)(std::string_view)) {
  auto key = normalise(typed);
  return key ? *std::move(key) : clean_number(typed);
}

/// `31/01/2027` and `31-1-2027` as `2027-01-31`; what is no such date stays.
std::string clean_date(std::string text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (is_digit(c)) {
      parts.back() += c;
    } else if (c == '/' || c == '-' || c == '.') {
      parts.emplace_back();
    } else {
      return text;
    }
  }
  if (parts.size() != 3 || parts[2].size() != 4) return text;
  for (auto* part : {&parts[0], &parts[1]}) {
    if (part->size() == 1) part->insert(0, "0");
    if (part->size() != 2) return text;
  }
  return parts[2] + '-' + parts[1] + '-' + parts[0];
}

/// The end of the first line, and how many bytes its mark has: LF, CR LF, CR, U+2028 or U+2029.
std::pair<std::size_t, std::size_t> line_end(std::string_view text) {
  for (auto at = text.find_first_of("\n\r\xE2"); at != text.npos;
       at = text.find_first_of("\n\r\xE2", at + 1)) {
    const auto rest = text.substr(at);
    if (rest.starts_with("\r\n")) return {at, 2};
    if (rest.front() != '\xE2') return {at, 1};
    if (rest.starts_with("\u2028") || rest.starts_with("\u2029")) return {at, 3};
  }
  return {text.size(), 0};
}

/// Each line by itself, without blank lines around.
std::string visible_lines(std::string_view text) {
  std::string out;
  std::size_t end = 0;
  while (true) {
    const auto [size, mark] = line_end(text);
    out += visible_text(text.substr(0, size));
    if (!out.empty() && out.back() != '\n') end = out.size();
    if (mark == 0) break;
    if (!out.empty()) out += '\n';
    text.remove_prefix(size + mark);
  }
  out.resize(end);
  return out;
}

std::string clean_by_rule(const field_spec& field, std::string_view typed) {
  constexpr std::size_t k_cns_digits = 15;
  constexpr std::size_t k_cep_digits = 8;
  constexpr std::size_t k_cep_first = 5;
  switch (field.rule) {
    case field_rule::none:
    case field_rule::choice:
      return field.lines ? visible_lines(typed) : visible_text(typed);
    case field_rule::cpf:
      return clean_key(typed, normalise_cpf);
    case field_rule::cnes:
      return clean_key(typed, normalise_cnes);
    case field_rule::date:
      return clean_date(clean_number(typed));
    case field_rule::digits:
      return clean_number(typed);
    case field_rule::weight:
      return clean_number(typed);
    case field_rule::height:
      return in_centimetres(clean_number(typed));
    case field_rule::phone:
      return clean_phone(clean_number(typed), field.max_length);
    case field_rule::email:
      return without_blanks_at_marks(clean_number(typed));
    case field_rule::cns: {
      auto text = clean_number(typed);
      auto digits = digits_if(text, k_cns_digits);
      return digits.empty() ? text : digits;
    }
    case field_rule::cep: {
      auto text = clean_number(typed);
      const auto digits = digits_if(text, k_cep_digits);
      if (digits.empty() || valid_cep(text)) return text;
      return digits.substr(0, k_cep_first) + '-' + digits.substr(k_cep_first);
    }
  }
  throw std::logic_error("a field rule without a cleaning");
}

/// `‹U+00A0›`: at least four digits.
std::string named_point(point p) {
  std::string digits;
  for (; p > 0 || digits.size() < 4; p /= 16) digits += "0123456789ABCDEF"[p % 16];
  return "\u2039U+" + std::string(digits.rbegin(), digits.rend()) + "\u203A";
}

error not_utf8() {
  return fail(errc::malformed, "The text is not valid UTF-8; enter it again.");
}

}  // namespace

std::string visible_text(std::string_view text) {
  if (is_plain(text) || json::invalid_utf8_at(text)) return std::string(text);
  return collected(text, false);
}

bool look_alike(std::string_view a, std::string_view b) {
  return a != b && visible_text(a) == visible_text(b);
}

std::string clean_number(std::string_view text) {
  if (is_plain(text) || json::invalid_utf8_at(text)) return std::string(text);
  return collected(text, true);
}

result<std::string> entered_text(const field_spec& field, std::string_view typed) {
  if (json::invalid_utf8_at(typed)) return not_utf8();
  return clean_by_rule(field, typed);
}

result<std::string> entered_lines(std::string_view typed) {
  if (json::invalid_utf8_at(typed)) return not_utf8();
  return visible_lines(typed);
}

std::string mark_unseen(std::string_view text) {
  if (json::invalid_utf8_at(text)) return std::string(text);
  std::string out;
  bool after_blank = true;  // the beginning counts as one
  while (!text.empty()) {
    const point p = take_point(text);
    if (p == ' ') {
      const bool single = !after_blank && !text.empty() && text.front() != ' ';
      out += single ? " " : "\u2423";
    } else if (is_blank_point(p) || has_no_shape(p) || is_joiner(p) || is_tag(p)) {
      out += named_point(p);
    } else {
      append_point(out, p);
    }
    after_blank = p == ' ';
  }
  return out;
}

std::vector<std::string> told_apart(std::vector<std::string> texts) {
  std::map<std::string, std::set<std::string>> by_look;
  for (const auto& text : texts) by_look[visible_text(text)].insert(text);
  for (auto& text : texts) {
    if (by_look.at(visible_text(text)).size() > 1) text = mark_unseen(text);
  }
  return texts;
}

result<field_value> entered_value(std::string_view kind, std::string_view field,
                                  std::string_view text) {
  const auto* known = find_record_kind(kind);
  if (known == nullptr) {
    return fail(errc::not_found, "There is no such kind of record; see the list of kinds.");
  }
  const auto* spec = known->find(field);
  if (spec == nullptr) {
    return fail(errc::invalid_field,
                "There is no field " + std::string(field) + " in this kind of record.",
                std::string(field));
  }
  switch (spec->type) {
    case field_type::text:
      return field_value(std::string(text));
    case field_type::rows:
    case field_type::map: {
      const auto json = json::parse(text);
      if (!json) {
        return fail(errc::invalid_field,
                    "The field " + std::string(field) + " takes JSON; see the list of fields.",
                    std::string(field));
      }
      auto parts = entered_structured(*spec, *json);
      if (!parts) return parts.error();
      return field_value(*std::move(parts));
    }
    case field_type::boolean:
    case field_type::unknown:
      break;
  }
  static constexpr std::array<std::string_view, 6> k_yes{"true", "sim", "yes", "1", "s", "y"};
  static constexpr std::array<std::string_view, 5> k_no{"false", "nao", "no", "0", "n"};
  const auto folded = fold_text(text);
  if (std::find(k_yes.begin(), k_yes.end(), folded) != k_yes.end()) {
    return field_value(true);
  }
  if (std::find(k_no.begin(), k_no.end(), folded) != k_no.end()) return field_value(false);
  return fail(errc::invalid_field, "The field " + std::string(field) + " must be true or false.",
              std::string(field));
}

}  // namespace autocusto::domain
