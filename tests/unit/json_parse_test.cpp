#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "shared/json/canonical.hpp"

namespace autocusto::json {
namespace {

using namespace std::string_literals;

struct refusal {
  std::string text;
  std::string_view rule;
  std::size_t at;
};

/// Checks code, rule and offset, and that the error does not repeat what was sent.
void expect_refused(const result<nlohmann::json>& got, errc code, const refusal& expected) {
  SCOPED_TRACE(expected.text);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, code);
  const std::string start = "The JSON is refused at byte " + std::to_string(expected.at) + " (" +
                            std::string(expected.rule) + "): ";
  EXPECT_EQ(got.error().message.substr(0, start.size()), start);
  EXPECT_EQ(got.error().message.back(), '.');
}

TEST(json_parse, takes_the_subset) {
  const auto value = parse(
      " {\"text\" : \"a\\u00e7\\u00e3o \\/ \\ud83d\\ude00\",\t\"list\":[ 1 , -2,[],{} ],\r\n"
      "\"yes\":true,\"no\":false,\"none\":null,\"\":\"\"} ");
  ASSERT_TRUE(value) << value.error().message;
  const nlohmann::json expected = {
      {"text", "ação / 😀"}, {"list", {1, -2, nlohmann::json::array(), nlohmann::json::object()}},
      {"yes", true},        {"no", false},
      {"none", nullptr},    {"", ""}};
  EXPECT_EQ(*value, expected);
}

TEST(json_parse, takes_bare_values_and_the_greatest_integers) {
  EXPECT_EQ(*parse("0"), 0);
  EXPECT_EQ(*parse("9007199254740992"), std::int64_t{1} << 53);
  EXPECT_EQ(*parse("-9007199254740992"), -(std::int64_t{1} << 53));
  EXPECT_EQ(*parse("\"x\""), "x");
  EXPECT_TRUE(parse("null")->is_null());
}

TEST(json_parse, takes_every_escape) {
  EXPECT_EQ(parse(R"("\"\\\/\b\f\n\r\t\u0001\u001F\u007f\u20AC\uFFFF\uD800\uDC00\uDBFF\uDFFF")")
                ->get<std::string>(),
            "\"\\/\b\f\n\r\t\x01\x1F\x7F\u20AC\uFFFF\U00010000\U0010FFFF");
}

TEST(json_parse, refuses_what_is_outside_the_subset_by_name) {
  const refusal table[] = {
      // No text, or half of one
      {"", "unexpected_end", 0},
      {"  ", "unexpected_end", 2},
      {"{", "unexpected_end", 1},
      {"{\"a", "unexpected_end", 3},
      {"{\"a\"", "unexpected_end", 4},
      {"{\"a\":", "unexpected_end", 5},
      {"{\"a\":1", "unexpected_end", 6},
      {"{\"a\":1,", "unexpected_end", 7},
      {"[", "unexpected_end", 1},
      {"[1", "unexpected_end", 2},
      {"[1,", "unexpected_end", 3},
      {"-", "unexpected_end", 1},
      {"tru", "unexpected_end", 3},
      {"\"\\", "unexpected_end", 2},
      {"\"\\u12", "unexpected_end", 5},
      {"\"\\ud83d\\u12", "unexpected_end", 11},
      // Grammar
      {"{a:1}", "unexpected_character", 1},
      {"{'a':1}", "unexpected_character", 1},
      {"{\"a\" 1}", "unexpected_character", 5},
      {"{\"a\":1;}", "unexpected_character", 6},
      {"{\"a\":1,}", "unexpected_character", 7},
      {"[1,]", "unexpected_character", 3},
      {"[1 2]", "unexpected_character", 3},
      {"]", "unexpected_character", 0},
      {"/**/1", "unexpected_character", 0},
      {"\xA0", "unexpected_character", 0},
      {"\f1", "unexpected_character", 0},
      {"+1", "unexpected_character", 0},
      {".5", "unexpected_character", 0},
      {"NaN", "unexpected_character", 0},
      {"\0"s, "unexpected_character", 0},
      {"1 2", "trailing_characters", 2},
      {"{}}", "trailing_characters", 2},
      {"1\0"s, "trailing_characters", 1},
      {"\xEF\xBB\xBF{}", "byte_order_mark", 0},
      {"True", "unexpected_character", 0},
      {"trUe", "bad_literal", 0},
      {"[nul]", "bad_literal", 1},
      // Numbers
      {"01", "bad_number", 0},
      {"[-01]", "bad_number", 1},
      {"-x", "bad_number", 0},
      {"--1", "bad_number", 0},
      {"0x10", "trailing_characters", 1},
      {"1.0", "not_an_integer", 0},
      {"[1e3]", "not_an_integer", 1},
      {"1E3", "not_an_integer", 0},
      {"-0.0", "not_an_integer", 0},
      {"-0", "negative_zero", 0},
      {"9007199254740993", "integer_range", 0},
      {"-9007199254740993", "integer_range", 0},
      {"9999999999999999", "integer_range", 0},
      {"18446744073709551616", "integer_range", 0},
      {"[" + std::string(1000, '9') + "]", "integer_range", 1},
      // Strings
      {"\"\x80\"", "bad_utf8", 1},
      {"\"\xC0\x80\"", "bad_utf8", 1},
      {"\"\xC1\xBF\"", "bad_utf8", 1},
      {"\"\xE0\x9F\xBF\"", "bad_utf8", 1},
      {"\"\xF0\x8F\xBF\xBF\"", "bad_utf8", 1},
      {"\"a\xED\xA0\x80\"", "bad_utf8", 2},
      {"\"\xED\xBF\xBF\"", "bad_utf8", 1},
      {"\"\xF4\x90\x80\x80\"", "bad_utf8", 1},
      {"\"\xF5\x80\x80\x80\"", "bad_utf8", 1},
      {"\"\xC3\"", "bad_utf8", 1},
      {"\"\xE2\x82\"", "bad_utf8", 1},
      {"\"\xF0\x9F\x98", "bad_utf8", 1},
      {"\"\xFF\"", "bad_utf8", 1},
      {"{\"\xFF\":1}", "bad_utf8", 2},
      {"\"a\nb\"", "control_character", 2},
      {"\"\x1F\"", "control_character", 1},
      {"\"\\x\"", "bad_escape", 1},
      {"\"\\'\"", "bad_escape", 1},
      {"\"\\U0041\"", "bad_escape", 1},
      {"\"\\u00g0\"", "bad_escape", 1},
      {"\"\\u+041\"", "bad_escape", 1},
      {"\"\\ud83d\\u00g0\"", "bad_escape", 7},
      {"\"a\0b\""s, "null_character", 2},
      {"\"\\u0000\"", "null_character", 1},
      {"{\"\\u0000\":1}", "null_character", 2},
      {"\"\\ud800\"", "lone_surrogate", 1},
      {"\"\\ud800x\"", "lone_surrogate", 1},
      {"\"\\ud800\\n\"", "lone_surrogate", 1},
      {"\"\\ud800\\ud800\"", "lone_surrogate", 1},
      {"\"\\ud800\\u0041\"", "lone_surrogate", 1},
      {"\"\\udc00\"", "lone_surrogate", 1},
      {"\"\\ude00\\ud83d\"", "lone_surrogate", 1},
      // Objects
      {"{\"a\":1,\"a\":1}", "duplicate_key", 7},
      {"{\"a\":1,\"\\u0061\":2}", "duplicate_key", 7},
      {"[{\"b\":1,\"a\":2,\"b\":3}]", "duplicate_key", 14},
  };
  for (const auto& expected : table) {
    expect_refused(parse(expected.text), errc::malformed, expected);
  }
}

TEST(json_parse, never_quotes_the_text) {
  for (const auto* text : {"{\"11144477735\":1,\"11144477735\":1}", "[\"11144477735\"",
                           "11144477735.5", "\"11144477735\\x\"", "[11144477735}"}) {
    const auto got = parse(text);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().message.find("1114447"), std::string::npos) << got.error().message;
  }
}

