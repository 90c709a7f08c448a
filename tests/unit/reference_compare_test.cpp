// What differs between two revisions, and what an import makes of the one before.
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "shared/reference/compare.hpp"
#include "tests/support/reference_samples.hpp"

namespace autocusto::reference {
namespace {

using test::small_catalogue;

std::vector<std::string> lines(const std::vector<change>& changes) {
  std::vector<std::string> out;
  for (const auto& one : changes) {
    out.push_back(std::string(subject_name(one.of)) + " " + one.code + " " +
                  std::string(change_name(one.kind)) + ": " + one.before + " > " + one.after);
  }
  return out;
}

TEST(CatalogueCompare, NamesEachChange) {
  struct row {
    std::function<void(catalogue&)> edit;
    std::vector<std::string> seen;
  };
  const row rows[] = {
      {[](auto&) {}, {}},
      {[](auto& c) { c.revision = 9; }, {}},
      {[](auto& c) {
         c.diseases.push_back({"N18.0", "Doença renal"});
       },
       {"disease N18.0 added:  > Doença renal"}},
      {[](auto& c) { c.diseases[0].nome = "Esclerose"; },
       {"disease G35 renamed: Esclerose múltipla > Esclerose"}},
      {[](auto& c) { c.medicines[1].retired_on = "2026-09-01"; },
       {"medicine 0604500033 retired: LAMOTRIGINA 25 MG (POR COMPRIMIDO) > 2026-09-01"}},
      {[](auto& c) { c.medicines.erase(c.medicines.begin() + 1); },
       {"medicine 0604500033 removed: LAMOTRIGINA 25 MG (POR COMPRIMIDO) > "}},
      {[](auto& c) { c.medicines[0].max_month = 62; }, {"medicine 0604320132 quantity: 31 > 62"}},
      {[](auto& c) { c.medicines[0].print_name = "Fingolimode"; },
       {"medicine 0604320132 renamed: Fingolimode 0,5 mg > Fingolimode"}},
      {[](auto& c) { c.medicines[0].age_min.reset(); },
       {"medicine 0604320132 limits: age 120- months, sex any > age - months, sex any"}},
      {[](auto& c) { c.medicines[2].cids = {"G35"}; },
       {"medicine 0604530013 diseases: G35 M05.8 > G35"}},
      {[](auto& c) { c.medicines[2].control = "C1"; },
       {"medicine 0604530013 details: unit , control , legacy ids  > unit , control C1, legacy "
        "ids "}},
      {[](auto& c) { c.protocols[0].medicines.clear(); },
       {"protocol esclerose-multipla medicines: 0604320132 > "}},
      {[](auto& c) { c.protocols[0].report_first_time = "Outro"; },
       {"protocol esclerose-multipla details: 1 questions, documents escala edss, renewal 6 > 1 "
        "questions, documents escala edss, renewal 6"}},
  };
  for (const auto& row : rows) {
    auto after = small_catalogue();
    row.edit(after);
    EXPECT_EQ(lines(compare(small_catalogue(), after)), row.seen);
  }
}

TEST(CatalogueCompare, SaysThatSomethingReturned) {
  auto before = small_catalogue();
  before.diseases[0].retired_on = "2026-01-01";
  EXPECT_EQ(lines(compare(before, small_catalogue())),
            std::vector<std::string>{"disease G35 returned: 2026-01-01 > Esclerose múltipla"});
}

/// As SIGTAP would bring it a month later: lamotrigine is gone, azathioprine has another name.
catalogue import_of_september() {
  catalogue out;
  out.valid_from = "2026-09-01";
  out.sources = {{"SIGTAP", "2026-09"}};
  out.diseases = {{"G35", "Esclerose múltipla"}, {"M05.8", "Outras artrites"}};
  medicine fingolimod;
  fingolimod.code = "0604320132";
  fingolimod.name = fingolimod.print_name = "FINGOLIMODE 0,5 MG (POR CÁPSULA)";
  fingolimod.unit = "cápsula";
  fingolimod.max_month = 62;
  fingolimod.cids = {"G35"};
  medicine azathioprine;
  azathioprine.code = "0604530013";
  azathioprine.name = azathioprine.print_name = "AZATIOPRINA 50 MG";
  azathioprine.cids = {"M05.8"};
  out.medicines = {fingolimod, azathioprine};
  return out;
}

TEST(CatalogueImport, KeepsWhatVanishedAndWhatCuratorsAdded) {
  const auto next = next_revision(small_catalogue(), import_of_september());
  ASSERT_TRUE(check_catalogue(next)) << check_catalogue(next).error().message;
  EXPECT_TRUE(check_follows(small_catalogue(), next));
  EXPECT_EQ(next.revision, 4);
  EXPECT_EQ(next.sources, (std::vector<source>{{"SIGTAP", "2026-09"}}));
  ASSERT_EQ(next.medicines.size(), 4u);
  EXPECT_EQ(next.medicines[0].print_name, "Fingolimode 0,5 mg") << "a printed name of a curator";
  EXPECT_EQ(next.medicines[0].control, "C1");
  EXPECT_EQ(next.medicines[0].max_month, 62);
  EXPECT_EQ(next.medicines[0].legacy_ids, std::vector<std::string>{"12"});
  EXPECT_EQ(next.medicines[1].retired_on, "2026-09-01") << "gone from SIGTAP";
  EXPECT_EQ(next.medicines[2].print_name, "AZATIOPRINA 50 MG") << "renamed by SIGTAP";
  EXPECT_EQ(next.medicines[3].retired_on, std::nullopt) << "codes of another sort are not SIGTAP's";
  EXPECT_EQ(next.protocols, small_catalogue().protocols);
  ASSERT_EQ(next.diseases.size(), 3u);
  EXPECT_EQ(next.diseases[1].retired_on, "2026-09-01") << "nothing names G40.0 any more";
}

TEST(CatalogueImport, BringsBackWhatReturns) {
  auto old = small_catalogue();
  old.medicines[0].retired_on = "2026-01-01";
  const auto next = next_revision(old, import_of_september());
  EXPECT_EQ(next.medicines[0].retired_on, std::nullopt);
}

TEST(CatalogueImport, DatesWhatIsGoneOnce) {
  const auto once = next_revision(small_catalogue(), import_of_september());
  auto october = import_of_september();
  october.valid_from = "2026-10-01";
  const auto twice = next_revision(once, october);
  EXPECT_EQ(twice.medicines[1].retired_on, "2026-09-01");
  EXPECT_EQ(twice.diseases[1].retired_on, "2026-09-01");
}

TEST(CatalogueImport, OfProtocolsLeavesTheRest) {
  catalogue protocols;
  protocols.valid_from = "2026-09-01";
  protocols.protocols = small_catalogue().protocols;
  protocols.protocols[0].renew_months = 3;
  const auto next = next_revision(small_catalogue(), protocols);
  EXPECT_EQ(next.diseases, small_catalogue().diseases);
  EXPECT_EQ(next.medicines, small_catalogue().medicines);
  EXPECT_EQ(next.protocols, protocols.protocols);
}

TEST(CatalogueRollback, KeepsWhatWasAddedSinceAsRetired) {
  auto now = small_catalogue();
  now.revision = 8;
  now.medicines[0].max_month = 62;
  now.diseases.push_back({"N18.0", "Doença renal"});
  now.medicines.push_back(now.medicines[2]);
  now.medicines.back().code = "0604999999";
  now.medicines.back().cids = {"N18.0"};
  sort_catalogue(now);
  const auto back = restored_revision(now, small_catalogue(), "2026-12-01");
  ASSERT_TRUE(check_catalogue(back)) << check_catalogue(back).error().message;
  EXPECT_TRUE(check_follows(now, back));
  EXPECT_EQ(back.revision, 9);
  EXPECT_EQ(back.valid_from, "2026-12-01");
  EXPECT_EQ(back.medicines[0].max_month, 31);
  ASSERT_EQ(back.medicines.size(), 5u);
  EXPECT_EQ(back.medicines[3].code, "0604999999");
  EXPECT_EQ(back.medicines[3].retired_on, "2026-12-01");
  EXPECT_EQ(back.diseases.back().retired_on, "2026-12-01");
}

TEST(CatalogueImport, FollowsTheRevisionBefore) {
  auto after = small_catalogue();
  EXPECT_EQ(check_follows(small_catalogue(), after).error().limit, 4);
  after.revision = 4;
  EXPECT_TRUE(check_follows(small_catalogue(), after));
  after.medicines.pop_back();
  EXPECT_EQ(check_follows(small_catalogue(), after).error().code, errc::invalid_field);
}

}  // namespace
}  // namespace autocusto::reference
