// What a typed term finds: names as people type them.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "shared/domain/search.hpp"

namespace autocusto::domain {
namespace {

const std::string k_key = "11144477735";

bool finds(const std::string& term, const std::string& name) {
  return search_term(term).finds(fold_name(name), k_key);
}

struct row {
  const char* name;
  std::vector<std::string> found_by;
  std::vector<std::string> not_found_by;
};

TEST(Search, FindsNamesAsPeopleTypeThem) {
  const row rows[] = {
      {"João da Conceição",
       {"joao", "JOÃO", "conc", "da  conceicao", "joao ", " joao", "joao\u00A0da", "Joa\u0303o",
        "conceicao joao", "jo co", "cei"},
       {"joana", "joao silva", "daconceicao", "."}},
      {"Ana-Lúcia D\u2019Ávila",
       {"ana lucia", "ana-lucia", "analucia", "ana\u2011lucia", "davila", "d'avila", "d\u2019avila",
        "D\u02BCAvila", "d avila", "avila", "avila ana", "ana lucia davila"},
       {"analuciadavila", "ana luciana"}},
      {"Ana Lucia D'Avila", {"ana-lúcia d\u2019ávila", "davila", "d`avila"}, {}},
      {"João  Antônio\u00A0 da Conceição",
       {"joao antonio", "conceicao antonio", "joao conceicao", "antonio da"},
       {"antonia"}},
      {"Se\u00ADbas\u200Btião", {"sebastiao", "sebas\u00ADtiao"}, {}},
      {"\uFF2A\uFF4F\uFF53\uFF45 Ofi\uFB01no", {"jose", "ofifino"}, {}},
      {"Silva, Maria (viúva)", {"maria silva", "silva,maria", "viuva", "(viuva)"}, {}},
      {"Álvaro 100% _'<b>", {"%", "<b>", "100%", "_"}, {"'", "-"}},
      {"100.000 Reais", {"100 000", "reais 100"}, {}},
  };
  for (const auto& each : rows) {
    for (const auto& term : each.found_by)
      EXPECT_TRUE(finds(term, each.name)) << each.name << " | " << term;
    for (const auto& term : each.not_found_by)
      EXPECT_FALSE(finds(term, each.name)) << each.name << " | " << term;
  }
}

TEST(Search, FindsByTheMotherTheCityAndTheTelephone) {
  const auto name = fold_name("João da Silva");
  const auto more = fold_name("Antônia Pereira Belém");
  const auto finds_with = [&](const std::string& term) {
    return search_term(term).finds_with(name, more, "91912345678 9132123456");
  };
  for (const char* term : {"joao antonia", "belem silva", "pereira", "9123", "(91) 3212-3456"}) {
    EXPECT_TRUE(finds_with(term)) << term;
  }
  for (const char* term : {"joao maria", "912", "5555", "", " "}) {
    EXPECT_FALSE(finds_with(term)) << term;
  }
}

TEST(Search, OneWrongLetterIsForgiven) {
  const auto nearly = [](const std::string& term) {
    return search_term(term).finds_nearly(fold_name("Terezinha Conceição Luz"));
  };
  for (const char* term : {"teresinha", "terezinna", "conceicao terezinah", "terezina",
                           "tterezinha", "tere", "luz teresinha", "tirez"}) {
    EXPECT_TRUE(nearly(term)) << term;
  }
  for (const char* term : {"terasinna", "lus", "teresinha lus", "joao", "", "."}) {
    EXPECT_FALSE(nearly(term)) << term;
  }
}

TEST(Search, ABlankTermFindsAll) {
  for (const char* term : {"", " ", "\u00A0", "\u200B\t"}) EXPECT_TRUE(finds(term, "Ana")) << term;
}

TEST(Search, NumbersAreLookedForInTheKeyHoweverTheyArePasted) {
  for (const char* term :
       {"111.444", "11144477735", "111.444.777-35", "111 444 777 35", "111.444.777\u201135",
        "\u200E111.444.777-35\u00A0", "444777\u200B35", "\uFF11\uFF11\uFF11\uFF14"}) {
    EXPECT_TRUE(finds(term, "Ana")) << term;
  }
  for (const char* term : {"222", "111a", "ana 111"}) EXPECT_FALSE(finds(term, "Ana")) << term;
  EXPECT_TRUE(search_term("#60").finds(fold_name("x"), "#60") == false) << "no digit key form";
  EXPECT_TRUE(search_term("60").finds(fold_name("x"), "#60"));
}

TEST(Search, SortsByTheWordsOfTheName) {
  EXPECT_EQ(fold_name("  D\u2019Ávila-Souza, Ana ").words, "d avila souza ana");
  EXPECT_EQ(fold_name("  D\u2019Ávila-Souza, Ana ").joined, "davilasouza ana");
  EXPECT_EQ(fold_name("Ana").joined, "");
  EXPECT_EQ(fold_name("A\xFF-b").words, "A\xFF b") << "not UTF-8, and still something";
}

}  // namespace
}  // namespace autocusto::domain
