// What a person enters, as it is kept: nothing in it that nobody can see.
#include <fstream>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "shared/domain/characters.hpp"
#include "shared/domain/entry.hpp"
#include "shared/domain/text.hpp"
#include "shared/domain/validate.hpp"

namespace autocusto::domain {
namespace {

const nlohmann::json& vectors() {
  static const auto read = [] {
    std::ifstream in(SYNC_SOURCE_DIR "/docs/vectors/entry.json");
    return nlohmann::json::parse(in);
  }();
  return read;
}

TEST(VisibleText, HoldsWhatCanBeSeen) {
  const std::pair<const char*, const char*> rows[] = {
      {"", ""},
      {"Rua das Flores, 12", "Rua das Flores, 12"},
      {" Ana ", "Ana"},
      {"Ana\u00A0da\u2003 Silva\u3000", "Ana da Silva"},
      {"Ana  da\t\nSilva", "Ana da Silva"},
      {"\uFEFFAna\u200B \u200EMa\u00ADria\u202C", "Ana Maria"},
      {"Joa\u200B\u0303o", "João"},
      {"Jo\u200D\u00E3o\u200C", "João"},
      {"\u0D28\u0D4D\u200D", "\u0D28\u0D4D\u200D"},
      {"\u0303\u0D4D\u200C", "\u0D4D\u0303"},  // NFC puts the mark without a joiner last
      {"\u0928\u093C\u200C", "\u0929"},        // NFC makes one letter of letter and mark
      {"\u0D28\u0D4D\u200D Ana", "\u0D28\u0D4D\u200D Ana"},
      {"\u0646\u0645\u06CC\u200C\u062F\u0627\u0646", "\u0646\u0645\u06CC\u200C\u062F\u0627\u0646"},
      {"\u0646\u0645\u200C", "\u0646\u0645"},
      {"\U0001F468\u200D\U0001F469", "\U0001F468\u200D\U0001F469"},
      {"2ª Vara ½", "2ª Vara ½"},
      {"\u200B\u00A0", ""},
  };
  for (const auto& [text, seen] : rows) {
    EXPECT_EQ(visible_text(text), seen);
    EXPECT_EQ(visible_text(visible_text(text)), seen);
  }
  EXPECT_EQ(visible_text(" a\xFF "), " a\xFF ");
}

TEST(VisibleText, LookAlikeMeansDifferentForNobody) {
  EXPECT_TRUE(look_alike("Rua A", "Rua A "));
  EXPECT_TRUE(look_alike("Rua A", "Rua\u00A0A"));
  EXPECT_TRUE(look_alike("Joa\u0303o", "João"));
  EXPECT_FALSE(look_alike("Rua A", "Rua A"));
  EXPECT_FALSE(look_alike("Rua A", "Rua B"));
  EXPECT_FALSE(look_alike("Rua A", "RuaA"));
}

TEST(MarkUnseen, ShowsBlanksThatNobodySees) {
  for (const auto& row : vectors().at("marks")) {
    EXPECT_EQ(mark_unseen(row.at("text").get<std::string>()), row.at("marked")) << row;
  }
}

TEST(ToldApart, OnlyTextsThatLookAlikeAreMarked) {
  using list = std::vector<std::string>;
  EXPECT_EQ(told_apart({"Rua A", "Rua A ", "Rua B "}), (list{"Rua A", "Rua A␣", "Rua B "}));
  EXPECT_EQ(told_apart({"Rua A ", "Rua A "}), (list{"Rua A ", "Rua A "}));
  EXPECT_EQ(told_apart({}), list{});
}

TEST(EnteredLines, FollowTheVectors) {
  const auto& rows = vectors().at("lines");
  ASSERT_GE(rows.size(), 4U);
  for (const auto& row : rows) {
    const auto kept = entered_lines(row.at("typed").get<std::string>());
    EXPECT_EQ(kept.value(), row.at("kept")) << row;
    EXPECT_EQ(entered_lines(*kept).value(), *kept) << row;
  }
  EXPECT_FALSE(entered_lines("a\xFF"));
}

bool line_or_blank(std::int32_t p) {
  return (p >= '\t' && p <= '\r') || p == 0x85 || p == 0x2028 || p == 0x2029;
}

/// By the tables themselves, so that no control and no mark of direction is forgotten.
TEST(VisibleText, HoldsNoControlPointButJoinersAndTheSignsOfScripts) {
  const std::set<std::int32_t> seen{0x600, 0x601, 0x602, 0x603,   0x604,   0x605,  0x6DD, 0x70F,
                                    0x890, 0x891, 0x8E2, 0x110BD, 0x110CD, 0x200C, 0x200D};
  for (std::int32_t p = 0; p <= 0xE0FFF; ++p) {
    if (!is_control_point(p) || seen.contains(p)) continue;
    if (p >= 0x13430 && p <= 0x1343F) continue;  // they arrange hieroglyphs
    std::string text = "a";
    append_point(text, p);
    EXPECT_EQ(visible_text(text + "b"), line_or_blank(p) ? "a b" : "ab") << std::hex << p;
  }
}

field_spec spec_of(const nlohmann::json& row) {
  for (const auto rule : {field_rule::none, field_rule::weight, field_rule::height, field_rule::cns,
                          field_rule::email, field_rule::phone, field_rule::cep}) {
    if (rule_name(rule) != row.at("rule")) continue;
    field_spec out;
    out.name = "x";
    out.max_length = row.at("max");
    out.rule = rule;
    return out;
  }
  throw std::out_of_range("a vector of an unknown rule");
}

/// The page runs the same vectors (client/web/page/src/logic/entry.test.ts).
TEST(EnteredText, FollowsTheVectors) {
  const auto& rows = vectors().at("fields");
  ASSERT_GT(rows.size(), 30U);
  for (const auto& row : rows) {
    const auto spec = spec_of(row);
    const auto kept = entered_text(spec, row.at("typed").get<std::string>());
    EXPECT_EQ(kept.value(), row.at("kept")) << row;
    EXPECT_EQ(entered_text(spec, *kept).value(), *kept) << row;
    record_kind kind;
    kind.fields = {spec};
    const auto problems = validate_fields(kind, {{"x", *kept}}, version_status::active, {});
    EXPECT_EQ(problems.empty(), row.at("valid")) << row;
  }
  EXPECT_EQ(entered_text({}, "a\xFF").error().code, errc::malformed);
}

TEST(EnteredKeys, FollowTheVectors) {
  for (const auto& row : vectors().at("keys")) {
    const auto key =
        normalise_key(row.at("kind").get<std::string>(), row.at("typed").get<std::string>());
    EXPECT_EQ(key ? nlohmann::json(*key) : nlohmann::json(), row.at("key")) << row;
  }
  EXPECT_EQ(lookup_key("patient", "\u200B#60\u00A0").value(), "#60");
}

}  // namespace
}  // namespace autocusto::domain
