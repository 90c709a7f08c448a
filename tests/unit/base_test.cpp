#include <random>
#include <set>

#include <gtest/gtest.h>

#include "shared/base/bytes.hpp"
#include "shared/base/clock.hpp"
#include "shared/base/error.hpp"
#include "shared/base/ids.hpp"

namespace autocusto {
namespace {

using namespace std::string_view_literals;

TEST(hex, writes_lower_case_and_reads_only_that) {
  EXPECT_EQ(to_hex(""), "");
  EXPECT_EQ(to_hex("\x00\x01\xAB\xFF"sv), "0001abff");
  EXPECT_EQ(from_hex(""), bytes());
  EXPECT_EQ(from_hex("0001abff"), bytes("\x00\x01\xAB\xFF"sv));
  for (const auto wrong : {"0"sv, "abc"sv, "AB"sv, "aB"sv, "0g"sv, " 0"sv, "0x"sv, "0\0"sv}) {
    EXPECT_FALSE(from_hex(wrong)) << wrong;
  }
}

TEST(base64url, follows_the_vectors_of_rfc_4648_without_padding) {
  const std::pair<std::string_view, std::string_view> table[] = {
      {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
      {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xFB\xFF\xBE", "-_--"},
  };
  for (const auto& [raw, text] : table) {
    EXPECT_EQ(to_base64url(raw), text);
    EXPECT_EQ(from_base64url(text), bytes(raw));
  }
}

TEST(base64url, has_one_text_for_one_value) {
  for (const auto wrong : {"Z"sv, "Zg="sv, "Zg=="sv, "Zh"sv, "Zm9"sv, "Zm+v"sv, "Zm/v"sv,
                           "Zm9v\n"sv, "Zm 9v"sv, "Zm9vZ"sv}) {
    EXPECT_FALSE(from_base64url(wrong)) << wrong;
  }
}

TEST(text_forms, round_trip_for_random_bytes) {
  std::mt19937 random(20261122);
  for (std::size_t size = 0; size < 200; ++size) {
    bytes raw(size, '\0');
    for (char& c : raw) c = static_cast<char>(random());
    EXPECT_EQ(from_hex(to_hex(raw)), raw);
    EXPECT_EQ(from_base64url(to_base64url(raw)), raw);
  }
}

TEST(wipe, overwrites_the_buffer_and_empties_the_string) {
  bytes secret(100, 's');
  const char* const buffer = secret.data();
  wipe(secret);
  EXPECT_TRUE(secret.empty());
  ASSERT_EQ(secret.data(), buffer);  // the buffer is still the string's own
  EXPECT_EQ(std::string_view(buffer, 100), std::string(100, '\0'));
}

TEST(ids, uuid_form) {
  const auto id = user_id::parse("0f8fad5b-d9cb-469f-a165-70867728950e");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->text(), "0f8fad5b-d9cb-469f-a165-70867728950e");
  EXPECT_EQ(to_hex(id->raw()), "0f8fad5bd9cb469fa16570867728950e");
  for (const auto wrong :
       {""sv, "0f8fad5bd9cb469fa16570867728950e"sv, "0F8FAD5B-D9CB-469F-A165-70867728950E"sv,
        "0f8fad5b-d9cb-469f-a165-70867728950"sv, "0f8fad5b-d9cb-469f-a165-70867728950e0"sv,
        "0f8fad5bd-9cb-469f-a165-70867728950e"sv, "{f8fad5b-d9cb-469f-a165-70867728950}"sv,
        "0f8fad5b-d9cb-469f-a165-70867728950-"sv}) {
    EXPECT_FALSE(user_id::parse(wrong)) << wrong;
  }
}

TEST(ids, hex_form) {
  const std::string text(64, 'a');
  ASSERT_TRUE(version_id::parse(text));
  EXPECT_EQ(version_id::parse(text)->text(), text);
  EXPECT_FALSE(version_id::parse(std::string(64, 'A')));
  EXPECT_FALSE(version_id::parse(std::string(62, 'a')));
  EXPECT_FALSE(version_id::parse(std::string(66, 'a')));
  EXPECT_FALSE(record_id::parse(text));
}

TEST(ids, raw_form_has_exactly_the_size) {
  EXPECT_FALSE(record_id::from_raw(std::string(15, 'x')));
  EXPECT_FALSE(record_id::from_raw(std::string(17, 'x')));
  const std::string raw(16, 'x');
  EXPECT_EQ(record_id::from_raw(raw)->raw(), raw);
}

TEST(ids, sort_bytewise_as_their_texts_do) {
  const auto small = *record_id::parse("00ff0000000000000000000000000000");
  const auto great = *record_id::parse("8000000000000000000000000000000a");
  EXPECT_LT(small, great);
  EXPECT_LT(small.text(), great.text());
  EXPECT_EQ(small, *record_id::parse(small.text()));
  EXPECT_NE(std::hash<record_id>{}(small), std::hash<record_id>{}(great));
}

TEST(ids, the_fixed_ones_are_stable) {
  EXPECT_EQ(system_user().text(), "00000000-0000-4000-8000-000000000001");
  EXPECT_EQ(merge_device().text(), "00000000-0000-4000-8000-000000000002");
}

class all_ones final : public random_source {
 public:
  void fill(std::span<std::uint8_t> out) override {
    for (auto& b : out) b = 0xFF;
  }
};

TEST(random_source, makes_uuids_of_version_4_and_plain_hashes) {
  all_ones random;
  EXPECT_EQ(random.make<push_id>().text(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
  EXPECT_EQ(random.make<hash256>().text(), std::string(64, 'f'));
  EXPECT_EQ(random.bytes(3), "\xFF\xFF\xFF");
  EXPECT_EQ(random.bytes(0), "");
}

TEST(time_text, round_trips) {
  const std::pair<unix_millis, std::string_view> table[] = {
      {0, "1970-01-01T00:00:00.000Z"},
      {1, "1970-01-01T00:00:00.001Z"},
      {-1, "1969-12-31T23:59:59.999Z"},
      {1795341600123, "2026-11-22T10:00:00.123Z"},
      {951782400000, "2000-02-29T00:00:00.000Z"},
      {4102444799999, "2099-12-31T23:59:59.999Z"},
      {-62167219200000, "0000-01-01T00:00:00.000Z"},
      {253402300799999, "9999-12-31T23:59:59.999Z"},
  };
  for (const auto& [millis, text] : table) {
    EXPECT_EQ(format_time(millis), text);
    EXPECT_EQ(parse_time(text), millis) << text;
  }
}

TEST(time_text, clamps_what_has_no_four_digit_year) {
  EXPECT_EQ(format_time(INT64_MAX), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(format_time(INT64_MIN), "0000-01-01T00:00:00.000Z");
}

TEST(time_text, refuses_other_forms_and_impossible_dates) {
  for (const auto wrong :
       {""sv, "2026-11-22T10:00:00Z"sv, "2026-11-22T10:00:00.12Z"sv, "2026-11-22T10:00:00.1234Z"sv,
        "2026-11-22 10:00:00.123Z"sv, "2026-11-22T10:00:00.123z"sv,
        "2026-11-22T10:00:00.123+00:00"sv, "2026-13-01T10:00:00.123Z"sv,
        "2026-00-01T10:00:00.123Z"sv, "2026-02-29T10:00:00.123Z"sv, "2026-04-31T10:00:00.123Z"sv,
        "2026-11-22T24:00:00.000Z"sv, "2026-11-22T10:60:00.123Z"sv, "2026-11-22T10:00:60.123Z"sv,
        "+026-11-22T10:00:00.123Z"sv, "2026-1 -22T10:00:00.123Z"sv}) {
    EXPECT_FALSE(parse_time(wrong)) << wrong;
  }
}

TEST(system_clock, tells_a_time_of_this_century) {
  const auto now = system_clock_source().now();
  EXPECT_GT(now, 1'700'000'000'000);
  EXPECT_LT(now, 4'102'444'800'000);
}

/// Every code of the list, by its place in it.
std::vector<errc> all_codes() {
  std::vector<errc> codes;
  for (int i = 0; i <= static_cast<int>(errc::database); ++i) codes.push_back(static_cast<errc>(i));
  return codes;
}

TEST(error_table, names_every_code_once_and_reads_the_name_back) {
  std::set<std::string_view> names;
  for (const errc code : all_codes()) {
    const std::string_view name = code_name(code);  // throws for a code without an entry
    EXPECT_FALSE(name.empty());
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos)
        << name;
    EXPECT_TRUE(names.insert(name).second) << name << " stands twice";
    EXPECT_EQ(code_from_name(name), code) << name;
  }
}

TEST(error_table, gives_statuses_and_exit_codes_in_their_ranges) {
  for (const errc code : all_codes()) {
    EXPECT_GE(http_status(code), 400) << code_name(code);
    EXPECT_LE(http_status(code), 599) << code_name(code);
    EXPECT_GE(exit_code(code), 1) << code_name(code);
    EXPECT_LE(exit_code(code), 7) << code_name(code);
  }
  const std::pair<errc, int> exits[] = {
      {errc::internal, 1},     {errc::usage, 2},          {errc::invalid_field, 3},
      {errc::not_found, 4},    {errc::access_removed, 4}, {errc::unreachable, 5},
      {errc::view_moved, 6},   {errc::conflict_open, 6},  {errc::device_revoked, 7},
      {errc::unauthorized, 7}, {errc::user_disabled, 7},
  };
  for (const auto& [code, exit] : exits) EXPECT_EQ(exit_code(code), exit) << code_name(code);
}

TEST(error_table, does_not_know_other_names) {
  for (const auto wrong : {""sv, "Malformed"sv, "malformed "sv, "something_new"sv}) {
    EXPECT_FALSE(code_from_name(wrong)) << wrong;
  }
  EXPECT_THROW(static_cast<void>(code_name(static_cast<errc>(100'000))), std::logic_error);
}

TEST(result, carries_the_error_into_the_exception) {
  const result<int> failed = fail(errc::too_large, "It is too large.", "summary", 500);
  ASSERT_FALSE(failed);
  try {
    static_cast<void>(failed.value());
    FAIL() << "no exception";
  } catch (const error_exception& e) {
    EXPECT_EQ(e.get(), (error{errc::too_large, "It is too large.", "summary", 500}));
    EXPECT_STREQ(e.what(), "It is too large.");
  }
}

}  // namespace
}  // namespace autocusto
