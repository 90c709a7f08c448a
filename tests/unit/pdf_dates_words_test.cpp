// Dates of months, and quantities in words: tables of what has to stand on paper.
#include <set>
#include <stdexcept>

#include <gtest/gtest.h>

#include "client/pdf/dates.hpp"
#include "client/pdf/words.hpp"

namespace autocusto::pdf {
namespace {

std::string dates(const char* start, int months, date_policy policy) {
  std::string out;
  for (const auto& day : dates_of_months(*date_from_iso(start), months, policy)) {
    out += (out.empty() ? "" : " ") + (day ? brazilian_text(*day).substr(0, 5) : "-");
  }
  return out;
}

TEST(PdfDates, MonthsByEachPolicy) {
  using enum date_policy;
  EXPECT_EQ(dates("2027-01-31", 6, every_30_days), "31/01 02/03 01/04 01/05 31/05 30/06");
  EXPECT_EQ(dates("2027-01-31", 6, monthly), "31/01 28/02 31/03 30/04 31/05 30/06");
  EXPECT_EQ(dates("2027-01-31", 3, blank), "- - -");
  EXPECT_EQ(dates("2027-01-31", 3, all_the_same), "31/01 31/01 31/01");
  EXPECT_EQ(dates("2028-01-31", 2, monthly), "31/01 29/02");
  EXPECT_EQ(dates("2027-08-31", 6, monthly), "31/08 30/09 31/10 30/11 31/12 31/01");
  EXPECT_EQ(dates("2027-10-15", 4, every_30_days), "15/10 14/11 14/12 13/01");
  EXPECT_EQ(dates("2028-02-29", 2, every_30_days), "29/02 30/03");
  EXPECT_EQ(dates("2027-12-01", 1, every_30_days), "01/12");
}

TEST(PdfDates, TextForms) {
  EXPECT_EQ(brazilian_text(*date_from_iso("2027-02-03")), "03/02/2027");
  EXPECT_EQ(iso_text(*date_from_iso("2027-02-03")), "2027-02-03");
  for (const char* wrong : {"", "2027-2-3", "2027-02-30", "2027-13-01", "2027-00-01", "1899-12-31",
                            "2027-02-03 ", "20270203", "+027-02-03", "2027--2-03", "31/01/2027"}) {
    EXPECT_FALSE(date_from_iso(wrong)) << wrong;
  }
}

TEST(PdfDates, PoliciesHaveOneNameEach) {
  for (const char* name : {"30dias", "mensal", "em-branco", "todas-iguais"}) {
    ASSERT_TRUE(policy_from_name(name)) << name;
    EXPECT_EQ(policy_name(*policy_from_name(name)), name);
  }
  EXPECT_FALSE(policy_from_name("30 dias"));
}

TEST(PdfWords, Numbers) {
  const struct {
    int number;
    const char* masculine;
    const char* feminine;
  } table[] = {
      {0, "zero", "zero"},
      {1, "um", "uma"},
      {2, "dois", "duas"},
      {14, "quatorze", "quatorze"},
      {21, "vinte e um", "vinte e uma"},
      {30, "trinta", "trinta"},
      {100, "cem", "cem"},
      {101, "cento e um", "cento e uma"},
      {120, "cento e vinte", "cento e vinte"},
      {200, "duzentos", "duzentas"},
      {372, "trezentos e setenta e dois", "trezentas e setenta e duas"},
      {999, "novecentos e noventa e nove", "novecentas e noventa e nove"},
      {1000, "mil", "mil"},
      {1001, "mil e um", "mil e uma"},
      {1050, "mil e cinquenta", "mil e cinquenta"},
      {1100, "mil e cem", "mil e cem"},
      {1234, "mil duzentos e trinta e quatro", "mil duzentas e trinta e quatro"},
      {2000, "dois mil", "duas mil"},
      {2500, "dois mil e quinhentos", "duas mil e quinhentas"},
      {9999, "nove mil novecentos e noventa e nove", "nove mil novecentas e noventa e nove"},
  };
  for (const auto& [number, masculine, feminine] : table) {
    EXPECT_EQ(number_in_words(number), masculine);
    EXPECT_EQ(number_in_words(number, true), feminine);
  }
  EXPECT_THROW((void)number_in_words(10'000), std::out_of_range);
  EXPECT_THROW((void)number_in_words(-1), std::out_of_range);
}

TEST(PdfWords, NoTwoNumbersReadTheSame) {
  std::set<std::string> seen;
  for (int number = 0; number <= 9999; ++number) {
    EXPECT_TRUE(seen.insert(number_in_words(number)).second) << number;
    const std::string words = number_in_words(number);
    EXPECT_EQ(words.find("  "), std::string::npos) << words;
  }
}

TEST(PdfWords, Units) {
  const struct {
    const char* unit;
    const char* one;
    const char* two;
  } table[] = {
      {"comprimido", "1 (um) comprimido", "2 (dois) comprimidos"},
      {"comprimidos", "1 (um) comprimido", "2 (dois) comprimidos"},
      {"Comprimido(s)", "1 (um) comprimido", "2 (dois) comprimidos"},
      {"COMPRIMIDO", "1 (um) comprimido", "2 (dois) comprimidos"},
      {"cápsula", "1 (uma) cápsula", "2 (duas) cápsulas"},
      {"CÁPSULA", "1 (uma) cápsula", "2 (duas) cápsulas"},
      {"ampola", "1 (uma) ampola", "2 (duas) ampolas"},
      {"frasco-ampola", "1 (um) frasco-ampola", "2 (dois) frascos-ampola"},
      {"frascos-ampola", "1 (um) frasco-ampola", "2 (dois) frascos-ampola"},
      {"seringa preenchida", "1 (uma) seringa preenchida", "2 (duas) seringas preenchidas"},
      {"caneta preenchida", "1 (uma) caneta preenchida", "2 (duas) canetas preenchidas"},
      {"comprimido revestido", "1 (um) comprimido revestido", "2 (dois) comprimidos revestidos"},
      {"frasco de 10 mL", "1 (um) frasco de 10 mL", "2 (dois) frascos de 10 mL"},
      {"adesivo transdérmico", "1 (um) adesivo transdérmico", "2 (dois) adesivos transdérmicos"},
      {"refil", "1 (um) refil", "2 (dois) refis"},
      {"sachê", "1 (um) sachê", "2 (dois) sachês"},
      {"dose", "1 (uma) dose", "2 (duas) doses"},
      {"aplicação", "1 (uma) aplicação", "2 (duas) aplicações"},
      {"unidade", "1 (uma) unidade", "2 (duas) unidades"},
      {"mL", "1 (um) mL", "2 (dois) mL"},
      {"UI", "1 (um) UI", "2 (dois) UI"},
      {"UI/mL", "1 (um) UI/mL", "2 (dois) UI/mL"},
      {"mg/dose", "1 (um) mg/dose", "2 (dois) mg/dose"},
      {"", "1 (um)", "2 (dois)"},
      {"cartela", "1 (uma) cartela", "2 (duas) cartelas"},
      {"flacon", "1 (um) flacon", "2 (dois) flacones"},
      {"bolsa flexível", "1 (uma) bolsa flexível", "2 (duas) bolsas flexíveis"},
  };
  for (const auto& [unit, one, two] : table) {
    EXPECT_EQ(quantity_in_words(1, unit), one);
    EXPECT_EQ(quantity_in_words(2, unit), two);
  }
  EXPECT_EQ(quantity_in_words(200, "ampola"), "200 (duzentas) ampolas");
}

}  // namespace
}  // namespace autocusto::pdf
