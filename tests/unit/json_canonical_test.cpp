#include <limits>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "shared/crypto/random.hpp"
#include "shared/json/canonical.hpp"
#include "shared/json/text.hpp"

namespace autocusto::json {
namespace {

using namespace std::string_view_literals;

TEST(canonical, follows_the_example_of_rfc_8785_section_3_2_2_without_its_floats) {
  const auto value = parse(R"({
    "numbers": [333333333, 4, 2, 0],
    "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
    "literals": [null, true, false]
  })");
  ASSERT_TRUE(value);
  EXPECT_EQ(canonical(*value),
            "{\"literals\":[null,true,false],\"numbers\":[333333333,4,2,0],"
            "\"string\":\"\u20ac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
}

TEST(canonical, sorts_as_the_example_of_rfc_8785_section_3_2_3) {
  const auto value = parse(R"({
    "\u20ac": "Euro Sign",
    "\r": "Carriage Return",
    "\ufb33": "Hebrew Letter Dalet With Dagesh",
    "1": "One",
    "\ud83d\ude00": "Emoji: Grinning Face",
    "\u0080": "Control",
    "\u00f6": "Latin Small Letter O With Diaeresis"
  })");
  ASSERT_TRUE(value);
  EXPECT_EQ(canonical(*value),
            "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\","
            "\"\u00f6\":\"Latin Small Letter O With Diaeresis\",\"\u20ac\":\"Euro Sign\","
            "\"\U0001F600\":\"Emoji: Grinning Face\","
            "\"\uFB33\":\"Hebrew Letter Dalet With Dagesh\"}");
}

TEST(canonical, sorts_supplementary_keys_before_those_from_e000) {
  const nlohmann::json value = {
      {"\uD7FF", 1}, {"\uE000", 3}, {"\uFFFF", 4}, {"\U00010000", 2}, {"\U0010FFFFx", 2}};
  EXPECT_EQ(canonical(value),
            "{\"\uD7FF\":1,\"\U00010000\":2,\"\U0010FFFFx\":2,\"\uE000\":3,\"\uFFFF\":4}");
}

TEST(canonical, writes_integers_of_either_kind) {
  EXPECT_EQ(canonical(std::uint64_t{1} << 53), "9007199254740992");
  EXPECT_EQ(canonical(-(std::int64_t{1} << 53)), "-9007199254740992");
  EXPECT_EQ(canonical(0), "0");
  EXPECT_EQ(canonical(7U), "7");
}

TEST(canonical, throws_for_values_outside_the_subset) {
  const nlohmann::json table[] = {
      1.0,
      std::numeric_limits<double>::quiet_NaN(),
      (std::int64_t{1} << 53) + 1,
      -(std::int64_t{1} << 53) - 1,
      (std::uint64_t{1} << 53) + 1,
      std::numeric_limits<std::uint64_t>::max(),
      std::numeric_limits<std::int64_t>::min(),
      "\xFF",
      std::string("a\0b", 3),
      nlohmann::json::binary({1, 2}),
      nlohmann::json(nlohmann::json::value_t::discarded),
      nlohmann::json{{"a", {1, 2, 0.5}}},
      nlohmann::json{{"\xED\xA0\x80", 1}},
  };
  for (const auto& value : table) {
    EXPECT_THROW(static_cast<void>(canonical(value)), std::logic_error);
    EXPECT_FALSE(try_canonical(value));
  }
}

TEST(text, knows_valid_utf8) {
  EXPECT_FALSE(invalid_utf8_at(""));
  EXPECT_FALSE(invalid_utf8_at("a\x7F\u0080\u07FF\u0800\uD7FF\uE000\uFFFF\U00010000\U0010FFFF"));
  EXPECT_EQ(invalid_utf8_at("ab\xC3"), 2U);
  EXPECT_EQ(invalid_utf8_at("\xED\xA0\x80"), 0U);
  EXPECT_TRUE(valid_text("João"));
  EXPECT_FALSE(valid_text("Jo\xE3o"));
  EXPECT_FALSE(invalid_utf8_at("a\0"sv));
  EXPECT_FALSE(valid_text("a\0"sv));
}

TEST(text, counts_code_points) {
  EXPECT_EQ(code_points(""), 0U);
  EXPECT_EQ(code_points("João 😀"), 6U);
}

TEST(text, compares_by_utf16) {
  EXPECT_FALSE(utf16_less("", ""));
  EXPECT_TRUE(utf16_less("", "a"));
  EXPECT_FALSE(utf16_less("a", ""));
  EXPECT_TRUE(utf16_less("a", "ab"));
  EXPECT_TRUE(utf16_less("é", "€"));
  EXPECT_TRUE(utf16_less("x\U0001F600", "x\uE000"));
  EXPECT_FALSE(utf16_less("x\uE000", "x\U0001F600"));
  EXPECT_TRUE(utf16_less("\uD7FF", "\U0001F600"));
  EXPECT_TRUE(utf16_less("\uE000", "\uF000"));
  EXPECT_TRUE(utf16_less("\U00010000", "\U00100000"));
}

}  // namespace
}  // namespace autocusto::json
