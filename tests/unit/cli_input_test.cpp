// What `patient save --from FILE` reads: tables, and files of lines of which several are wrong.

#include <gmock/gmock.h>

#include "client/cli/csv.hpp"
#include "client/cli/input.hpp"

namespace autocusto::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::vector<std::vector<std::string>> cells(std::string_view text) {
  std::vector<std::vector<std::string>> out;
  for (auto& row : read_csv(text).value()) out.push_back(std::move(row.cells));
  return out;
}

std::string problem(std::string_view text) {
  const auto read = read_csv(text);
  return read ? "none" : read.error().message;
}

TEST(csv, reads_what_spreadsheets_write) {
  using table = std::vector<std::vector<std::string>>;
  EXPECT_EQ(cells("cpf,rg\n1,2\n"), (table{{"cpf", "rg"}, {"1", "2"}}));
  EXPECT_EQ(cells("cpf;rg\r\n1;2,5\r\n\r\n3;"), (table{{"cpf", "rg"}, {"1", "2,5"}, {"3", ""}}));
  EXPECT_EQ(cells("cpf;rg\n1;\"a;b\"\n2;\"say \"\"x\"\"\nhere\""),
            (table{{"cpf", "rg"}, {"1", "a;b"}, {"2", "say \"x\"\nhere"}}));
}

TEST(csv, tells_the_line_of_what_is_wrong) {
  EXPECT_THAT(problem("a,b\n1\n"), StartsWith("Line 2: The row has more or fewer cells"));
  EXPECT_THAT(problem("a,b\n\"x\ny\",2\n1,2,3\n"), StartsWith("Line 4: "));
  EXPECT_THAT(problem("a,b\n1,\"x\n"), StartsWith("Line 2: A quote is opened"));
  EXPECT_THAT(problem("a,b\n\"x\"y,1\n"), StartsWith("Line 2: Text follows"));
  EXPECT_THAT(problem("a,b\n1,2\n1,Jo\xE3o\n"), StartsWith("Line 3: The text is not UTF-8"));
}

TEST(csv, is_told_from_json) {
  EXPECT_TRUE(looks_like_csv("cpf;rg\n"));
  EXPECT_FALSE(looks_like_csv("{\"rg\":\"1\",\"x\":2}"));
  EXPECT_FALSE(looks_like_csv("\n [1,2]"));
  EXPECT_FALSE(looks_like_csv("hello"));
  EXPECT_FALSE(looks_like_csv(""));
}

TEST(records_of_a_table, take_cells_and_leave_empty_ones_out) {
  const auto edits = parse_records("patient", std::nullopt,
                                   "\xEF\xBB\xBF"
                                   "cpf;nome_paciente; incapaz;rg;summary\n"
                                   "111.444.777-35;João;sim;;Da planilha\n"
                                   "52998224725;Ana;não;7;\n")
                         .value();
  ASSERT_EQ(edits.size(), 2U);
  EXPECT_EQ(edits[0].key, "111.444.777-35");
  EXPECT_EQ(edits[0].summary, "Da planilha");
  EXPECT_EQ(edits[0].fields.size(), 2U) << "an empty cell gives nothing";
  EXPECT_EQ(edits[0].fields.at("incapaz"), domain::field_value(true));
  EXPECT_EQ(edits[1].line, 3U);
  EXPECT_EQ(edits[1].fields.at("rg"), domain::field_value(std::string("7")));
  EXPECT_FALSE(edits[1].summary);
}

TEST(records_of_a_table, need_a_header_that_means_something) {
  const auto said = [](std::string_view text) {
    const auto read = parse_records("patient", std::nullopt, text);
    return read ? std::string("fine") : read.error().message;
  };
  EXPECT_THAT(said("cpf;nome\n1;2\n"), HasSubstr("names no field"));
  EXPECT_THAT(said("cpf;rg;rg\n1;2;3\n"), HasSubstr("twice"));
  EXPECT_THAT(said("cpf;key\n1;2\n"), HasSubstr("twice"));
  EXPECT_THAT(said("rg;peso\n1;2\n"), HasSubstr("lacks the column key"));
  EXPECT_THAT(said("cpf;rg\n"), HasSubstr("holds no record"));
}

std::vector<std::string> wrong_lines(std::string_view text) {
  replica::edit_problems why;
  EXPECT_FALSE(parse_records("patient", std::nullopt, text, &why));
  std::vector<std::string> out;
  for (const auto& one : why.problems) out.push_back(one.message.substr(0, one.message.find(':')));
  return out;
}

TEST(wrong_lines_of_a_file, are_all_told) {
  EXPECT_THAT(wrong_lines("{\"cpf\":\"1\"}\n{\"rg\":\"1\"}\n{\"cpf\":\"2\"}\n{\"cpf\":3}\n{\n"),
              ElementsAre("Line 2", "Line 4", "Line 5"));
  EXPECT_THAT(wrong_lines("cpf;incapaz\n1;maybe\n2;sim\n;sim\n"), ElementsAre("Line 2", "Line 4"));
}

TEST(wrong_lines_of_a_file, are_told_up_to_fifty) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += "{\"cpf\":1}\n";
  EXPECT_EQ(wrong_lines(text).size(), 50U);
}

}  // namespace
}  // namespace autocusto::cli
