// The reference catalogue: what is read and refused, and under which names things are found.
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "shared/json/canonical.hpp"
#include "shared/reference/catalogue.hpp"
#include "shared/reference/index.hpp"
#include "tests/support/reference_samples.hpp"

namespace autocusto::reference {
namespace {

using test::small_catalogue;

nlohmann::json small_json() {
  return json::parse(write_catalogue(small_catalogue())).value();
}

TEST(Catalogue, ComesBackAsItWasWritten) {
  const auto text = write_catalogue(small_catalogue());
  const auto read = read_catalogue(text);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, small_catalogue());
  EXPECT_EQ(write_catalogue(*read), text);
  EXPECT_TRUE(check_catalogue(*read));
}

TEST(Catalogue, HasAHashOfAllItsContent) {
  const auto text = write_catalogue(small_catalogue());
  auto other = small_catalogue();
  other.medicines[1].max_month = 7;
  EXPECT_EQ(catalogue_hash(text), catalogue_hash(write_catalogue(small_catalogue())));
  EXPECT_NE(catalogue_hash(text), catalogue_hash(write_catalogue(other)));
}

struct refusal {
  const char* what;
  std::function<void(nlohmann::json&)> spoil;
  const char* field;
};

TEST(Catalogue, RefusesWhatBreaksARule) {
  const refusal rows[] = {
      {"no revision", [](auto& c) { c.erase("revision"); }, "revision"},
      {"an unknown member", [](auto& c) { c["more"] = 1; }, ""},
      {"a member that nobody knows", [](auto& c) { c["medicines"][0]["price"] = 1; },
       "medicines[0]"},
      {"no date", [](auto& c) { c["valid_from"] = "2026-02-30"; }, "valid_from"},
      {"a CID without its dot", [](auto& c) { c["diseases"][1]["cid"] = "G400"; },
       "diseases[1].cid"},
      {"diseases out of order", [](auto& c) { std::swap(c["diseases"][0], c["diseases"][1]); },
       "diseases[1].cid"},
      {"a disease twice", [](auto& c) { c["diseases"][1] = c["diseases"][0]; }, "diseases[1].cid"},
      {"an empty name", [](auto& c) { c["diseases"][0]["nome"] = ""; }, "diseases[0].nome"},
      {"a name with a control character", [](auto& c) { c["diseases"][0]["nome"] = "a\u202eb"; },
       "diseases[0].nome"},
      {"a code with a blank", [](auto& c) { c["medicines"][0]["code"] = "06 04"; },
       "medicines[0].code"},
      {"a quantity of none", [](auto& c) { c["medicines"][0]["max_month"] = 0; },
       "medicines[0].max_month"},
      {"ages the wrong way round", [](auto& c) { c["medicines"][0]["age_max"] = 5; },
       "medicines[0].age_min"},
      {"an unknown sex", [](auto& c) { c["medicines"][0]["sex"] = "I"; }, "medicines[0].sex"},
      {"a control list in small letters", [](auto& c) { c["medicines"][0]["control"] = "c1"; },
       "medicines[0].control"},
      {"a CID that is not there", [](auto& c) { c["medicines"][0]["cids"] = {"G36"}; },
       "medicines[0].cids"},
      {"CIDs out of order",
       [](auto& c) {
         c["medicines"][2]["cids"] = {"M05.8", "G35"};
       },
       "medicines[2].cids"},
      {"a medicine that is not there",
       [](auto& c) { c["protocols"][0]["medicines"] = {"0604000000"}; }, "protocols[0].medicines"},
      {"a question with another prefix",
       [](auto& c) { c["protocols"][0]["fields"][0]["name"] = "edss"; },
       "protocols[0].fields[0].name"},
      {"a question twice",
       [](auto& c) { c["protocols"][0]["fields"][1] = c["protocols"][0]["fields"][0]; },
       "protocols[0].fields[1].name"},
      {"a type that nobody knows",
       [](auto& c) { c["protocols"][0]["fields"][0]["type"] = "colour"; },
       "protocols[0].fields[0].type"},
      {"choices of a number", [](auto& c) { c["protocols"][0]["fields"][0]["type"] = "number"; },
       "protocols[0].fields[0].choices"},
      {"a report with a tab", [](auto& c) { c["protocols"][0]["report_first_time"] = "a\tb"; },
       "protocols[0].report_first_time"},
      {"too long until renewal", [](auto& c) { c["protocols"][0]["renew_months"] = 13; },
       "protocols[0].renew_months"},
  };
  for (const auto& row : rows) {
    auto value = small_json();
    row.spoil(value);
    const auto read = parse_catalogue(value.dump());
    ASSERT_FALSE(read) << row.what;
    EXPECT_EQ(read.error().code, errc::malformed) << row.what;
    EXPECT_EQ(read.error().field, row.field) << row.what << ": " << read.error().message;
  }
}

TEST(Catalogue, IsReadInOneFormOnly) {
  const auto text = write_catalogue(small_catalogue());
  EXPECT_EQ(read_catalogue(text + "\n").error().code, errc::not_canonical);
  EXPECT_TRUE(parse_catalogue(text + "\n"));
  auto value = small_json();
  value["diseases"][0]["retired_on"] = nullptr;
  EXPECT_EQ(read_catalogue(json::canonical(value)).error().code, errc::not_canonical);
  EXPECT_EQ(read_catalogue(std::string(k_catalogue_bytes + 1, ' ')).error().code, errc::too_large);
}

TEST(Catalogue, TellsOfANewerForm) {
  auto value = small_json();
  value["v"] = 2;
  value["more"] = 1;
  EXPECT_EQ(read_catalogue(json::canonical(value)).error().code, errc::schema_too_new);
}

TEST(Catalogue, ReadsCidsAsPeopleTypeThem) {
  const std::vector<std::pair<const char*, const char*>> rows = {
      {"G35", "G35"},     {"g35", "G35"},    {" G40.0 ", "G40.0"}, {"g400", "G40.0"},
      {"G40.", nullptr},  {"G4", nullptr},   {"40.0", nullptr},    {"G40.00", nullptr},
      {"GG0.0", nullptr}, {"", nullptr},     {"G40,0", nullptr},   {"v16.p", nullptr},
      {"B12;", nullptr},  {"t451-", nullptr}};
  for (const auto& [typed, cid] : rows) {
    EXPECT_EQ(canonical_cid(typed), cid == nullptr ? std::nullopt : std::optional<std::string>(cid))
        << typed;
  }
}

std::vector<std::string> codes(const std::vector<const medicine*>& found) {
  std::vector<std::string> out;
  for (const auto* one : found) out.push_back(one->code);
  return out;
}

TEST(CatalogueIndex, FindsByCidAndCode) {
  const catalogue_index index(small_catalogue());
  ASSERT_NE(index.find_disease("g400"), nullptr);
  EXPECT_EQ(index.find_disease("g400")->nome, "Epilepsia focal");
  EXPECT_EQ(index.find_disease("G41"), nullptr);
  EXPECT_EQ(index.find_medicine("0604530013")->name, "AZATIOPRINA 50 MG (POR COMPRIMIDO)");
  EXPECT_EQ(index.find_medicine("1"), nullptr);
  EXPECT_EQ(index.find_legacy("12"), index.find_medicine("0604320132"));
  EXPECT_EQ(index.find_legacy("13"), nullptr);
  EXPECT_EQ(index.find_protocol("esclerose-multipla")->renew_months, 6);
  EXPECT_EQ(codes(index.medicines_for("g35")),
            (std::vector<std::string>{"0604530013", "0604320132"}));
  EXPECT_TRUE(index.medicines_for("x").empty());
  ASSERT_EQ(index.protocols_for("G35").size(), 1u);
}

TEST(CatalogueIndex, ListsRetiredMedicinesLast) {
  auto value = small_catalogue();
  value.medicines[2].retired_on = "2026-08-01";
  const catalogue_index index(std::move(value));
  EXPECT_EQ(codes(index.medicines_for("G35")),
            (std::vector<std::string>{"0604320132", "0604530013"}));
}

TEST(CatalogueIndex, FindsWordsAsPeopleTypeThem) {
  struct row {
    const char* typed;
    std::vector<std::string> found;  // CIDs and codes, in this order
  };
  const row rows[] = {
      {"esclerose", {"G35", "esclerose-multipla"}},
      {"MULTIPLA escle", {"G35", "esclerose-multipla"}},
      {"g40", {"G40.0"}},
      {"G40.0", {"G40.0"}},
      {"g400", {"G40.0"}},
      {"g40 epilepsia", {"G40.0"}},
      {"artrites reumatoides", {"M05.8"}},
      {"capsula", {"0604320132"}},
      {"comprimido", {"0604530013", "0604500033"}},
      {"fingolimode 0,5", {"0604320132"}},
      {"060432", {"0604320132"}},
      {"legacy:57", {"legacy:57"}},
      {"nada disto", {}},
      {" ", {}},
      {"", {}},
  };
  const catalogue_index index(small_catalogue());
  for (const auto& row : rows) {
    const auto found = index.search(row.typed);
    std::vector<std::string> names;
    for (const auto* one : found.diseases) names.push_back(one->cid);
    for (const auto* one : found.medicines) names.push_back(one->code);
    for (const auto* one : found.protocols) names.push_back(one->code);
    EXPECT_EQ(names, row.found) << row.typed;
    EXPECT_FALSE(found.more);
  }
}

TEST(CatalogueIndex, PutsTheTypedCidFirstAndKeepsToItsLimit) {
  catalogue value;
  value.diseases = {{"G40", "Epilepsia"}, {"G40.0", "Epilepsia focal"}, {"G40.1", "Ausências"}};
  const catalogue_index index(value);
  const auto found = index.search("g401");
  ASSERT_FALSE(found.diseases.empty());
  EXPECT_EQ(found.diseases[0]->cid, "G40.1");
  const auto some = index.search("g40", 1);
  ASSERT_EQ(some.diseases.size(), 1u);
  EXPECT_EQ(some.diseases[0]->cid, "G40");
  EXPECT_TRUE(some.more);
}

TEST(CatalogueIndex, AnswersAKeyStrokeInMilliseconds) {
  catalogue value;
  for (int letter = 0; letter < 15; ++letter) {
    for (int n = 0; n < 1000; ++n) {
      const auto digits = std::to_string(1000 + n).substr(1);
      const auto cid = std::string(1, static_cast<char>('A' + letter)) + digits;
      value.diseases.push_back({*canonical_cid(cid), "Doença inventada do órgão número " + digits +
                                                         " sem complicações"});
    }
  }
  const catalogue_index index(std::move(value));
  const auto start = std::chrono::steady_clock::now();
  for (const auto* typed : {"d", "do", "doe", "doen", "complic", "orgao 99", "b12", "zzz"}) {
    static_cast<void>(index.search(typed));
  }
  const auto each = (std::chrono::steady_clock::now() - start) / 8;
  // Some 2 ms when nothing else runs.
  EXPECT_LT(std::chrono::duration_cast<std::chrono::milliseconds>(each).count(), 300);
  RecordProperty(
      "microseconds",
      static_cast<int>(std::chrono::duration_cast<std::chrono::microseconds>(each).count()));
}

}  // namespace
}  // namespace autocusto::reference
