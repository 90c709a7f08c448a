// From records in a replica to paper, and from an emission back to the same bytes.

#include <algorithm>

#include <gmock/gmock.h>

#include "client/pdf/print.hpp"
#include "client/print/reprint.hpp"
#include "shared/domain/structured.hpp"
#include "tests/support/print_world.hpp"

namespace autocusto::printing {
namespace {

using std::string_literals::operator""s;
using test::text_of_pdf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

const std::string k_cpf = "11144477735";

struct issuing : ::testing::Test {
  test::print_world here;
  std::string process = here.add_process(k_cpf);

  std::size_t emissions() { return here.ana->read().list("emission")->size(); }
  result<drawn> draw_it(const order& what, std::vector<problem>* why = nullptr) {
    return draw(here.ana->read(), what, *here.catalogue, "", why);
  }
  static std::vector<std::string> codes(const std::vector<problem>& all) {
    std::vector<std::string> out;
    for (const auto& one : all) out.push_back(one.code + ' ' + one.field);
    return out;
  }
};

TEST_F(issuing, prints_what_the_records_hold_and_keeps_an_emission) {
  const auto drawn = here.issue(here.order(process));
  EXPECT_EQ(drawn.pages, 7);
  const auto text = text_of_pdf(drawn.pdf);
  EXPECT_THAT(text, HasSubstr("João Antônio da Conceição"));
  EXPECT_THAT(text, HasSubstr("Clínica do Marajó"));
  EXPECT_THAT(text, HasSubstr("Ana Beatriz Souza"));
  EXPECT_THAT(text, HasSubstr("neurite óptica"));
  EXPECT_THAT(text, HasSubstr("Esclerose múltipla"));
  EXPECT_THAT(text, HasSubstr("31/01/2027"));
  EXPECT_THAT(text, Not(HasSubstr(" C S "))) << "no draft";
  EXPECT_TRUE(here.last.created);
  const auto kept = here.ana->read().show("emission", here.last.emission);
  ASSERT_TRUE(kept);
  EXPECT_EQ(text_of(kept->fields, "pdf_sha256"), drawn.made.pdf_sha256);
  EXPECT_EQ(text_of(kept->fields, "situacao"), "emitida");
  EXPECT_EQ(text_of(kept->fields, "processo_versao"),
            here.ana->read().show("process", process)->version.id.text());
  EXPECT_EQ(codes(drawn.warnings), (std::vector{"not_for_cid prescricao.1.codigo"s,
                                                "not_in_catalogue prescricao.2.codigo"s}));
}

TEST_F(issuing, makes_no_second_version_of_the_same_print) {
  const auto first = here.issue(here.order(process));
  const auto key = here.last.emission;
  const auto again = here.issue(here.order(process));
  EXPECT_FALSE(here.last.created);
  EXPECT_EQ(here.last.emission, key);
  EXPECT_EQ(again.pdf, first.pdf);
  EXPECT_THAT(*here.ana->read().history("emission", key), SizeIs(1));
  EXPECT_EQ(emissions(), 1U);
}

TEST_F(issuing, leaves_the_state_of_an_emission_alone_when_it_is_printed_again) {
  here.issue(here.order(process));
  here.save("emission", here.last.emission, {{"situacao", "deferida"s}});
  here.issue(here.order(process));
  const auto kept = here.ana->read().show("emission", here.last.emission);
  EXPECT_EQ(text_of(kept->fields, "situacao"), "deferida");
}

TEST_F(issuing, asks_before_the_paper_of_a_cancelled_emission_goes_out_again) {
  const auto first = here.issue(here.order(process));
  const auto key = here.last.emission;
  here.save("emission", key, {{"situacao", "cancelada"s}});
  std::vector<problem> why;
  const auto anew = draw_it(here.order(process), &why);
  ASSERT_FALSE(anew);
  EXPECT_EQ(exit_code(anew.error().code), 3);
  ASSERT_EQ(codes(why), std::vector{"cancelled situacao"s});
  EXPECT_THAT(why[0].pt, HasSubstr(mark_of(key)));
  const auto refused = reprint(here.ana->read(), key, *here.catalogue);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().field, "situacao");
  const auto again = reprint(here.ana->read(), key, *here.catalogue, {}, true);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->pdf, first.pdf);
  here.save("emission", key, {{"situacao", "emitida"s}});
  EXPECT_TRUE(draw_it(here.order(process)));
}

