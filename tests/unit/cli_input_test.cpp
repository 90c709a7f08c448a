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
  if (!read) return read.error().message;
  for (const auto& row : *read) {
    if (row.wrong) return "Line " + std::to_string(row.line) + ": " + row.wrong->message;
  }
  return "none";
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

TEST(csv, tells_every_row_that_is_wrong_and_reads_the_others) {
  const auto rows = read_csv(
                        "a,b\n"
                        "1\n"              // 2: short
                        "\"x\"y,1\n"       // 3: text behind a quote
                        "\"open,1\n"       // 4: swallows what follows up to the next quote
                        "1,2\n"            // 5
                        "\"in,side\",2\n"  // 6
                        "1,\xE3\n"         // 7: no UTF-8
                        "\"to\nday\",2\n"  // 8 and 9
                        "1,\"open\n"       // 10: to the end
                        "3,4\n")
                        .value();
  std::vector<std::size_t> wrong, right;
  for (const auto& row : rows) (row.wrong ? wrong : right).push_back(row.line);
  EXPECT_THAT(wrong, ElementsAre(2, 3, 4, 7, 10));
  EXPECT_THAT(right, ElementsAre(1, 5, 6, 8, 11));
}

TEST(csv, reads_a_table_of_wrong_quotes_in_linear_time) {
  std::string text = "a,b\n";
  for (int i = 0; i < 200'000; ++i) text += i % 3 == 0 ? "1,\"x\n" : "\"\",2\n";
  EXPECT_EQ(read_csv(text).value().size(), 200'001U);
}

TEST(csv, is_told_from_json) {
  EXPECT_TRUE(looks_like_csv("cpf;rg\n"));
  EXPECT_TRUE(looks_like_csv("cpf\trg\n"));
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

/// The lines that are no edits, and those that are.
std::pair<std::vector<std::size_t>, std::vector<std::size_t>> lines_of(std::string_view text) {
  std::pair<std::vector<std::size_t>, std::vector<std::size_t>> out;
  for (const auto& edit : parse_records("patient", std::nullopt, text).value()) {
    (edit.unreadable ? out.first : out.second).push_back(edit.line);
  }
  return out;
}

TEST(wrong_lines_of_a_file, are_all_told_and_hide_no_others) {
  const auto lines =
      lines_of("{\"cpf\":\"1\"}\n{\"rg\":\"1\"}\n{\"cpf\":\"2\"}\n{\"cpf\":3}\nnot json\n{\n");
  EXPECT_THAT(lines.first, ElementsAre(2, 4, 5, 6));
  EXPECT_THAT(lines.second, ElementsAre(1, 3));
  const auto rows = lines_of("cpf;incapaz\n1;maybe\n2;sim\n;sim\n3\n4;\"x\n");
  EXPECT_THAT(rows.first, ElementsAre(2, 4, 5, 6));
  EXPECT_THAT(rows.second, ElementsAre(3));
  const auto items = lines_of("[{\"cpf\":\"1\"},{\"rg\":\"1\"},7]");
  EXPECT_THAT(items.first, ElementsAre(2, 3));
  EXPECT_THAT(items.second, ElementsAre(1));
}

TEST(records_of_a_table, may_be_parted_by_tabs) {
  const auto edits =
      parse_records("patient", std::nullopt, "cpf\tnome_paciente\r\n1\tSilva, Ana; a outra\r\n")
          .value();
  ASSERT_EQ(edits.size(), 1U);
  EXPECT_EQ(edits[0].fields.at("nome_paciente"),
            domain::field_value(std::string("Silva, Ana; a outra")));
}

TEST(other_files, are_told_by_what_they_are) {
  const std::pair<std::string, const char*> table[] = {
      {"", "is empty"},
      {"\xEF\xBB\xBF\r\n ", "is empty"},
      {std::string("PK\x03\x04\x14\0", 6), "workbook"},
      {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "workbook"},
      {std::string("\xFF\xFE"
                   "c\0p\0f\0",
                   8),
       "not UTF-8"},
      {"not json\n", "neither JSON nor a table"},
  };
  for (const auto& [text, said] : table) {
    const auto read = parse_records("patient", std::nullopt, text);
    ASSERT_FALSE(read) << said;
    EXPECT_THAT(read.error().message, HasSubstr(said));
  }
}

}  // namespace
}  // namespace autocusto::cli
