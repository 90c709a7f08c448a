// Medicines and answers as a doctor reads them, and what differs between two of them.

#include <gmock/gmock.h>

#include "client/cli/structured_text.hpp"
#include "shared/domain/structured.hpp"

namespace autocusto::cli {
namespace {

using domain::from_map;
using domain::from_rows;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const domain::field_spec& field(const char* name) {
  return *domain::find_record_kind("process")->find(name);
}

std::vector<std::string> changes(const char* name, const domain::field_value& from,
                                 const domain::field_value& to) {
  std::vector<std::string> out;
  for (const auto& line : change_lines(&field(name), "L", from, to)) {
    out.push_back(line.what + "|" + line.from + "|" + line.to);
  }
  return out;
}

const domain::text_map k_first{{"codigo", "1"},    {"nome", "Um"},     {"via", "Oral"},
                               {"qtd_1", "30"},    {"pos_1", "Tomar"}, {"qtd_2", "30"},
                               {"pos_2", "Tomar"}, {"qtd_4", "60"}};
const domain::text_map k_second{{"codigo", "2"}, {"nome", "Dois"}, {"qtd_6", "1"}};

TEST(StructuredText, MonthsThatSayTheSameStandOnOneLine) {
  EXPECT_THAT(value_lines(&field("prescricao"), from_rows({k_first, k_second})),
              ElementsAre("1. Um · Oral", "   months 1 to 2: 30 · Tomar", "   month 4: 60",
                          "2. Dois", "   month 6: 1"));
  EXPECT_THAT(value_lines(&field("prescricao"), from_rows({})), IsEmpty());
  EXPECT_THAT(value_lines(&field("condicionais"), from_map({{"opt_a", "1"}, {"opt_b", "x"}})),
              ElementsAre("opt_a: 1", "opt_b: x"));
  EXPECT_THAT(value_lines(&field("anamnese"), std::string("História")), ElementsAre("História"));
  EXPECT_THAT(value_lines(&field("anamnese"), std::string()), IsEmpty());
  EXPECT_THAT(value_lines(nullptr, domain::structured{R"({"a":1})"}), ElementsAre(R"({"a":1})"));
}

TEST(StructuredText, ChangesNameMedicineAndMonth) {
  auto dose = k_first;
  dose["qtd_2"] = "15";
  const auto both = from_rows({k_first, k_second});
  EXPECT_THAT(changes("prescricao", both, from_rows({dose, k_second})),
              ElementsAre("L 1, Um: Quantity, month 2|30|15"));
  EXPECT_THAT(changes("prescricao", both, from_rows({k_first})),
              ElementsAre("L 2|Dois|(taken out)"));
  EXPECT_THAT(changes("prescricao", from_rows({k_first}), both),
              ElementsAre("L 2|(new)|Dois", "||month 6: 1"));
  EXPECT_THAT(changes("prescricao", both, both), IsEmpty());
  EXPECT_THAT(changes("prescricao", both, from_rows({k_second, k_first})),
              ElementsAre("L, Dois|L 2|L 1", "L, Um|L 1|L 2"));
  EXPECT_THAT(changes("condicionais", from_map({{"opt_a", "1"}}), from_map({{"opt_b", "2"}})),
              ElementsAre("L: opt_a|1|", "L: opt_b||2"));
  EXPECT_THAT(changes("tratou", std::string("nao"), std::string("sim")), ElementsAre("L|nao|sim"));
}

TEST(StructuredText, ChoicesAndAnswersAreWordsOfPeople) {
  const auto& patient = *domain::find_record_kind("patient");
  EXPECT_THAT(value_lines(patient.find("incapaz"), false), ElementsAre("no"));
  EXPECT_THAT(value_lines(patient.find("incapaz"), true), ElementsAre("yes"));
  EXPECT_THAT(value_lines(patient.find("etnia"), std::string("etnia_indigena")),
              ElementsAre("Indigenous"));
  const auto lines =
      change_lines(patient.find("etnia"), "L", std::string("etnia_si"), std::string("etnia_parda"));
  EXPECT_EQ(lines[0].from + "|" + lines[0].to, "No information|Brown (parda)");
}

/// What a newer program wrote is shown, too.
TEST(StructuredText, UnknownColumnsAreShownByTheirName) {
  auto row = k_second;
  row["lote"] = "X1";
  EXPECT_THAT(value_lines(&field("prescricao"), from_rows({row})),
              ElementsAre("1. Dois · lote: X1", "   month 6: 1"));
}

}  // namespace
}  // namespace autocusto::cli
