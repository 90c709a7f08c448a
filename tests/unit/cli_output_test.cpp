// What a terminal is shown of other people's texts.
#include <iostream>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "shared/cli/output.hpp"
#include "shared/cli/terminal.hpp"
#include "shared/cli/usage.hpp"

namespace autocusto::cli {
namespace {

TEST(output, control_points_of_text_are_shown_as_such) {
  struct row {
    const char* text;
    const char* shown;
  };
  const row rows[] = {{"plain\n\ttext", "plain\n\ttext"},
                      {"João 診察室", "João 診察室"},
                      {"\x1B[2J", "\uFFFD[2J"},
                      {"a\rb", "a\uFFFDb"},
                      {"a\x7F", "a\uFFFD"},
                      {"\u009B31m", "\uFFFD31m"},
                      {"txt.\u202Eexe", "txt.\uFFFDexe"},
                      {"a\u2028b", "a\uFFFDb"},
                      {"a\u200Bb", "a\uFFFDb"},
                      {"a\xFFz", "a\uFFFDz"}};
  for (const auto& [text, shown] : rows) EXPECT_EQ(cleaned(text), shown) << text;
}

TEST(output, json_keeps_its_meaning_and_shows_no_control_point) {
  for (const std::string text :
       {"\u009B31m", "\u202E", "\x7F", "\U000E0001", "\u2028", "ã", "\x1B"}) {
    const auto json = nlohmann::json{{"name", text}}.dump();
    const auto clean = cleaned_json(json);
    EXPECT_EQ(nlohmann::json::parse(clean).at("name"), text);
    EXPECT_EQ(cleaned(clean), clean) << "nothing is left to clean";
  }
  EXPECT_EQ(cleaned_json("{\"a\":\"ã\"}\n"), "{\"a\":\"ã\"}\n");
  EXPECT_EQ(cleaned_json("no json \x1B[2J"), "no json \uFFFD[2J");
}

TEST(output, streams_are_cleaned_while_the_guard_lives) {
  std::ostringstream out;
  std::ostringstream err;
  auto* const cout = std::cout.rdbuf(out.rdbuf());
  auto* const cerr = std::cerr.rdbuf(err.rdbuf());
  {
    const clean_streams guard(false);
    std::cout << "schema \x1B]0;title\x07 is" << 1 << '\n';
    // A code point that comes in two parts.
    std::cout << "Jo\xC3";
    std::cout << "\xA3o" << std::endl;
    std::cerr << "\u202E" << 'x';
  }
  {
    const clean_streams guard(true);
    std::cout << nlohmann::json("\u009B");
  }
  std::cout << "\x1B";
  std::cout.rdbuf(cout);
  std::cerr.rdbuf(cerr);
  EXPECT_EQ(out.str(), "schema \uFFFD]0;title\uFFFD is1\nJoão\n\"\\u009b\"\x1B");
  EXPECT_EQ(err.str(), "\uFFFDx");
}

TEST(output, the_head_of_a_table_is_cleaned_too) {
  const auto text = table({"field", "1 \u202Eana@x.test"}, {{"peso", "\x1B[0m"}});
  EXPECT_EQ(text, "field  1 \uFFFDana@x.test\npeso   \uFFFD[0m\n");
}

TEST(usage, a_word_that_is_no_number_is_told_in_a_sentence) {
  for (const char* word : {"abc", "99999999999999999999", "7x"}) {
    CLI::App root;
    int id = 0;
    root.add_subcommand("show")->add_option("ID", id);
    const char* const argv[] = {"program", "show", word};
    try {
      root.parse(3, argv);
      FAIL() << word;
    } catch (const CLI::ParseError& what) {
      EXPECT_EQ(usage_error(root, what, 3, argv).message,
                "The value “" + std::string(word) +
                    "” is not a number that can stand there; see --help.");
    }
  }
}

}  // namespace
}  // namespace autocusto::cli
