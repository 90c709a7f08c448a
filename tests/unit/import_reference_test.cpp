// The old database's medicines, diseases and protocols as a catalogue.

#include <numeric>

#include <gmock/gmock.h>

#include "shared/reference/compare.hpp"
#include "shared/reference/starting.hpp"
#include "tools/import/rules/reference.hpp"

namespace autocusto::import {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

reference_rows small_rows() {
  reference_rows out;
  out.medicines = {{57, "Metotrexato", "2,5 mg", "comprimido"}, {9, "Fingolimode", "0,5 mg", ""}};
  out.diseases = {{1, "g400", "Epilepsia  focal", 7}, {2, "G35", "Esclerose múltipla", 8}};
  out.protocols = {{7, "epilepsia", ""}, {8, "esclerose", "null"}};
  out.links = {{7, 57}, {8, 57}, {8, 9}};
  return out;
}

reference_made made_of(const reference_rows& rows) {
  auto out = make_catalogue(rows, "legado", "2026-11-30");
  const auto fine = reference::check_catalogue(out.value);
  EXPECT_TRUE(fine) << fine.error().message << fine.error().field;
  // Each row of a table is counted once.
  const std::map<std::string, std::size_t> sizes{
      {"processos_medicamento", rows.medicines.size()},
      {"processos_doenca", rows.diseases.size()},
      {"processos_protocolo", rows.protocols.size()},
      {"processos_protocolo_medicamentos", rows.links.size()}};
  for (const auto& [table, counts] : out.tables) {
    const auto sum =
        std::accumulate(counts.begin(), counts.end(), std::int64_t{0},
                        [](auto before, const auto& one) { return before + one.second; });
    EXPECT_EQ(static_cast<std::size_t>(sum), sizes.at(table)) << table;
  }
  return out;
}

TEST(import_reference, codes_are_those_that_processes_name) {
  const auto out = made_of(small_rows());
  EXPECT_THAT(out.reasons, IsEmpty());
  ASSERT_EQ(out.value.medicines.size(), 2U);
  const auto& first = out.value.medicines[0];
  EXPECT_EQ(first.code, "legacy:57");
  EXPECT_EQ(first.print_name, "Metotrexato 2,5 mg comprimido");
  EXPECT_THAT(first.legacy_ids, ElementsAre("57"));
  EXPECT_THAT(first.cids, ElementsAre("G35", "G40.0")) << "by the protocols that list it";
  EXPECT_EQ(out.value.diseases[1].nome, "Epilepsia focal");
  EXPECT_EQ(out.value.protocols[0].code, "legacy:7");
  EXPECT_THAT(out.value.protocols[1].medicines, ElementsAre("legacy:57", "legacy:9"));
}

TEST(import_reference, what_a_catalogue_cannot_hold_is_counted) {
  auto rows = small_rows();
  rows.diseases.push_back({3, "B12;", "Pedaço de nome de arquivo", 7});
  rows.diseases.push_back({4, "G40.0", "Outro nome", 8});
  rows.diseases.push_back({5, "G36", " ", 8});
  rows.medicines.push_back({58, "", "1 mg", ""});
  rows.protocols.push_back({9, "\n", ""});
  rows.links.insert(rows.links.end(), {{9, 57}, {7, 57}, {7, 58}});
  const auto out = made_of(rows);
  EXPECT_THAT(out.reasons, UnorderedElementsAre(
                               Pair("CATALOGUE_CID_INVALID", 1), Pair("CATALOGUE_CID_TWICE", 1),
                               Pair("CATALOGUE_NAME_UNUSABLE", 3), Pair("CATALOGUE_LINK_LOST", 2)));
  EXPECT_EQ(out.value.diseases.size(), 2U);
  EXPECT_THAT(out.value.protocols[1].cids, ElementsAre("G35", "G40.0")) << "under both protocols";
}

TEST(import_reference, questions_come_without_preset_answers) {
  auto rows = small_rows();
  rows.protocols[1].conditions = R"({
    "fields": [
      {"name": "opt_edss", "type": "choice", "label": "EDSS", "choices": [["0", "0 pontos"], "1,5", 2],
       "initial": "1,5", "required": true},
      {"name": "opt_meem", "type": "number", "label": "", "initial": 16},
      {"name": "opt_edss", "type": "text", "label": "duas vezes"},
      {"name": "x", "type": "text", "label": "sem nome"},
      {"name": "opt_a", "type": "color", "label": "desconhecido"}],
    "disease_files": ["edss.pdf"],
    "1_vez": {"relatorio": "Linha um.\r\nLinha dois.\n"}})";
  const auto out = made_of(rows);
  const auto& one = out.value.protocols[1];
  ASSERT_EQ(one.fields.size(), 2U);
  EXPECT_THAT(one.fields[0].choices, ElementsAre("0", "1,5", "2"));
  EXPECT_TRUE(one.fields[0].required);
  EXPECT_EQ(one.fields[1].label, "opt_meem");
  EXPECT_THAT(one.documents, ElementsAre("edss.pdf"));
  EXPECT_EQ(one.report_first_time, "Linha um.\nLinha dois.");
  EXPECT_EQ(reference::write_catalogue(out.value).find("initial"), std::string::npos);
  EXPECT_THAT(out.reasons, ElementsAre(Pair("CATALOGUE_CONDITIONS_DROPPED", 1)));
  rows.protocols[1].conditions = "[1]";
  EXPECT_THAT(made_of(rows).reasons, ElementsAre(Pair("CATALOGUE_CONDITIONS_UNREADABLE", 1)));
}

TEST(import_reference, a_revision_can_be_made_of_it) {
  const auto out = made_of(small_rows());
  const auto next = reference::next_revision(reference::starting_catalogue(), out.value);
  EXPECT_TRUE(reference::check_catalogue(next));
  const auto has = [&](const char* code) {
    return std::any_of(next.medicines.begin(), next.medicines.end(),
                       [&](const auto& one) { return one.code == code && !one.retired_on; });
  };
  EXPECT_TRUE(has("legacy:57"));
  EXPECT_TRUE(has("0604080026")) << "another sort of code stays";
}

}  // namespace
}  // namespace autocusto::import
