#include <algorithm>
#include <array>
#include <optional>

#include <nlohmann/json.hpp>

#include "shared/json/canonical.hpp"
#include "shared/json/text.hpp"
#include "shared/json/utf8.hpp"

// A reader of our own builds nlohmann values directly. The library's reader skips a byte order
// mark, takes `-0`, floats and U+0000, keeps the last of two equal keys, quotes the text in its
// errors and does not tell handlers where they are; and telling the canonical form from others in
// the same pass is several times quicker than writing the value again and comparing. The property
// tests hold both readers side by side.

namespace autocusto::json {
namespace {

struct rule {
  errc code;
  std::string_view name;
  std::string_view text;
};

constexpr rule k_unexpected_end{errc::malformed, "unexpected_end",
                                "the text ends in the middle of a value; send all of it"};
constexpr rule k_unexpected_character{errc::malformed, "unexpected_character",
                                      "this character cannot stand here"};
constexpr rule k_trailing_characters{errc::malformed, "trailing_characters",
                                     "something follows the value; send one value only"};
constexpr rule k_byte_order_mark{errc::malformed, "byte_order_mark",
                                 "the text starts with a byte order mark; leave it out"};
constexpr rule k_bad_literal{errc::malformed, "bad_literal",
                             "only true, false and null are words of JSON"};
constexpr rule k_bad_number{errc::malformed, "bad_number",
                            "a number has at least one digit and no zero in front"};
constexpr rule k_not_an_integer{errc::malformed, "not_an_integer",
                                "only integers are taken, without point or exponent"};
constexpr rule k_negative_zero{errc::malformed, "negative_zero", "zero has no sign; write 0"};
constexpr rule k_integer_range{errc::malformed, "integer_range",
                               "integers must be from -2^53 to 2^53"};
constexpr rule k_bad_utf8{errc::malformed, "bad_utf8",
                          "the text is not valid UTF-8; encode it as UTF-8"};
constexpr rule k_control_character{errc::malformed, "control_character",
                                   "control characters must be escaped"};
constexpr rule k_bad_escape{errc::malformed, "bad_escape", "JSON does not know this escape"};
constexpr rule k_null_character{errc::malformed, "null_character",
                                "the character U+0000 is not taken; leave it out"};
constexpr rule k_lone_surrogate{errc::malformed, "lone_surrogate",
                                "half of a surrogate pair stands alone"};
constexpr rule k_duplicate_key{errc::malformed, "duplicate_key",
                               "a key stands twice in one object; keep one"};
constexpr rule k_too_deep{errc::malformed, "too_deep", "objects and arrays are nested too deeply"};
constexpr rule k_too_many_values{errc::malformed, "too_many_values",
                                 "the text holds too many values; send less at a time"};
constexpr rule k_whitespace{errc::not_canonical, "whitespace",
                            "the canonical form (RFC 8785) has no white space"};
constexpr rule k_key_order{errc::not_canonical, "key_order",
                           "the canonical form (RFC 8785) sorts keys by UTF-16 code units"};
constexpr rule k_escape_form{errc::not_canonical, "escape_form",
                             "the canonical form (RFC 8785) writes this character in another way"};

constexpr std::string_view k_digits = "0123456789";

/// What a byte in a string means to the reader: most are copied as they are.
enum class byte_class : std::uint8_t { plain, quote, backslash, control, multibyte };

constexpr std::array<byte_class, 256> k_classes = [] {
  std::array<byte_class, 256> table{};
  for (std::size_t i = 0; i < 0x20; ++i) table[i] = byte_class::control;
  for (std::size_t i = 0x80; i < 0x100; ++i) table[i] = byte_class::multibyte;
  table['"'] = byte_class::quote;
  table['\\'] = byte_class::backslash;
  return table;
}();

/// One pass over one text. Each step returns whether to go on; a step that stops has noted the
/// rule.
class parser {
 public:
  parser(std::string_view text, const parse_limits& limits, bool canonical_only)
      : text_(text),
        depth_limit_(std::min(limits.depth, k_max_depth)),
        value_limit_(limits.values),
        canonical_only_(canonical_only) {}

  result<nlohmann::json> run() {
    nlohmann::json value;
    if (document(value)) {
      // Spelled out, because a json value claims to convert to any type, `error` included.
      return result<nlohmann::json>(boost::system::in_place_value, std::move(value));
    }
    std::string message = "The JSON is refused at byte " + std::to_string(refused_at_) + " (";
    message.append(broken_->name).append("): ").append(broken_->text).append(".");
    return fail(broken_->code, std::move(message), {}, limit_);
  }

 private:
  bool document(nlohmann::json& out) {
    if (text_.substr(0, 3) == "\xEF\xBB\xBF") return refuse(k_byte_order_mark);
    if (!space() || !value(out, 0) || !space()) return false;
    return at_ == text_.size() || refuse(k_trailing_characters);
  }

