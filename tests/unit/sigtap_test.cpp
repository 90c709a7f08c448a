// SIGTAP's tables: what they become, and what is refused with file and line.
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "shared/reference/compare.hpp"
#include "shared/reference/index.hpp"
#include "shared/reference/starting.hpp"
#include "tests/support/sigtap_zip.hpp"
#include "tools/sigtap/import.hpp"

namespace autocusto::sigtap {
namespace {

const std::string k_folder = std::string(SYNC_SOURCE_DIR) + "/schema/catalogue";

tables sample() {
  return test::sigtap_tables(k_folder + "/sigtap");
}

reference::catalogue imported(const tables& from, bool all = false) {
  return read_tables(from, all).value();
}

/// Replaces the first place of a text that has to be there.
void replace(text_file& in, const std::string& what, const std::string& by) {
  const auto at = in.bytes.find(what);
  ASSERT_NE(at, std::string::npos) << what;
  in.bytes.replace(at, what.size(), by);
}

TEST(Sigtap, BecomesACatalogue) {
  const reference::catalogue_index index(imported(sample()));
  EXPECT_EQ(index.whole().revision, 0);
  EXPECT_EQ(index.whole().valid_from, "2026-08-01");
  EXPECT_EQ(index.whole().sources, (std::vector<reference::source>{{"SIGTAP", "2026-08"}}));
  EXPECT_EQ(index.whole().medicines.size(), 26u) << "a procedure of another group is left out";
  EXPECT_EQ(index.whole().diseases.size(), 12u) << "a CID without a medicine is left out";
  EXPECT_EQ(index.find_disease("G400")->nome,
            "Epilepsia e síndromes epilépticas idiopáticas focais");
  const auto* fingolimod = index.find_medicine("0604320132");
  ASSERT_NE(fingolimod, nullptr);
  EXPECT_EQ(fingolimod->name, "FINGOLIMODE 0,5 MG (POR CÁPSULA)");
  EXPECT_EQ(fingolimod->print_name, fingolimod->name);
  EXPECT_EQ(fingolimod->unit, "cápsula");
  EXPECT_EQ(fingolimod->max_month, 31);
  EXPECT_EQ(fingolimod->age_min, 120);
  EXPECT_EQ(fingolimod->age_max, std::nullopt);
  EXPECT_EQ(fingolimod->for_sex, reference::sex::any);
  EXPECT_EQ(fingolimod->cids, std::vector<std::string>{"G35"});
  EXPECT_EQ(index.find_medicine("0604380097")->age_max, 227);
  EXPECT_EQ(index.find_medicine("0604530013")->cids,
            (std::vector<std::string>{"G35", "K50.0", "K51.0", "M05.8", "M06.0"}));
}

TEST(Sigtap, BringsAllDiseasesIfWanted) {
  const reference::catalogue_index index(imported(sample(), true));
  EXPECT_EQ(index.whole().diseases.size(), 14u);
  EXPECT_NE(index.find_disease("J00"), nullptr);
}

TEST(Sigtap, GoesByTheLayout) {
  auto from = sample();
  from.cids_layout.bytes = "Coluna,Tamanho,Inicio,Fim,Tipo\nNO_CID,8,1,8,X\nCO_CID,4,9,12,X\n";
  from.cids.bytes =
      "Doen\xE7"
      "a  G35 \n";
  from.links.bytes = "0604320132G35 S202608\n";
  const auto value = imported(from);
  ASSERT_EQ(value.diseases.size(), 1u);
  EXPECT_EQ(value.diseases[0], (reference::disease{"G35", "Doença"}));
}

TEST(Sigtap, ReadsNoLimitAsNone) {
  auto from = sample();
  replace(from.procedures, "3I003199990000", "3F999999990000");
  const auto value = imported(from);
  const auto& donepezil = value.medicines[4];
  EXPECT_EQ(donepezil.code, "0604130023");
  EXPECT_EQ(donepezil.max_month, std::nullopt);
  EXPECT_EQ(donepezil.for_sex, reference::sex::female);
}

TEST(Sigtap, ReadsUnits) {
  const std::pair<const char*, const char*> rows[] = {
      {"MESALAZINA 500 MG (POR COMPRIMIDO)", "comprimido"},
      {"MESALAZINA 800 MG - POR COMPRIMIDO", "comprimido"},
      {"GLATIRAMER 20 MG INJETAVEL (POR SERINGA PREENCHIDA )", "seringa preenchida"},
      {"X (POR FRASCO-AMPOLA, SERINGA PREENCHIDA OU CANETA PREENCHIDA)", "frasco-ampola"},
      {"X ( POR CAPSULA)", "cápsula"},
      {"RIVASTIGMINA 2,0 MG/ML SOLUÇÃO ORAL (POR FRASCO DE 120 ML)", "frasco"},
      {"VAPOR COMPRIMIDO", ""},
      {"RIVASTIGMINA 9 MG ADESIVO", ""},
      {"ETOSSUXIMIDA 50 MG/ML (FRASCO DE 120 ML)", "frasco"},
      {"ADALIMUMABE 40 MG (FRASCO AMPOLA)", "frasco-ampola"},
      {"GENFIBROZILA 600 MG (COMPRIMIDO)", "comprimido"},
      {"INSULINA 100 UI/ML (1B) (POR (", ""},
      {"POR ", ""},
  };
  for (const auto& [name, unit] : rows) EXPECT_EQ(unit_in(name), unit) << name;
}

struct refusal {
  const char* what;
  std::function<void(tables&)> spoil;
  const char* message;
};

TEST(Sigtap, NamesFileAndLineOfWhatIsWrong) {
  const refusal rows[] = {
      {"no layout", [](tables& t) { t.cids_layout.bytes.clear(); },
       "tb_cid_layout.txt, line 1: the line is not Coluna,Tamanho,Inicio,Fim,Tipo."},
      {"a place too far", [](tables& t) { replace(t.cids_layout, ",5,104,", ",5,10400,"); },
       "tb_cid_layout.txt, line 3: size, first and last place do not fit together."},
      {"a size that does not fit", [](tables& t) { replace(t.cids_layout, "100,5", "99,5"); },
       "tb_cid_layout.txt, line 3: size, first and last place do not fit together."},
      {"a cell too few", [](tables& t) { replace(t.cids_layout, ",1,4,", ",1,"); },
       "tb_cid_layout.txt, line 2: the line has not five cells."},
      {"no such column", [](tables& t) { replace(t.cids_layout, "NO_CID", "NAME"); },
       "tb_cid_layout.txt: there is no column NO_CID."},
      {"a line too short", [](tables& t) { t.procedures.bytes += "0604990011 SHORT\r\n"; },
       "tb_procedimento.txt, line 28: the line has 16 bytes, the layout needs 336."},
      {"a code with a letter", [](tables& t) { replace(t.procedures, "0604010028", "06040100X8"); },
       "tb_procedimento.txt, line 2: CO_PROCEDIMENTO is no code of ten digits."},
      {"a code twice", [](tables& t) { replace(t.procedures, "0604010095", "0604010028"); },
       "tb_procedimento.txt, line 3: the code stands twice."},
      {"no name",
       [](tables& t) {
         replace(t.procedures, "MESALAZINA 500 MG (POR COMPRIMIDO)", std::string(34, ' '));
       },
       "tb_procedimento.txt, line 2: NO_PROCEDIMENTO is no visible text."},
      {"a quantity that is none", [](tables& t) { replace(t.procedures, "3I0310", "3I 31X"); },
       "tb_procedimento.txt, line 2: QT_MAXIMA_EXECUCAO is no number."},
      {"a sex that is none", [](tables& t) { replace(t.procedures, "3I0310", "3X0310"); },
       "tb_procedimento.txt, line 2: TP_SEXO is none of I, N, F and M."},
      {"ages the wrong way round", [](tables& t) { replace(t.procedures, "00240227", "02280227"); },
       "tb_procedimento.txt, line 16: VL_IDADE_MINIMA is above VL_IDADE_MAXIMA."},
      {"another month",
       [](tables& t) {
         const auto at = t.procedures.bytes.rfind("202608");
         t.procedures.bytes.replace(at, 6, "202609");
       },
       "tb_procedimento.txt, line 27: DT_COMPETENCIA is another month than before."},
      {"no month",
       [](tables& t) {
         const auto at = t.procedures.bytes.rfind("202608");
         t.procedures.bytes.replace(at, 6, "202613");
       },
       "tb_procedimento.txt, line 27: DT_COMPETENCIA is no month."},
      {"a CID twice", [](tables& t) { replace(t.cids, "E109", "A000"); },
       "tb_cid.txt, line 2: the CID stands twice."},
      {"a link to no procedure",
       [](tables& t) { replace(t.links, "0604010028K500", "0604999999K500"); },
       "rl_procedimento_cid.txt, line 2: tb_procedimento.txt has no such procedure."},
      {"a link to no CID", [](tables& t) { replace(t.links, "K500", "Z999"); },
       "rl_procedimento_cid.txt, line 2: tb_cid.txt has no such CID."},
      {"nothing of the group",
       [](tables& t) {
         t.procedures.bytes.resize(338);
         t.links.bytes.clear();
       },
       "tb_procedimento.txt: there is no procedure of the group 0604."},
  };
  for (const auto& row : rows) {
    auto from = sample();
    row.spoil(from);
    const auto read = read_tables(from, false);
    ASSERT_FALSE(read) << row.what;
    EXPECT_EQ(read.error().message, row.message) << row.what;
    EXPECT_EQ(read.error().code, errc::malformed);
  }
}

TEST(SigtapZip, HoldsTheTablesWhereverTheyAre) {
  auto from = sample();
  EXPECT_EQ(imported(unzip_tables(test::zip_of(from)).value()), imported(from));
  std::vector<text_file> files;
  for (const auto* file : test::files_of(from)) {
    files.push_back({"pasta/" + file->name, file->bytes});
  }
  EXPECT_EQ(imported(unzip_tables(test::zip_of(files)).value()), imported(from));
}

TEST(SigtapZip, IsRefusedWhenItIsDamaged) {
  auto from = sample();
  EXPECT_EQ(unzip_tables("no zip").error().code, errc::malformed);
  EXPECT_EQ(unzip_tables("").error().code, errc::malformed);
  const auto whole = test::zip_of(from);
  EXPECT_FALSE(unzip_tables(whole.substr(0, whole.size() / 2)));
  auto stored = test::zip_of(from, true);
  const auto at = stored.find("FINGOLIMODE");
  ASSERT_NE(at, std::string::npos);
  stored[at] = 'X';
  const auto changed = unzip_tables(stored);
  ASSERT_FALSE(changed) << "the checksum is compared";
  EXPECT_EQ(changed.error().message,
            "The file tb_procedimento.txt of the ZIP is damaged; get the ZIP again.");
}

TEST(SigtapZip, IsRefusedWhenItLacksATable) {
  auto from = sample();
  std::vector<text_file> files;
  for (const auto* file : test::files_of(from)) files.push_back(*file);
  files.pop_back();
  EXPECT_EQ(unzip_tables(test::zip_of(files)).error().message,
            "The ZIP lacks the file rl_procedimento_cid_layout.txt.");
}

TEST(SigtapZip, IsRefusedWhenAFileUnpacksToTooMuch) {
  auto from = sample();
  from.cids.bytes.assign(k_file_bytes + 1, ' ');
  EXPECT_EQ(unzip_tables(test::zip_of(from)).error().code, errc::too_large);
}

TEST(StartingCatalogue, IsWhatTheImporterMakes) {
  const auto curated =
      reference::parse_catalogue(test::file_bytes(k_folder + "/curated.json")).value();
  auto made = reference::next_revision(curated, imported(sample()));
  made.revision = 0;
  ASSERT_TRUE(reference::check_catalogue(made)) << reference::check_catalogue(made).error().message;
  if (const char* path = std::getenv("STARTING_CATALOGUE")) {
    std::ofstream(path) << reference::write_catalogue(made) << "\n";
  }
  EXPECT_EQ(reference::starting_text(), reference::write_catalogue(made))
      << "make it anew: schema/catalogue/README.md";
  EXPECT_EQ(reference::starting_catalogue(), made);
}

TEST(StartingCatalogue, HoldsControlListsAndAProtocol) {
  const reference::catalogue_index index(reference::starting_catalogue());
  EXPECT_EQ(index.find_medicine("0604500050")->control, "C1");
  EXPECT_EQ(index.find_medicine("0604500050")->print_name, "Lamotrigina 100 mg (por comprimido)");
  EXPECT_EQ(index.find_medicine("0604180012")->control, "B1");
  EXPECT_EQ(index.find_medicine("0604530013")->control, "");
  ASSERT_EQ(index.protocols_for("G35").size(), 1u);
  EXPECT_EQ(index.protocols_for("G35")[0]->fields[0].choices.size(), 20u);
  for (const auto& one : index.whole().medicines) {
    EXPECT_EQ(one.retired_on, std::nullopt);
    EXPECT_FALSE(one.cids.empty());
  }
}

}  // namespace
}  // namespace autocusto::sigtap
