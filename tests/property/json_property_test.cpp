// Properties of the JSON reader and writer, on random values, random damage and random bytes. A
// failure prints the seed; the same run again: RC_PARAMS="seed=…" (and max_success=… for more
// cases).

#include <algorithm>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "shared/json/canonical.hpp"
#include "shared/json/text.hpp"

namespace autocusto::json {
namespace {

using value = nlohmann::json;

/// Code points from all the ranges that some rule tells apart; never U+0000 nor a surrogate.
rc::Gen<char32_t> code_point() {
  return rc::gen::weightedOneOf<char32_t>(
      {{6, rc::gen::inRange<char32_t>(0x20, 0x7F)},
       {2, rc::gen::inRange<char32_t>(0x01, 0x20)},
       {2, rc::gen::elementOf(std::u32string(U"\"\\/\u007F\u2028"))},
       {2, rc::gen::inRange<char32_t>(0x80, 0x800)},
       {2, rc::gen::inRange<char32_t>(0x800, 0xD800)},
       {2, rc::gen::inRange<char32_t>(0xE000, 0x10000)},
       {2, rc::gen::inRange<char32_t>(0x10000, 0x110000)}});
}

rc::Gen<std::u32string> code_points_text() {
  return rc::gen::container<std::u32string>(code_point());
}

std::string to_utf8(const std::u32string& text) {
  std::string out;
  for (const char32_t c : text) {
    const auto put = [&out](char32_t b) { out.push_back(static_cast<char>(b)); };
    if (c < 0x80) {
      put(c);
    } else if (c < 0x800) {
      put(0xC0 | (c >> 6));
    } else if (c < 0x10000) {
      put(0xE0 | (c >> 12));
    } else {
      put(0xF0 | (c >> 18));
      put(0x80 | ((c >> 12) & 0x3F));
    }
    if (c >= 0x800) put(0x80 | ((c >> 6) & 0x3F));
    if (c >= 0x80) put(0x80 | (c & 0x3F));
  }
  return out;
}

std::u16string to_utf16(const std::u32string& text) {
  std::u16string out;
  for (const char32_t c : text) {
    if (c < 0x10000) {
      out.push_back(static_cast<char16_t>(c));
    } else {
      out.push_back(static_cast<char16_t>(0xD800 + ((c - 0x10000) >> 10)));
      out.push_back(static_cast<char16_t>(0xDC00 + ((c - 0x10000) & 0x3FF)));
    }
  }
  return out;
}

rc::Gen<std::string> text() {
  return rc::gen::map(code_points_text(), to_utf8);
}

rc::Gen<value> scalar() {
  constexpr std::int64_t k_most = std::int64_t{1} << 53;
  const auto to_value = [](auto&& v) { return value(v); };
  return rc::gen::oneOf(rc::gen::map(text(), to_value),
                        rc::gen::map(rc::gen::arbitrary<bool>(), to_value),
                        rc::gen::map(rc::gen::inRange<std::int64_t>(-1000, 1000), to_value),
                        rc::gen::map(rc::gen::inRange<std::int64_t>(-k_most, k_most + 1), to_value),
                        rc::gen::element(value(), value(k_most), value(-k_most), value(0)));
}

rc::Gen<value> any_value(int depth) {
  if (depth == 0) return scalar();
  const auto smaller = [](rc::Gen<value> inner) { return rc::gen::scale(0.5, std::move(inner)); };
  return rc::gen::oneOf(
      scalar(),
      rc::gen::map(rc::gen::container<std::vector<value>>(smaller(any_value(depth - 1))),
                   [](const std::vector<value>& elements) { return value(elements); }),
      rc::gen::map(
          rc::gen::container<std::map<std::string, value>>(text(), smaller(any_value(depth - 1))),
          [](const std::map<std::string, value>& members) { return value(members); }));
}

value some_value() {
  return *rc::gen::scale(0.4, any_value(3));
}

/// What holds for every text whatsoever.
void check_text(const std::string& candidate) {
  const auto loose = parse(candidate);
  const auto exact = parse_canonical(candidate);
  if (exact) {
    RC_ASSERT(loose.has_value());
    RC_ASSERT(*exact == *loose);
    RC_ASSERT(canonical(*exact) == candidate);
  } else {
    RC_ASSERT(exact.error().code == errc::malformed || exact.error().code == errc::not_canonical);
    // Refused as not canonical only when it is not: what is readable and canonical is taken.
    if (loose) RC_ASSERT(canonical(*loose) != candidate);
  }
  if (loose) {
    // The library's reader is laxer in every point, so it must agree.
    RC_ASSERT(value::parse(candidate, nullptr, false) == *loose);
  } else {
    RC_ASSERT(loose.error().code == errc::malformed);
  }
}

/// One random change of a text: a byte changed, put in, taken out, two exchanged, a piece repeated.
std::string damaged(std::string original) {
  const auto at = [&original](std::size_t extra) {
    return *rc::gen::inRange<std::size_t>(0, original.size() + extra);
  };
  const auto byte = [] {
    return *rc::gen::weightedOneOf<char>(
        {{1, rc::gen::arbitrary<char>()},
         {2, rc::gen::elementOf(std::string("{}[]\",:\\ \n-.0123456789eEutfnabdr\x7F"))}});
  };
  switch (*rc::gen::inRange(0, 5)) {
    case 0:
      original[at(0)] = byte();
      break;
    case 1:
      original.insert(original.begin() + static_cast<std::ptrdiff_t>(at(1)), byte());
      break;
    case 2:
      original.erase(at(0), *rc::gen::inRange<std::size_t>(1, 4));
      break;
    case 3:
      std::swap(original[at(0)], original[at(0)]);
      break;
    default:
      original.insert(at(1), original.substr(at(0), *rc::gen::inRange<std::size_t>(1, 12)));
      break;
  }
  return original;
}

RC_GTEST_PROP(canonical_json, is_a_fixpoint, ()) {
  const value v = some_value();
  const std::string text = canonical(v);
  const auto again = parse(text);
  RC_ASSERT(again.has_value());
  RC_ASSERT(*again == v);
  RC_ASSERT(canonical(*again) == text);
  RC_ASSERT(parse_canonical(text).has_value());
}

RC_GTEST_PROP(canonical_json, is_one_text_for_all_forms_of_a_value, ()) {
  const value v = some_value();
  const int indent = *rc::gen::inRange(-1, 4);
  const bool ascii = *rc::gen::arbitrary<bool>();
  const std::string form = v.dump(indent, ' ', ascii);
  const auto read = parse(form);
  RC_ASSERT(read.has_value());
  RC_ASSERT(canonical(*read) == canonical(v));
  check_text(form);
}

RC_GTEST_PROP(canonical_json, damaged_is_refused_or_canonical_again, ()) {
  std::string text = canonical(some_value());
  const int times = *rc::gen::inRange(1, 4);
  for (int i = 0; i < times && !text.empty(); ++i) text = damaged(std::move(text));
  check_text(text);
}

RC_GTEST_PROP(canonical_json, stands_any_bytes, ()) {
  check_text(*rc::gen::container<std::string>(rc::gen::arbitrary<char>()));
}

RC_GTEST_PROP(canonical_json, stands_any_bytes_that_look_like_json, ()) {
  const auto token = rc::gen::element<std::string>(
      "{", "}", "[", "]", ",", ":", "\"", "\"a\"", "\"b\"", "\"\":", "\\", "\\u00", "\\u001f",
      "\\ud83d", "\\ude00", "\\n", "1", "0", "-", "9007199254740992", ".", "e", "true", "null", " ",
      "\n", "\xEF\xBB\xBF", "\xC3\xA7", "\xED\xA0\x80", "\xF0\x9F\x98\x80", std::string(1, '\0'));
  std::string text;
  for (const auto& piece : *rc::gen::container<std::vector<std::string>>(token)) text += piece;
  check_text(text);
  check_text("[" + text + "]");
  check_text("{\"a\":" + text + "}");
  check_text("\"" + text + "\"");
}

RC_GTEST_PROP(text_order, is_that_of_utf16, ()) {
  const auto prefix = *code_points_text();
  const auto a = prefix + *code_points_text();
  const auto b = prefix + *code_points_text();
  RC_ASSERT(utf16_less(to_utf8(a), to_utf8(b)) == (to_utf16(a) < to_utf16(b)));
  RC_ASSERT(code_points(to_utf8(a)) == a.size());
  RC_ASSERT(valid_text(to_utf8(a)));
}

}  // namespace
}  // namespace autocusto::json