TEST(json_parse, limits_the_depth) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(parse(nested(limits::json_depth)));
  const auto refused = parse(nested(limits::json_depth + 1));
  expect_refused(refused, errc::malformed, {nested(limits::json_depth + 1), "too_deep", 8});
  EXPECT_EQ(refused.error().limit, 8);
  EXPECT_FALSE(parse("{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}}}}}"));
  EXPECT_TRUE(parse("{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}"));
  EXPECT_TRUE(parse(nested(12), {.depth = 12}));
  EXPECT_TRUE(parse(nested(k_max_depth), {.depth = 1'000'000}));
  EXPECT_FALSE(parse(nested(k_max_depth + 1), {.depth = 1'000'000}));
  EXPECT_FALSE(parse(std::string(1'000'000, '['), {.depth = 1'000'000}));
  EXPECT_TRUE(parse("1", {.depth = 0}));
  EXPECT_FALSE(parse("[]", {.depth = 0}));
}

TEST(json_parse, limits_the_number_of_values) {
  EXPECT_TRUE(parse("[1,2,3]", {.values = 4}));
  const auto refused = parse("[1,2,3]", {.values = 3});
  expect_refused(refused, errc::malformed, {"[1,2,3]", "too_many_values", 5});
  EXPECT_EQ(refused.error().limit, 3);
}

