// Processes and doctors of a real legacy database as records in both databases.
#include <fstream>

#include <nlohmann/json.hpp>

#include "server/store/imports/rows.hpp"
#include "shared/reference/catalogue.hpp"
#include "tests/integration/import_fixture.hpp"
#include "tools/import/commands.hpp"

namespace autocusto::test {
namespace {

class import_of_processes : public import_on_both {
 protected:
  import_of_processes() {
    sql(legacy_prescribers() + legacy_process(5, 1, 1, "de A") + legacy_process(6, 1, 2, "de B"));
  }

  std::map<std::string, std::string> processes(const std::string& email) {
    auto all = shown(email);
    std::erase_if(all, [](const auto& one) { return one.first.find("/G40") == std::string::npos; });
    return all;
  }
  std::vector<store::import_kept_row> kept(store::pk run, const std::string& table) {
    return read(
        [&](store::imports::rows::reads rows) { return rows.kept_rows(run, table, 0, 10); });
  }
  static std::int64_t rows_of(const legacy::run_outcome& out, const char* table,
                              const char* outcome) {
    const auto& all = out.rows.accounted().at(table);
    const auto at = all.find(outcome);
    return at == all.end() ? 0 : at->second;
  }
};

SYNC_ON_BOTH(import_of_processes);

using texts = std::map<std::string, std::string>;
const std::string k_process = std::string(k_cpf) + "/G40.0";

TEST_P(import_of_processes, each_owner_sees_the_own_one_and_the_own_profile) {
  const auto out = run();
  EXPECT_EQ(
      shown("a@x.test"),
      (texts{{k_cpf, "de A"}, {"1234567", "Clínica"}, {"111/PA", "Dra. A"}, {k_process, "de A"}}));
  EXPECT_EQ(
      shown("b@x.test"),
      (texts{{k_cpf, "de B"}, {"1234567", "Clínica"}, {"222/PA", "Dr. B"}, {k_process, "de B"}}));
  EXPECT_EQ(out.made.versions, 7);
  EXPECT_EQ(out.made.views, 8);
  for (const auto* table : {"processos_processo", "processos_processo_medicamentos",
                            "medicos_medico", "medicos_medicousuario"}) {
    EXPECT_EQ(rows_of(out, table, "imported") + rows_of(out, table, "flagged"), 2) << table;
    EXPECT_EQ(rows_of(out, table, "deferred"), 0) << table;
    EXPECT_TRUE(kept(out.run, table).empty()) << table;
  }
  EXPECT_EQ(rows_of(out, "clinicas_emissor", "deferred"), 2) << "no kind has a use for them";
  expect_clean();
}

TEST_P(import_of_processes, the_reference_data_become_a_catalogue_file) {
  sql("INSERT INTO processos_protocolo_medicamentos VALUES (1, 1, 1), (2, 1, 99);");
  const temporary_folder folder;
  legacy::run_command from;
  from.from = source_;
  const legacy::catalogue_command to{folder / "catalogue.json", false};
  ::testing::internal::CaptureStdout();
  const auto done = legacy::command_catalogue({.data = "", .json = true}, from, to);
  const auto told = nlohmann::json::parse(::testing::internal::GetCapturedStdout());
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(told.at("medicines"), 1);
  EXPECT_EQ(told.at("reasons"), (nlohmann::json{{"CATALOGUE_LINK_LOST", 1}}));
  std::ifstream file(to.out);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto value = reference::parse_catalogue(text);
  ASSERT_TRUE(value) << value.error().message;
  EXPECT_EQ(value->medicines.at(0).code, "legacy:1");
  EXPECT_EQ(value->medicines.at(0).cids, std::vector<std::string>{"G40.0"});
  EXPECT_EQ(legacy::command_catalogue({}, from, to).error().code, errc::already_exists);
}

TEST_P(import_of_processes, a_dry_run_reports_the_same) {
  auto dry = run(nullptr, true);
  const auto real = run();
  dry.run = real.run;
  dry.dry_run = false;
  EXPECT_EQ(legacy::report_json(dry), real.json);
}

TEST_P(import_of_processes, twice_changes_nothing_and_an_edit_comes_alone) {
  static_cast<void>(run());
  const auto before = picture();
  const auto again = run();
  EXPECT_EQ(again.made.versions + again.made.views + again.made.users, 0);
  EXPECT_EQ(picture(), before);
  sql("UPDATE processos_processo SET anamnese='de A, depois' WHERE id=5");
  const auto third = run();
  EXPECT_EQ(third.made.versions, 1);
  EXPECT_EQ(third.made.views, 1);
  EXPECT_EQ(processes("a@x.test"), (texts{{k_process, "de A, depois"}}));
  EXPECT_EQ(processes("b@x.test"), (texts{{k_process, "de B"}}));
  expect_clean();
  EXPECT_TRUE(take_back(3).done);
  EXPECT_TRUE(take_back(1).done) << "with the second, which made nothing";
  EXPECT_TRUE(read([](store::views::reads views) { return views.views_after(0, 10); }).empty());
}

TEST_P(import_of_processes, duplicates_are_one_line_of_versions) {
  sql(legacy_process(9, 1, 1, "de A, o mais novo") + legacy_process(7, 1, 1, "de A, do meio"));
  const auto out = run();
  EXPECT_EQ(processes("a@x.test"), (texts{{k_process, "de A, o mais novo"}}));
  EXPECT_EQ(out.rows.outcomes().at("flagged").at("PROCESS_DUPLICATE"), 2);
  for (const auto& view : views("a@x.test")) EXPECT_EQ(view.state.heads.size(), 1U);
  expect_clean();
}

TEST_P(import_of_processes, of_somebody_elses_patient_are_shown_to_nobody) {
  sql(legacy_patient(8, k_cpf_2, 1, "só de A") + legacy_process(9, 8, 2, "de B"));
  const auto out = run();
  EXPECT_EQ(processes("b@x.test"), (texts{{k_process, "de B"}}));
  EXPECT_EQ(processes("a@x.test"), (texts{{k_process, "de A"}}));
  EXPECT_EQ(out.rows.outcomes().at("flagged").at("PROCESS_OWNER_NOT_RELATED_PATIENT"), 1);
  EXPECT_EQ(out.made.versions, 9) << "kept, as a version that an administrator may assign";
  expect_clean();
}

TEST_P(import_of_processes, what_cannot_come_in_is_kept_whole) {
  sql(legacy_process(9, 77, 1, "sem paciente") +
      "UPDATE processos_processo SET dados_condicionais='{\"outro\": \"x\"}' WHERE id=6;"
      "UPDATE medicos_medico SET estado=NULL WHERE id=2");
  const auto out = run();
  const auto rows = kept(out.run, "processos_processo");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].reason, "CONDITIONAL_DROPPED") << "imported, and kept for what was dropped";
  EXPECT_EQ(rows[0].outcome, store::kept_outcome::deferred);
  EXPECT_EQ(rows[1].outcome, store::kept_outcome::quarantined);
  EXPECT_EQ(rows[1].reason, "MISSING_PATIENT");
  EXPECT_EQ(rows_of(out, "processos_processo", "quarantined"), 1);
  EXPECT_EQ(rows_of(out, "processos_processo_medicamentos", "deferred"), 1);
  EXPECT_EQ(rows_of(out, "medicos_medico", "flagged"), 2);
  EXPECT_EQ(kept(out.run, "medicos_medico").size(), 1U);
  EXPECT_FALSE(shown("b@x.test").contains("222/PA"));
  EXPECT_EQ(shown("b@x.test").at(k_process), "de B");
  expect_clean();
}

TEST_P(import_of_processes, a_run_that_was_cut_is_gone_on_with) {
  sql(legacy_process(9, 1, 1, "de A, o mais novo"));
  for (const int batches : {2, 3, 4}) {
    interrupted_writer writer(*db_, batches);
    EXPECT_THROW(static_cast<void>(run(&writer)), error_exception);
    expect_clean();
  }
  const auto rest = run();
  EXPECT_TRUE(rest.continued);
  EXPECT_EQ(processes("a@x.test"), (texts{{k_process, "de A, o mais novo"}}));
  EXPECT_EQ(rest.made.versions, 8) << "of the whole run";
  const auto whole = picture();
  EXPECT_TRUE(take_back(rest.run).done);
  EXPECT_TRUE(read([](store::views::reads views) { return views.views_after(0, 10); }).empty());
  static_cast<void>(run());
  EXPECT_EQ(picture(), whole);
}

}  // namespace
}  // namespace autocusto::test