  bool refuse(const rule& broken) { return refuse(broken, at_); }
  bool refuse(const rule& broken, std::size_t at) {
    broken_ = &broken;
    refused_at_ = at;
    return false;
  }

  [[nodiscard]] bool at_end() const { return at_ == text_.size(); }
  [[nodiscard]] bool next_is(char c) const { return !at_end() && text_[at_] == c; }

  bool space() {
    const std::size_t end = std::min(text_.find_first_not_of(" \t\n\r", at_), text_.size());
    if (end != at_ && canonical_only_) return refuse(k_whitespace);
    at_ = end;
    return true;
  }

  bool expect(char c) {
    if (next_is(c)) {
      ++at_;
      return true;
    }
    return refuse(at_end() ? k_unexpected_end : k_unexpected_character);
  }

  /// `depth`: how many objects and arrays are open around it.
  bool value(nlohmann::json& out, std::size_t depth) {
    if (++values_ > value_limit_) {
      limit_ = static_cast<std::int64_t>(value_limit_);
      return refuse(k_too_many_values);
    }
    if (at_end()) return refuse(k_unexpected_end);
    switch (text_[at_]) {
      case '{':
        return enter(depth) && object(out, depth + 1);
      case '[':
        return enter(depth) && array(out, depth + 1);
      case '"':
        out = std::string();
        return string(out.get_ref<std::string&>());
      case 't':
        out = true;
        return literal("true");
      case 'f':
        out = false;
        return literal("false");
      case 'n':
        out = nullptr;
        return literal("null");
      default:
        return number(out);
    }
  }

  bool enter(std::size_t depth) {
    if (depth >= depth_limit_) {
      limit_ = static_cast<std::int64_t>(depth_limit_);
      return refuse(k_too_deep);
    }
    ++at_;
    return space();
  }

  bool object(nlohmann::json& out, std::size_t depth) {
    out = nlohmann::json::object();
    auto& members = out.get_ref<nlohmann::json::object_t&>();
    if (next_is('}')) {
      ++at_;
      return true;
    }
    const std::string* previous = nullptr;
    for (;;) {
      const std::size_t key_at = at_;
      std::string key;
      if (!next_is('"')) return refuse(at_end() ? k_unexpected_end : k_unexpected_character);
      if (!string(key)) return false;
      const std::size_t before = members.size();
      // Canonical keys come (nearly) in the map's own order, so the end is the right hint.
      const auto member = members.emplace_hint(members.end(), std::move(key), nullptr);
      if (members.size() == before) return refuse(k_duplicate_key, key_at);
      if (canonical_only_ && previous != nullptr && !utf16_less(*previous, member->first)) {
        return refuse(k_key_order, key_at);
      }
      previous = &member->first;
      if (!space() || !expect(':') || !space() || !value(member->second, depth) || !space()) {
        return false;
      }
      if (next_is('}')) {
        ++at_;
        return true;
      }
      if (!expect(',') || !space()) return false;
    }
  }

  bool array(nlohmann::json& out, std::size_t depth) {
    out = nlohmann::json::array();
    auto& elements = out.get_ref<nlohmann::json::array_t&>();
    if (next_is(']')) {
      ++at_;
      return true;
    }
    for (;;) {
      if (!value(elements.emplace_back(), depth) || !space()) return false;
      if (next_is(']')) {
        ++at_;
        return true;
      }
      if (!expect(',') || !space()) return false;
    }
  }

  bool literal(std::string_view word) {
    const std::string_view found = text_.substr(at_, word.size());
    if (found == word) {
      at_ += word.size();
      return true;
    }
    const bool cut = word.substr(0, found.size()) == found;
    return cut ? refuse(k_unexpected_end, text_.size()) : refuse(k_bad_literal);
  }

  bool number(nlohmann::json& out) {
    const std::size_t start = at_;
    const bool negative = next_is('-');
    if (negative) ++at_;
    const std::size_t first = at_;
    at_ = std::min(text_.find_first_not_of(k_digits, first), text_.size());
    const std::string_view digits = text_.substr(first, at_ - first);
    if (digits.empty()) {
      if (at_end()) return refuse(k_unexpected_end);
      return negative ? refuse(k_bad_number, start) : refuse(k_unexpected_character);
    }
    if (digits.size() > 1 && digits.front() == '0') return refuse(k_bad_number, start);
    if (next_is('.') || next_is('e') || next_is('E')) return refuse(k_not_an_integer, start);
    if (negative && digits == "0") return refuse(k_negative_zero, start);
    constexpr std::size_t k_most_digits = 16;  // 2^53 has sixteen, so this cannot overflow
    if (digits.size() > k_most_digits) return refuse(k_integer_range, start);
    std::int64_t magnitude = 0;
    for (const char digit : digits) magnitude = magnitude * 10 + (digit - '0');
    if (magnitude > limits::json_integer) return refuse(k_integer_range, start);
    if (negative) {
      out = -magnitude;
    } else {
      out = static_cast<std::uint64_t>(magnitude);  // the type that the library itself would choose
    }
    return true;
  }