TEST(json_parse_canonical, takes_the_canonical_text_only) {
  for (const auto* text :
       {"{}", "[]", "\"\"", "0", "-1", "null", "{\"\":0,\"a\":[1,2],\"b\":{\"c\":null}}",
        "\"\\b\\t\\n\\f\\r\\\"\\\\\\u0001\\u001f/\x7F\u2028ç\"",
        "{\"\U0001F600\":1,\"\uE000\":2}"}) {
    const auto value = parse_canonical(text);
    ASSERT_TRUE(value) << text << ": " << value.error().message;
    EXPECT_EQ(canonical(*value), text);
  }
}

TEST(json_parse_canonical, refuses_other_forms_of_the_same_value_by_name) {
  const refusal table[] = {
      {" 1", "whitespace", 0},
      {"1\n", "whitespace", 1},
      {"{ }", "whitespace", 1},
      {"{\"a\": 1}", "whitespace", 5},
      {"{\"a\" :1}", "whitespace", 4},
      {"{\"a\":1 }", "whitespace", 6},
      {"{\"a\":1, \"b\":2}", "whitespace", 7},
      {"[1, 2]", "whitespace", 3},
      {"[ ]", "whitespace", 1},
      {"{\"b\":1,\"a\":2}", "key_order", 7},
      {"{\"a\":1,\"\":2}", "key_order", 7},
      {"{\"aa\":1,\"a\":2}", "key_order", 8},
      {"{\"\uE000\":1,\"\U0001F600\":2}", "key_order", 9},
      {"\"\\/\"", "escape_form", 1},
      {"\"\\u0041\"", "escape_form", 1},
      {"\"\\u000a\"", "escape_form", 1},
      {"\"\\u0008\"", "escape_form", 1},
      {"\"\\u001F\"", "escape_form", 1},
      {"\"\\u000B\"", "escape_form", 1},
      {"\"\\u007f\"", "escape_form", 1},
      {"\"\\u0022\"", "escape_form", 1},
      {"\"\\ud83d\\ude00\"", "escape_form", 1},
  };
  for (const auto& expected : table) {
    expect_refused(parse_canonical(expected.text), errc::not_canonical, expected);
    const auto value = parse(expected.text);
    ASSERT_TRUE(value) << expected.text;
    EXPECT_NE(canonical(*value), expected.text);
  }
}

TEST(json_parse_canonical, keeps_the_refusals_of_the_subset) {
  const refusal table[] = {{"1.0", "not_an_integer", 0},
                           {"-0", "negative_zero", 0},
                           {"{\"b\":1,\"a\":1,\"b\":1}", "key_order", 7},
                           {"{\"a\":1,\"a\":1}", "duplicate_key", 7}};
  for (const auto& expected : table) {
    const bool order = expected.rule == "key_order";
    expect_refused(parse_canonical(expected.text), order ? errc::not_canonical : errc::malformed,
                   expected);
  }
}

}  // namespace
}  // namespace autocusto::json