TEST_F(issuing, reprints_equal_bytes_after_every_record_was_edited) {
  const auto first = here.issue(here.order(process));
  const auto key = here.last.emission;
  here.save("patient", k_cpf, {{"peso", "80"s}});
  here.save("process", process, {{"anamnese", "Outra história."s}});
  here.save("clinic", here.clinic, {{"nome_clinica", "Outra clínica"s}});
  here.save("doctor", here.doctor, {{"nome_medico", "Outro nome"s}});
  const auto second = here.issue(here.order(process));
  EXPECT_NE(here.last.emission, key);
  EXPECT_NE(second.pdf, first.pdf);
  EXPECT_THAT(text_of_pdf(second.pdf), HasSubstr("Outra história"));

  const auto again = reprint(here.ana->read(), key, *here.catalogue);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->pdf, first.pdf);
  EXPECT_EQ(again->sha256, first.made.pdf_sha256);
}

TEST_F(issuing, refuses_a_reprint_that_would_differ) {
  here.issue(here.order(process));
  auto other = reference::catalogue();
  other.diseases = {{.cid = "G35", .nome = "Outro nome da doença"}};
  const auto again = reprint(here.ana->read(), here.last.emission, *make_reference(other));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, errc::hash_mismatch);
}

TEST_F(issuing, refuses_a_reprint_of_what_was_taken_away) {
  here.issue(here.order(process));
  here.ana.sync();
  here.server.unassign(here.server.record_of("clinic", here.clinic));
  here.ana.sync();
  const auto again = reprint(here.ana->read(), here.last.emission, *here.catalogue);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, errc::not_found);
  EXPECT_THAT(again.error().message, HasSubstr("cannot be printed again"));
}

TEST_F(issuing, finds_an_emission_by_the_start_of_its_mark) {
  here.issue(here.order(process));
  const auto key = here.last.emission;
  const auto mark = mark_of(key);
  EXPECT_EQ(*find_emission(here.ana->read(), mark), key);
  EXPECT_EQ(*find_emission(here.ana->read(), mark.substr(0, 4)), key);
  EXPECT_EQ(*find_emission(here.ana->read(), key), key);
  std::string capitals = mark;
  for (auto& c : capitals) c = c >= 'a' ? static_cast<char>(c - 32) : c;
  EXPECT_EQ(*find_emission(here.ana->read(), capitals), key);
  EXPECT_EQ(*find_emission(here.ana->read(), key.substr(0, key.size() - 16) + capitals), key);
  EXPECT_EQ(find_emission(here.ana->read(), mark.substr(0, 3)).error().code, errc::not_found);
  EXPECT_EQ(find_emission(here.ana->read(), "zzzz").error().code, errc::not_found);
}

TEST_F(issuing, refuses_with_all_problems_at_once) {
  here.save("patient", k_cpf, {{"peso", ""s}, {"altura", ""s}});
  here.save("process", process,
            {{"anamnese", std::string(1400, 'x')},
             {"tratou", ""s},
             {"prescricao",
              test::rows_json(R"([{"nome":"Remédio","pos_1":"Tomar","qtd_1":"1","qtd_2":"2"}])")}});
  std::vector<problem> why;
  const auto drawn = draw_it(here.order(process), &why);
  ASSERT_FALSE(drawn);
  EXPECT_EQ(exit_code(drawn.error().code), 3);
  const auto all = codes(why);
  for (const auto* expected : {"missing peso", "missing altura", "too_long anamnese",
                               "missing tratou", "dose_incomplete prescricao.1.pos_2"}) {
    EXPECT_THAT(all, Contains(expected));
  }
  EXPECT_EQ(emissions(), 0U);
  const auto checked = check(here.ana->read(), here.order(process), *here.catalogue, "");
  ASSERT_TRUE(checked);
  EXPECT_EQ(codes(checked->problems), all);
}

TEST_F(issuing, prints_a_draft_with_a_mark_and_without_an_emission) {
  const std::string key = "52998224725/G35";
  here.save("patient", "52998224725", test::patient_fields("Maria"));
  here.save("process", key, test::process_fields(), true);
  const auto drawn = here.issue(here.order(key));
  EXPECT_TRUE(drawn.draft);
  // The word lies across the page, so its letters are read in pairs: RA SC UN HO.
  EXPECT_THAT(text_of_pdf(drawn.pdf), HasSubstr(" C S "));
  EXPECT_THAT(here.last.emission, IsEmpty());
  EXPECT_EQ(emissions(), 0U);
  const auto checked = check(here.ana->read(), here.order(key), *here.catalogue, "");
  EXPECT_EQ(codes(checked->problems), std::vector{"draft processo"s});
}