  /// At the opening quote; appends what the string means to `out`.
  bool string(std::string& out) {
    ++at_;
    std::size_t run = at_;  // where the bytes begin that are not in `out` yet
    while (!at_end()) {
      const auto byte = static_cast<unsigned char>(text_[at_]);
      switch (k_classes[byte]) {
        case byte_class::plain:
          ++at_;
          break;
        case byte_class::multibyte: {
          const std::size_t length = detail::utf8_length(text_, at_);
          if (length == 0) return refuse(k_bad_utf8);
          at_ += length;
          break;
        }
        case byte_class::quote:
          out.append(text_, run, at_ - run);
          ++at_;
          return true;
        case byte_class::backslash:
          out.append(text_, run, at_ - run);
          if (!escape(out)) return false;
          run = at_;
          break;
        case byte_class::control:
          return refuse(byte == 0 ? k_null_character : k_control_character);
      }
    }
    return refuse(k_unexpected_end);
  }

  /// At a backslash.
  bool escape(std::string& out) {
    const std::size_t start = at_;
    if (text_.size() - at_ < 2) return refuse(k_unexpected_end, text_.size());
    at_ += 2;
    const char letter = text_[start + 1];
    if (letter == 'u') return unicode_escape(out, start);
    constexpr std::string_view k_letters = "\"\\bfnrt/";
    constexpr std::string_view k_meanings = "\"\\\b\f\n\r\t/";
    const std::size_t which = k_letters.find(letter);
    if (which == std::string_view::npos) return refuse(k_bad_escape, start);
    if (letter == '/' && canonical_only_) return refuse(k_escape_form, start);
    out.push_back(k_meanings[which]);
    return true;
  }

  bool unicode_escape(std::string& out, std::size_t start) {
    std::uint32_t code = 0;
    if (!hex4(code, start)) return false;
    const auto between = [](std::uint32_t c, std::uint32_t low, std::uint32_t high) {
      return c >= low && c <= high;
    };
    if (between(code, 0xDC00, 0xDFFF)) return refuse(k_lone_surrogate, start);
    if (between(code, 0xD800, 0xDBFF)) {
      if (text_.substr(at_, 2) != "\\u") return refuse(k_lone_surrogate, start);
      const std::size_t second_at = at_;
      std::uint32_t second = 0;
      at_ += 2;
      if (!hex4(second, second_at)) return false;
      if (!between(second, 0xDC00, 0xDFFF)) return refuse(k_lone_surrogate, start);
      code = 0x10000 + ((code - 0xD800) << 10) + (second - 0xDC00);
    }
    if (code == 0) return refuse(k_null_character, start);
    if (canonical_only_ && !canonical_escape(code, start)) return refuse(k_escape_form, start);
    detail::append_utf8(out, code);
    return true;
  }

  /// RFC 8785 uses \u only for control characters without a letter of their own, in lower case.
  [[nodiscard]] bool canonical_escape(std::uint32_t code, std::size_t start) const {
    if (code >= 0x20) return false;
    if (std::string_view("\b\f\n\r\t").find(static_cast<char>(code)) != std::string_view::npos) {
      return false;
    }
    return text_[start + 5] < 'A' || text_[start + 5] > 'F';
  }

  bool hex4(std::uint32_t& code, std::size_t escape_at) {
    if (text_.size() - at_ < 4) return refuse(k_unexpected_end, text_.size());
    code = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      const char c = text_[at_];
      std::uint32_t digit = 0;
      if (c >= '0' && c <= '9') {
        digit = static_cast<std::uint32_t>(c - '0');
      } else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) {
        digit = static_cast<std::uint32_t>((c | 0x20) - 'a' + 10);
      } else {
        return refuse(k_bad_escape, escape_at);
      }
      code = code * 16 + digit;
    }
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t depth_limit_;
  std::size_t value_limit_;
  std::size_t values_ = 0;
  bool canonical_only_;
  const rule* broken_ = nullptr;
  std::size_t refused_at_ = 0;
  std::optional<std::int64_t> limit_;
};

}  // namespace

result<nlohmann::json> parse(std::string_view text, const parse_limits& limits) {
  return parser(text, limits, false).run();
}

result<nlohmann::json> parse_canonical(std::string_view text, const parse_limits& limits) {
  return parser(text, limits, true).run();
}

}  // namespace autocusto::json
