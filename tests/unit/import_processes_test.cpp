// What an import makes of processes: their fields, their records, and what it says of them.
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "shared/domain/validate.hpp"
#include "tools/import/rules/process_fields.hpp"
#include "tools/import/rules/processes.hpp"

namespace autocusto::import {
namespace {

using nlohmann::json;
using reasons_said = std::vector<std::string>;

constexpr const char* k_process_cpf = "11144477735";

json dose(const std::string& number, const json& id, const std::string& text, int months = 6) {
  json out{{"id_med" + number, id}, {"med" + number + "_via", "oral"}};
  for (int k = 1; k <= months; ++k) {
    out["med" + number + "_posologia_mes" + std::to_string(k)] = text;
    out["qtd_med" + number + "_mes" + std::to_string(k)] = std::to_string(10 * k);
  }
  return out;
}

json good_row() {
  return {{"anamnese", "Estável.\nSegue."},
          {"tratou", true},
          {"tratamentos_previos", "outros"},
          {"preenchido_por", "mae"},
          {"prescricao", {{"1", dose("1", "57", "um")}}},
          {"dados_condicionais", {{"opt_edss", "2,5"}}}};
}

process_row good_process() {
  process_row p;
  p.id = 9;
  p.user = 1;
  p.patient = 4;
  p.clinic = 5;
  p.issuer_clinic = 5;
  p.disease = 3;
  p.patient_number = "111.444.777-35";
  p.clinic_number = "1234567";
  p.cid = "G40.0";
  p.protocol = 8;
  p.links = {57};
  return p;
}

const medicine_rows& medicines() {
  static const medicine_rows all{
      {57, {"Exemplina 100 mg", "comprimido"}}, {58, {"Dorvelia", ""}}, {59, {"", ""}}};
  return all;
}

process_fields read(const json& row, process_row p = good_process()) {
  return read_process_fields(p, row.dump(), "1234567", medicines());
}

json fields_of(const json& row, const process_row& p = good_process()) {
  return json::parse(read(row, p).json);
}

reasons_said reasons_of(const json& row, const process_row& p = good_process()) {
  const auto found = read(row, p);
  return {found.reasons.begin(), found.reasons.end()};
}

json with(const char* name, const json& value) {
  auto row = good_row();
  row[name] = value;
  return row;
}

TEST(import_processes, a_row_becomes_fields) {
  const auto found = read(good_row());
  EXPECT_TRUE(found.reasons.empty());
  EXPECT_FALSE(found.whole);
  const auto fields = json::parse(found.json);
  EXPECT_EQ(fields["clinica"], "1234567");
  EXPECT_EQ(fields["protocolo"], "legacy:8");
  EXPECT_EQ(fields["anamnese"], "Estável.\nSegue.");
  EXPECT_EQ(fields["tratou"], "sim");
  EXPECT_EQ(fields["preenchido_por"], "mae");
  EXPECT_EQ(fields["meses"], "6");
  EXPECT_EQ(fields["condicionais"], json({{"opt_edss", "2,5"}}));
  ASSERT_EQ(fields["prescricao"].size(), 1U);
  const auto& row = fields["prescricao"][0];
  EXPECT_EQ(row["codigo"], "legacy:57");
  EXPECT_EQ(row["nome"], "Exemplina 100 mg");
  EXPECT_EQ(row["apresentacao"], "comprimido");
  EXPECT_EQ(row["via"], "oral");
  EXPECT_EQ(row["qtd_6"], "60");
  EXPECT_EQ(row["pos_1"], "um");
  EXPECT_EQ(fields.size(), process_kind().spec->fields.size()) << "all of the kind's";
}

TEST(import_processes, earlier_treatment_is_said_or_not_said) {
  EXPECT_EQ(fields_of(with("tratou", false))["tratou"], "nao");
  EXPECT_EQ(fields_of(with("tratou", nullptr))["tratou"], "");
}

TEST(import_processes, medicines_keep_their_own_doses_across_a_gap) {
  auto p = good_process();
  p.links = {57, 58};
  const auto prescription =
      json{{"1", dose("1", "57", "do primeiro")}, {"3", dose("3", "58", "do terceiro")}};
  const auto fields = fields_of(with("prescricao", prescription), p);
  ASSERT_EQ(fields["prescricao"].size(), 2U);
  EXPECT_EQ(fields["prescricao"][0]["pos_1"], "do primeiro");
  EXPECT_EQ(fields["prescricao"][1]["codigo"], "legacy:58");
  EXPECT_EQ(fields["prescricao"][1]["pos_6"], "do terceiro");
  EXPECT_TRUE(reasons_of(with("prescricao", prescription), p).empty());
  // The entry was numbered anew, its doses were not.
  auto moved = dose("3", "58", "do terceiro");
  moved["id_med2"] = moved["id_med3"];
  moved.erase("id_med3");
  const auto renumbered = json{{"1", dose("1", "57", "do primeiro")}, {"2", moved}};
  const auto again = fields_of(with("prescricao", renumbered), p);
  ASSERT_EQ(again["prescricao"].size(), 2U);
  EXPECT_EQ(again["prescricao"][1]["codigo"], "legacy:58");
  EXPECT_EQ(again["prescricao"][1]["pos_6"], "do terceiro");
}

TEST(import_processes, slots_are_in_the_order_of_their_numbers) {
  auto p = good_process();
  p.links = {57, 58};
  const auto fields = fields_of(
      with("prescricao", {{"10", dose("10", "57", "a")}, {"9", dose("9", "58", "b")}}), p);
  EXPECT_EQ(fields["prescricao"][0]["codigo"], "legacy:58");
}

TEST(import_processes, an_empty_slot_is_no_medicine) {
  const auto row =
      with("prescricao", {{"1", dose("1", "57", "um")}, {"2", {{"id_med2", ""}, {"x", ""}}}});
  EXPECT_EQ(fields_of(row)["prescricao"].size(), 1U);
  EXPECT_TRUE(reasons_of(row).empty());
}

TEST(import_processes, three_months_or_six) {
  EXPECT_EQ(fields_of(with("prescricao", {{"1", dose("1", "57", "um", 3)}}))["meses"], "3");
  EXPECT_TRUE(reasons_of(with("prescricao", {{"1", dose("1", "57", "um", 3)}})).empty());
  const auto five = with("prescricao", {{"1", dose("1", "57", "um", 5)}});
  EXPECT_EQ(fields_of(five)["meses"], "6");
  EXPECT_EQ(reasons_of(five), reasons_said{"PRESCRIPTION_INCOMPLETE"});
}

TEST(import_processes, no_prescription_is_no_rows) {
  auto p = good_process();
  p.links = {};
  for (const auto& empty : {json::object(), json(nullptr), json{{"data_1", "01/08/2020"}}}) {
    const auto fields = fields_of(with("prescricao", empty), p);
    EXPECT_EQ(fields["prescricao"], json::array());
    EXPECT_EQ(fields["meses"], "");
    EXPECT_EQ(reasons_of(with("prescricao", empty), p), reasons_said{"PRESCRIPTION_EMPTY"});
  }
}

TEST(import_processes, a_treatment_without_its_name_is_said) {
  for (const auto& earlier : {json(""), json(nullptr), json(" ")}) {
    auto row = with("tratou", true);
    row["tratamentos_previos"] = earlier;
    EXPECT_EQ(reasons_of(row), reasons_said{"PROCESS_TREATMENT_MISSING"});
    row["tratou"] = false;
    EXPECT_EQ(reasons_of(row), reasons_said{});
  }
}

TEST(import_processes, the_start_date_inside_is_dropped) {
  const auto row = with("prescricao", {{"1", dose("1", "57", "um")}, {"data_1", "01/08/2020"}});
  EXPECT_EQ(read(row).json.find("2020"), std::string::npos);
  EXPECT_TRUE(reasons_of(row).empty());
  EXPECT_FALSE(read(row).whole);
}

TEST(import_processes, ids_are_texts_or_numbers) {
  EXPECT_EQ(fields_of(with("prescricao", {{"1", dose("1", 57, "um")}})), fields_of(good_row()));
}

TEST(import_processes, medicines_that_are_not_known_are_never_guessed) {
  struct one {
    json id;
    const char* name;
    json code;
  };
  const one all[] = {{"77", "(medicamento 77)", "legacy:77"},
                     {77, "(medicamento 77)", "legacy:77"},
                     {"59", "(medicamento 59)", "legacy:59"},
                     {"x", "(medicamento x)", nullptr},
                     {nullptr, "(medicamento ?)", nullptr}};
  for (const auto& [id, name, code] : all) {
    const auto row = with("prescricao", {{"1", dose("1", id, "um")}});
    const auto fields = fields_of(row);
    EXPECT_EQ(fields["prescricao"][0]["nome"], name);
    EXPECT_EQ(fields["prescricao"][0].value("codigo", json()), code) << name;
    EXPECT_EQ(reasons_of(row).front(), "PRESCRIPTION_MEDICATION_UNKNOWN");
  }
}

TEST(import_processes, the_prescription_wins_over_the_links) {
  for (const auto& links : {std::vector<legacy_id>{}, {58}, {57, 58}}) {
    auto p = good_process();
    p.links = links;
    EXPECT_EQ(reasons_of(good_row(), p), reasons_said{"PRESCRIPTION_LINKS_DIFFER"});
    EXPECT_EQ(fields_of(good_row(), p), fields_of(good_row()));
  }
}

TEST(import_processes, who_filled_it_in) {
  struct one {
    const char* by;
    const char* kept;
    reasons_said reasons;
  };
  const one all[] = {{"M", "", {"PROCESS_FILLED_BY_AMBIGUOUS"}},
                     {"P", "P", {"PROCESS_FILLED_BY_UNKNOWN"}},
                     {"medico", "medico", {}},
                     {"", "", {}}};
  for (const auto& [by, kept, reasons] : all) {
    EXPECT_EQ(fields_of(with("preenchido_por", by))["preenchido_por"], kept);
    EXPECT_EQ(reasons_of(with("preenchido_por", by)), reasons);
  }
}

TEST(import_processes, answers_are_those_of_protocols) {
  const auto row = with("dados_condicionais", {{"opt_a", 3},
                                               {"opt_b", true},
                                               {"opt_c", ""},
                                               {"opt_d", nullptr},
                                               {"edicao", "x"},
                                               {"opt_e", {1, 2}}});
  EXPECT_EQ(fields_of(row)["condicionais"], json({{"opt_a", "3"}, {"opt_b", "sim"}}));
  EXPECT_EQ(reasons_of(row), reasons_said{"CONDITIONAL_DROPPED"});
  EXPECT_TRUE(read(row).whole) << "what was dropped is kept with the row";
  EXPECT_EQ(reasons_of(with("dados_condicionais", "x")), reasons_said{"CONDITIONAL_DROPPED"});
  EXPECT_TRUE(reasons_of(with("dados_condicionais", nullptr)).empty());
}

TEST(import_processes, what_fits_no_row_is_told_and_kept) {
  auto foreign = dose("1", "57", "um");
  foreign["observacao"] = "em jejum";
  auto both = dose("1", "57", "um");
  both.update(dose("2", "58", "dois"));
  auto seventh = dose("1", "57", "um");
  seventh["qtd_med1_mes7"] = "3";
  const json all[] = {{{"1", foreign}},
                      {{"1", both}},
                      {{"1", seventh}},
                      {{"1", dose("1", "57", "um")}, {"2", "texto"}}};
  for (const auto& prescription : all) {
    const auto row = with("prescricao", prescription);
    EXPECT_EQ(reasons_of(row), reasons_said{"PRESCRIPTION_MALFORMED"});
    EXPECT_TRUE(read(row).whole);
    EXPECT_EQ(fields_of(row), fields_of(good_row()));
  }
  EXPECT_EQ(reasons_of(with("prescricao", {1, 2})).front(), "PRESCRIPTION_MALFORMED");
}

TEST(import_processes, what_keeps_a_process_from_the_printer_is_said) {
  EXPECT_EQ(reasons_of(with("anamnese", " ")), reasons_said{"PROCESS_WITHOUT_ANAMNESIS"});
  auto dashed = dose("1", "57", "um");
  dashed["qtd_med1_mes2"] = "1-2";
  EXPECT_EQ(reasons_of(with("prescricao", {{"1", dashed}})),
            reasons_said{"PRESCRIPTION_QUANTITY_INVALID"});
  auto without = dose("1", "57", "um");
  without["med1_posologia_mes6"] = "";
  EXPECT_EQ(reasons_of(with("prescricao", {{"1", without}})),
            reasons_said{"PRESCRIPTION_INCOMPLETE"});
}

TEST(import_processes, long_texts_stay_whole) {
  const std::string text(2000, 'x');
  EXPECT_EQ(fields_of(with("anamnese", text))["anamnese"], text);
  EXPECT_EQ(reasons_of(with("anamnese", text)), reasons_said{"VALUE_TOO_LONG"});
  EXPECT_EQ(reasons_of(with("anamnese", std::string(1500, 'x'))), reasons_said{});
  EXPECT_EQ(reasons_of(with("prescricao", {{"1", dose("1", "57", std::string(601, 'x'))}})),
            reasons_said{"VALUE_TOO_LONG"});
  EXPECT_EQ(reasons_of(with("dados_condicionais", {{"opt_a", std::string(1001, 'x')}})),
            reasons_said{"VALUE_TOO_LONG"});
  EXPECT_EQ(read(with("anamnese", std::string(64 * 1024, 'x'))).refused, "VERSION_TOO_LARGE");
}

TEST(import_processes, rows_that_are_no_text_are_refused) {
  EXPECT_EQ(read_process_fields(good_process(), "{\"anamnese\":\"\xFF\"}", "", medicines()).refused,
            "TEXT_UNREADABLE");
  EXPECT_EQ(read_process_fields(good_process(), "[1", "", medicines()).refused, "TEXT_UNREADABLE");
}

class judged_processes : public testing::Test {
 protected:
  kept_verdict judge(const process_row& p) { return judge_.judge(p, good_row().dump()); }
  /// Key -> for each version `user<parent`, then who sees what.
  std::map<std::string, reasons_said> records() {
    std::map<std::string, reasons_said> out;
    for (const auto& record : judge_.take_records()) {
      auto& lines = out[record.key];
      for (const auto& v : record.versions) {
        lines.push_back(
            std::to_string(v.id) + " by " + std::to_string(v.author.value()) +
            (v.parent ? " after " + std::to_string(record.versions[*v.parent].id) : std::string()));
        EXPECT_EQ(v.summary, "Processo importado");
      }
      for (const auto& view : record.views) {
        std::string line = "view of " + std::to_string(view.user) + ":";
        for (const auto& seen : view.visible) {
          line += " " + std::to_string(record.versions[seen.version].id);
        }
        lines.push_back(line);
      }
    }
    return out;
  }