TEST_F(issuing, answers_for_a_missing_view_as_for_an_unknown_record) {
  here.ana.sync();
  here.server.unassign(here.server.record_of("patient", k_cpf));
  here.ana.sync();
  const auto missing = draw_it(here.order(process));
  ASSERT_FALSE(missing);
  EXPECT_EQ(exit_code(missing.error().code), 4);
  const auto unknown = draw_it(here.order("52998224725/G35"));
  EXPECT_EQ(missing.error().message, unknown.error().message);
  EXPECT_TRUE(here.ana->read().show("process", process)) << "it stays readable";
}

TEST_F(issuing, names_the_clinic_that_is_not_here) {
  here.ana.sync();
  here.server.unassign(here.server.record_of("clinic", here.clinic));
  here.ana.sync();
  const auto missing = draw_it(here.order(process));
  ASSERT_FALSE(missing);
  EXPECT_EQ(exit_code(missing.error().code), 4);
  EXPECT_THAT(missing.error().message, HasSubstr(here.clinic));
}

TEST_F(issuing, needs_a_choice_where_clinical_fields_are_in_conflict) {
  here.ana.sync();
  test::laptop second(here.server, "outro");
  second.pull();
  const auto set = [&](replica::replica_store& on, const std::string& field,
                       const std::string& value) {
    replica::edit edit;
    edit.kind = "process";
    edit.key = process;
    edit.fields = {{field, value}};
    ASSERT_TRUE(on.edit().save(edit));
  };
  set(*here.ana, "anamnese", "Uma história.");
  set(*second, "anamnese", "Outra história.");
  second.sync();
  here.ana.sync();
  ASSERT_TRUE(here.ana->read().show("process", process)->conflict);
  const auto refused = draw_it(here.order(process));
  ASSERT_FALSE(refused);
  EXPECT_EQ(exit_code(refused.error().code), 6);
  const auto checked = check(here.ana->read(), here.order(process), *here.catalogue, "");
  EXPECT_THAT(codes(checked->problems), Contains("conflict processo"));
  auto chosen = here.order(process);
  const auto heads = here.ana->read().show("process", process)->heads;
  chosen.what.version = heads.front().text();
  const auto drawn = here.issue(chosen);
  EXPECT_EQ(drawn.made.process_version, heads.front().text());
}

TEST_F(issuing, says_so_where_only_other_fields_are_in_conflict) {
  here.ana.sync();
  test::laptop second(here.server, "outro");
  second.pull();
  for (auto* on : {&*here.ana, &*second}) {
    replica::edit edit;
    edit.kind = "process";
    edit.key = process;
    edit.fields = {{"situacao_motivo", on == &*second ? "um"s : "outro"s}};
    ASSERT_TRUE(on->edit().save(edit));
  }
  second.sync();
  here.ana.sync();
  ASSERT_TRUE(here.ana->read().show("process", process)->conflict);
  const auto drawn = here.issue(here.order(process));
  EXPECT_THAT(codes(drawn.warnings), Contains("conflict processo"));
}

TEST_F(issuing, keeps_a_retired_medicine_and_a_great_quantity_back_until_allowed) {
  reference::catalogue other;
  other.diseases = {{.cid = "G35", .nome = "Esclerose múltipla"}};
  auto& medicine = other.medicines.emplace_back();
  medicine.code = "0604080026";
  medicine.name = medicine.print_name = "HIDROXICLOROQUINA";
  medicine.max_month = 20;
  medicine.cids = {"G35"};
  medicine.retired_on = "2026-08-01";
  here.catalogue = make_reference(other);
  std::vector<problem> why;
  ASSERT_FALSE(draw_it(here.order(process), &why));
  EXPECT_THAT(codes(why), Contains("retired prescricao.1.codigo"));
  EXPECT_THAT(codes(why), Contains("above_maximum prescricao.1.qtd_6"));
  auto allowed = here.order(process);
  allowed.how.allow = {allowance::retired, allowance::maximum};
  const auto drawn = here.issue(allowed);
  EXPECT_THAT(codes(drawn.warnings), Contains("retired prescricao.1.codigo"));
  const auto again = reprint(here.ana->read(), here.last.emission, *here.catalogue);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->pdf, drawn.pdf);
}