  merged_masters patients_, clinics_;
  bool related_ = false;
  legacy_id quarantined_ = 0;
  report out_;
  process_input in_{&patients_,
                    &clinics_,
                    [this](const auto&, const auto&, legacy_id) { return related_; },
                    [](legacy_id user) { return user < 10; },
                    [this](const auto&, legacy_id id) { return id == quarantined_; },
                    &medicines()};
  process_judge judge_{in_, out_};
};

TEST_F(judged_processes, name_the_first_thing_that_is_missing) {
  clinics_.add({5, 6});
  auto p = good_process();
  p.issuer_clinic = 6;
  EXPECT_EQ(judge(p).reasons, "") << "the same clinic once merged";
  p.id = 10;
  EXPECT_EQ(judge(p).reasons, "PROCESS_DUPLICATE");
  p.issuer_clinic = 7;
  p.disease = 4;
  p.cid = "G35";
  p.related_patient = false;
  EXPECT_EQ(judge(p).reasons, "PROCESS_OWNER_NOT_RELATED_PATIENT,PROCESS_EMISSOR_MISMATCH");
  p.doctor_exists = false;
  p.disease_exists = false;
  const auto missing = judge(p);
  EXPECT_EQ(missing.reasons, "MISSING_DOCTOR");
  EXPECT_EQ(missing.result, outcome::quarantined);
  EXPECT_TRUE(missing.whole);
  EXPECT_EQ(judge_.judge_link(p.id, 57).result, outcome::deferred);
  p.user = 20;
  EXPECT_EQ(judge(p).reasons, "MISSING_USER");
}

TEST_F(judged_processes, of_one_disease_are_one_record_with_a_view_for_each_owner) {
  auto p = good_process();
  static_cast<void>(judge(p));
  p.id = 10;
  p.user = 2;
  p.cid = "g400";
  static_cast<void>(judge(p));
  EXPECT_EQ(records(), (std::map<std::string, reasons_said>{
                           {std::string(k_process_cpf) + "/G40.0",
                            {"9 by 1", "10 by 2", "view of 1: 9", "view of 2: 10"}}}));
  EXPECT_TRUE(records().empty()) << "taken once";
}

TEST_F(judged_processes, the_newest_duplicate_is_shown_with_the_older_behind_it) {
  auto p = good_process();
  EXPECT_EQ(judge(p).reasons, "");
  p.id = 12;
  EXPECT_EQ(judge(p).reasons, "PROCESS_DUPLICATE");
  p.id = 20;
  p.disease = 33;  // another row of the same CID
  EXPECT_EQ(judge(p).reasons, "PROCESS_DUPLICATE");
  EXPECT_EQ(records(),
            (std::map<std::string, reasons_said>{
                {std::string(k_process_cpf) + "/G40.0",
                 {"9 by 1", "12 by 1 after 9", "20 by 1 after 12", "view of 1: 9 12 20"}}}));
}

TEST_F(judged_processes, of_a_patient_that_is_not_the_owners_are_shown_to_nobody) {
  auto p = good_process();
  p.related_patient = false;
  const auto verdict = judge(p);
  EXPECT_EQ(verdict.reasons, "PROCESS_OWNER_NOT_RELATED_PATIENT");
  EXPECT_FALSE(verdict.whole);
  EXPECT_EQ(
      records(),
      (std::map<std::string, reasons_said>{{std::string(k_process_cpf) + "/G40.0", {"9 by 1"}}}));
  // Related by a master that is the same patient.
  patients_.add({3, 4});
  related_ = true;
  p.id = 10;
  EXPECT_EQ(judge(p).reasons, "");
}

TEST_F(judged_processes, do_not_name_a_clinic_that_is_not_the_owners) {
  auto p = good_process();
  p.related_clinic = false;
  EXPECT_EQ(judge(p).reasons, "PROCESS_OWNER_NOT_RELATED_CLINIC");
  p.id = 10;
  p.user = 2;
  p.related_clinic = true;
  EXPECT_EQ(judge(p).reasons, "");
  p.id = 11;
  p.user = 3;
  quarantined_ = p.clinic;
  EXPECT_EQ(judge(p).reasons, "PROCESS_CLINIC_QUARANTINED");
  const auto all = judge_.take_records();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(json::parse(all[0].versions[0].fields)["clinica"], "");
  EXPECT_EQ(json::parse(all[0].versions[1].fields)["clinica"], "1234567");
  EXPECT_EQ(json::parse(all[0].versions[2].fields)["clinica"], "");
}

TEST_F(judged_processes, without_a_disease_or_a_good_number_have_keys_of_their_own) {
  auto p = good_process();
  p.disease.reset();
  p.cid.clear();
  p.protocol.reset();
  EXPECT_EQ(judge(p).reasons, "PROCESS_WITHOUT_DISEASE");
  p = good_process();
  p.id = 10;
  p.cid = "G40.00";
  EXPECT_EQ(judge(p).reasons, "PROCESS_CID_INVALID");
  p.id = 11;
  p.disease = 5;
  p.cid = "G35";
  p.patient = 57;
  p.patient_number = "123.456.789-00";
  EXPECT_EQ(judge(p).reasons, "");
  p.id = 12;
  p.patient = 60;
  p.patient_number = "";
  EXPECT_EQ(judge(p).reasons, "");
  reasons_said keys;
  for (const auto& [key, lines] : records()) {
    keys.push_back(key);
    EXPECT_EQ(domain::lookup_key("process", key).value(), key);
  }
  EXPECT_EQ(keys, (reasons_said{"#60/G35", std::string(k_process_cpf) + "/#10",
                                std::string(k_process_cpf) + "/#9", "12345678900#57/G35"}));
}

TEST_F(judged_processes, are_refused_with_their_patient) {
  auto p = good_process();
  quarantined_ = p.patient;
  EXPECT_EQ(judge(p).reasons, "PATIENT_QUARANTINED");
  quarantined_ = 0;
  p.patient_number = "\xFF";
  EXPECT_EQ(judge(p).reasons, "TEXT_UNREADABLE");
  EXPECT_TRUE(records().empty());
}

TEST_F(judged_processes, links_that_the_prescription_does_not_have_are_kept) {
  auto p = good_process();
  p.links = {57, 58};
  EXPECT_EQ(judge(p).reasons, "PRESCRIPTION_LINKS_DIFFER");
  EXPECT_EQ(judge_.judge_link(9, 57).result, outcome::imported);
  EXPECT_FALSE(judge_.judge_link(9, 57).whole);
  EXPECT_EQ(judge_.judge_link(9, 58).result, outcome::flagged);
  EXPECT_EQ(judge_.judge_link(9, 58).reasons, "MEDICATION_NOT_PRESCRIBED");
}

}  // namespace
}  // namespace autocusto::import