/// L1: removing the middle one of three medicines leaves every dose with its medicine.
TEST_F(issuing, keeps_each_dose_with_its_medicine) {
  here.save("process", process,
            {{"prescricao",
              test::rows_json(R"([{"nome":"Primeiro","pos_1":"dose-do-primeiro","qtd_1":"11"},)"
                              R"({"nome":"Terceiro","pos_1":"dose-do-terceiro","qtd_1":"33"}])")}});
  auto one_month = here.order(process);
  one_month.how.months = 1;
  const auto text = text_of_pdf(here.issue(one_month).pdf);
  const auto third = text.rfind("Terceiro");
  ASSERT_NE(third, std::string::npos);
  EXPECT_THAT(text.substr(third), HasSubstr("33 (trinta e três)"));
  EXPECT_THAT(text.substr(third), HasSubstr("dose-do-terceiro"));
  EXPECT_THAT(text.substr(third), Not(HasSubstr("dose-do-primeiro")));
}

/// L2: a date of an old print that an old process holds is never printed.
TEST_F(issuing, prints_the_date_that_was_asked_for) {
  auto found = gather(here.ana->read(), here.order(process).what, "");
  ASSERT_TRUE(found);
  for (const auto* name : {"data", "data_1", "data_2"}) {
    found->from.process.fields[name] = "01/01/2001"s;
  }
  const auto ready = resolve(found->from, here.order(process, "2027-01-31").how, *here.catalogue);
  const auto text = text_of_pdf(pdf::print(std::span(&ready.request, 1)).pdf);
  EXPECT_THAT(text, HasSubstr("31/01/2027"));
  EXPECT_THAT(text, HasSubstr("02/03/2027"));
  EXPECT_THAT(text, Not(HasSubstr("2001")));
}

/// L6, L7: six medicines, each on LME and prescription with its way of use, doctor and CRM.
TEST_F(issuing, prints_six_medicines_on_lme_and_prescription) {
  domain::row_list rows;
  for (int i = 1; i <= 6; ++i) {
    rows.push_back({{"nome", "Remédio" + std::to_string(i)},
                    {"via", "Via" + std::to_string(i)},
                    {"qtd_1", std::to_string(i)},
                    {"pos_1", "Dose" + std::to_string(i)}});
  }
  here.save("process", process, {{"prescricao", domain::from_rows(rows)}});
  auto one_month = here.order(process);
  one_month.how.months = 1;
  one_month.how.documents = {.lme = true, .prescriptions = false};
  const auto lme = text_of_pdf(here.issue(one_month).pdf);
  one_month.how.documents = {.lme = false, .prescriptions = true};
  const auto sheet = text_of_pdf(here.issue(one_month).pdf);
  for (int i = 1; i <= 6; ++i) {
    const auto n = std::to_string(i);
    EXPECT_THAT(lme, HasSubstr("Remédio" + n));
    EXPECT_THAT(sheet, HasSubstr("Remédio" + n));
    EXPECT_THAT(sheet, HasSubstr("Via" + n));
    EXPECT_THAT(sheet, HasSubstr("Dose" + n));
  }
  EXPECT_THAT(sheet, HasSubstr("Ana Beatriz Souza"));
  EXPECT_THAT(sheet, HasSubstr("12345"));
}

/// L8: clinic and date stand on every page that has a place for them.
TEST_F(issuing, names_clinic_and_date_on_each_document) {
  for (const auto* list : {"lme", "receita", "relatorio"}) {
    auto what = here.order(process);
    what.how.documents = *documents_from(list);
    const auto text = text_of_pdf(here.issue(what).pdf);
    EXPECT_THAT(text, HasSubstr("Clínica do Marajó")) << list;
    EXPECT_THAT(text, HasSubstr("31/01/2027")) << list;
  }
}

TEST_F(issuing, chooses_the_profile_that_the_doctor_uses) {
  here.save("doctor", "999/AP",
            {{"nome_medico", "Ana no Amapá"s}, {"cns_medico", "700000000000005"s}});
  const auto several = draw_it(here.order(process));
  ASSERT_FALSE(several);
  EXPECT_EQ(several.error().code, errc::ambiguous);
  const auto used = draw(here.ana->read(), here.order(process), *here.catalogue, "999/AP", nullptr);
  ASSERT_TRUE(used);
  EXPECT_EQ(used->made.doctor, "999/AP");
  auto named = here.order(process);
  named.what.doctor = here.doctor;
  EXPECT_EQ(draw_it(named)->made.doctor, here.doctor);
}

}  // namespace
}  // namespace autocusto::printing
