// From values to a request and its problems; the key of an emission; what is due.

#include <gmock/gmock.h>

#include "client/print/due.hpp"
#include "client/print/emission.hpp"
#include "client/print/resolve.hpp"
#include "shared/domain/record_kind.hpp"
#include "shared/domain/structured.hpp"
#include "shared/domain/validate.hpp"

namespace autocusto::printing {
namespace {

using std::string_literals::operator""s;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

pdf::date day(std::string_view iso) {
  return *pdf::date_from_iso(iso);
}

/// Knows one disease and two medicines.
class small_reference final : public reference_source {
 public:
  [[nodiscard]] std::string revision() const override { return "rev-1"; }
  [[nodiscard]] std::optional<disease_facts> disease(std::string_view cid) const override {
    if (cid != "G35") return std::nullopt;
    return disease_facts{"Esclerose múltipla", disease_retired};
  }
  [[nodiscard]] std::optional<medicine_facts> medicine(std::string_view code,
                                                       std::string_view cid) const override {
    if (code == "known") return medicine_facts{.max_month = 30};
    if (code == "gone") return medicine_facts{.retired_on = "2026-08-01"};
    if (code == "c1") return medicine_facts{.control = "C1", .unit = "frasco"};
    if (code == "b1") return medicine_facts{.control = "B1"};
    if (code == "adult") return medicine_facts{.age_min = 216, .age_max = 719};
    if (code == "female") return medicine_facts{.for_sex = reference::sex::female};
    if (code == "other") return medicine_facts{.for_cid = cid != "G35"};
    return std::nullopt;
  }
  std::string disease_retired;
};

domain::text_map medicine(const std::string& code, const std::string& quantity = "30") {
  domain::text_map row{{"nome", "Remédio"}, {"via", "Oral"}, {"unidade", "comprimido"}};
  if (!code.empty()) row["codigo"] = code;
  row["qtd_1"] = quantity;
  row["pos_1"] = "Tomar um";
  return row;
}

sources complete(const domain::row_list& rows) {
  sources out;
  out.process = {"11144477735/G35",
                 {{"anamnese", "História."s},
                  {"tratou", "nao"s},
                  {"preenchido_por", "paciente"s},
                  {"meses", "1"s},
                  {"prescricao", domain::from_rows(rows)}}};
  out.patient = {"11144477735",
                 {{"nome_paciente", "João"s},
                  {"nome_mae", "Maria"s},
                  {"incapaz", false},
                  {"peso", "70"s},
                  {"altura", "170"s},
                  {"end_paciente", "Rua A"s}}};
  out.clinic = source{"2345678",
                      {{"nome_clinica", "Clínica"s},
                       {"logradouro", "Rua B"s},
                       {"logradouro_num", "1"s},
                       {"bairro", "Centro"s},
                       {"cidade", "Belém"s},
                       {"cep", "66000-000"s},
                       {"telefone_clinica", "9132123456"s}}};
  out.doctor = {"12345/PA", {{"nome_medico", "Ana"s}, {"cns_medico", "700000000000005"s}}};
  return out;
}

print_options on(std::string_view iso = "2027-01-31") {
  print_options out;
  out.start = day(iso);
  return out;
}

std::vector<std::string> told(const std::vector<problem>& all) {
  std::vector<std::string> out;
  for (const auto& one : all) out.push_back(one.box + ' ' + one.code + ' ' + one.field);
  return out;
}

resolved resolved_with(const sources& from, const print_options& how = on()) {
  return resolve(from, how, small_reference());
}

TEST(PrintResolve, CompleteValuesHaveNoProblems) {
  const auto out = resolved_with(complete({medicine("known")}));
  EXPECT_THAT(told(out.problems), IsEmpty());
  EXPECT_THAT(told(out.warnings), IsEmpty());
  EXPECT_EQ(out.request.diagnosis, "Esclerose múltipla");
  EXPECT_EQ(out.request.process.key, "G35");
  EXPECT_EQ(out.request.months, 1);
  EXPECT_EQ(out.request.rows.at(0).qtd[0], "30");
}

struct changed_field {
  const char* record;  ///< p, u (patient), d, c
  const char* field;
  domain::field_value value;
  const char* expected;
};

TEST(PrintResolve, EveryProblemNamesBoxAndField) {
  const std::vector<changed_field> table{
      {"u", "nome_paciente", ""s, "3.1 missing nome_paciente"},
      {"u", "nome_mae", ""s, "4 missing nome_mae"},
      {"u", "peso", ""s, "5 missing peso"},
      {"u", "altura", ""s, "6 missing altura"},
      {"u", "nome_paciente", "Jo\U0001F600o"s, "3.1 no_glyph nome_paciente"},
      {"u", "nome_mae", std::string(400, 'M'), "4 too_long nome_mae"},
      {"p", "anamnese", ""s, "11 missing anamnese"},
      {"p", "anamnese", std::string(1500, 'x'), "11 too_long anamnese"},
      {"p", "tratou", ""s, "12 missing tratou"},
      {"p", "prescricao", domain::from_rows({}), "7 missing prescricao"},
      {"p", "situacao", "encerrado"s, " closed situacao"},
      {"d", "nome_medico", ""s, "14 missing nome_medico"},
      {"d", "cns_medico", ""s, "15 missing cns_medico"},
      {"c", "nome_clinica", ""s, "2 missing nome_clinica"},
  };
  for (const auto& [record, field, value, expected] : table) {
    auto from = complete({medicine("known")});
    auto& of = *record == 'u'   ? from.patient
               : *record == 'd' ? from.doctor
               : *record == 'c' ? *from.clinic
                                : from.process;
    of.fields[field] = value;
    EXPECT_THAT(told(resolved_with(from).problems), ElementsAre(expected)) << field;
  }
}

TEST(PrintResolve, RowsAreNamedByNumberAndColumn) {
  const auto with = [](const domain::text_map& second) {
    return told(resolved_with(complete({medicine("known"), second})).problems);
  };
  auto row = medicine("known", "99999");
  EXPECT_THAT(with(row), Contains("8 bad_quantity prescricao.2.qtd_1"));
  row = medicine("known");
  row.erase("pos_1");
  EXPECT_THAT(with(row), ElementsAre(" dose_incomplete prescricao.2.pos_1"));
  row = medicine("known");
  row.erase("qtd_1");
  EXPECT_THAT(with(row), Contains("8 nothing_prescribed prescricao.2.qtd_1"));
  EXPECT_THAT(with(medicine("known", "31")), ElementsAre("8 above_maximum prescricao.2.qtd_1"));
  EXPECT_THAT(with(medicine("gone")), ElementsAre("7 retired prescricao.2.codigo"));
  row = medicine("known");
  row["controle"] = "C2";
  EXPECT_THAT(with(row), ElementsAre(" needs_notification prescricao.2.nome"));
}

TEST(PrintResolve, TheControlListIsTheCataloguesWhereTheRowNamesNone) {
  const auto listed = resolved_with(complete({medicine("c1")}));
  EXPECT_THAT(listed.problems, IsEmpty());
  EXPECT_EQ(listed.request.rows.at(0).controle, "C1");
  EXPECT_THAT(told(resolved_with(complete({medicine("b1")})).problems),
              ElementsAre(" needs_notification prescricao.1.nome"));
  auto row = medicine("c1");
  row["controle"] = "C5";
  const auto differs = resolved_with(complete({row}));
  EXPECT_EQ(differs.request.rows.at(0).controle, "C5");
  EXPECT_THAT(told(differs.warnings), ElementsAre("7 control_differs prescricao.1.controle"));
}

TEST(PrintResolve, AgeIsCountedInWholeMonthsOnTheDayOfTheRequest) {
  const auto warned = [](const char* born, const char* start = "2027-01-31") {
    auto from = complete({medicine("adult")});
    from.patient.fields["data_nascimento"] = std::string(born);
    const auto out = resolved_with(from, on(start));
    EXPECT_THAT(told(out.problems), IsEmpty()) << born;
    return !out.warnings.empty() &&
           told(out.warnings).front() == "7 age_out_of_range prescricao.1.codigo";
  };
  EXPECT_FALSE(warned("")) << "what the record does not tell is not checked";
  EXPECT_TRUE(warned("2009-02-01")) << "18 years tomorrow";
  EXPECT_FALSE(warned("2009-01-31"));
  EXPECT_TRUE(warned("2009-01-31", "2027-01-30"));
  EXPECT_FALSE(warned("1967-02-01"));
  EXPECT_TRUE(warned("1967-01-31")) << "60 years today";
}

TEST(PrintResolve, SexIsReadAsPeopleWriteIt) {
  for (const auto* male : {"M", "masculino", "Masc.", "HOMEM"}) {
    auto from = complete({medicine("female")});
    from.patient.fields["sexo"] = std::string(male);
    EXPECT_THAT(told(resolved_with(from).warnings),
                ElementsAre("7 sex_differs prescricao.1.codigo"))
        << male;
  }
  for (const auto* other : {"", "F", "feminino", "Mulher", "outro", "não informado"}) {
    auto from = complete({medicine("female")});
    from.patient.fields["sexo"] = std::string(other);
    EXPECT_THAT(told(resolved_with(from).warnings), IsEmpty()) << other;
  }
}

TEST(PrintResolve, AMedicineThatIsNotForTheCidIsNamed) {
  auto from = complete({medicine("other")});
  EXPECT_THAT(told(resolved_with(from).warnings), ElementsAre("7 not_for_cid prescricao.1.codigo"));
  from.process.key = "11144477735/G40.0";
  EXPECT_THAT(told(resolved_with(from).warnings), ElementsAre("9 not_in_catalogue cid"));
}

TEST(PrintResolve, TheUnitIsTheCataloguesWhereTheRowNamesNone) {
  auto row = medicine("c1");
  row.erase("unidade");
  EXPECT_EQ(resolved_with(complete({row})).request.rows.at(0).unidade, "frasco");
  row["codigo"] = "unlisted";
  row["controle"] = "C1";
  EXPECT_THAT(told(resolved_with(complete({row})).warnings),
              Contains("7 unit_missing prescricao.1.unidade"));
  row.erase("controle");
  EXPECT_THAT(told(resolved_with(complete({row})).warnings),
              Not(Contains("7 unit_missing prescricao.1.unidade")));
}

TEST(PrintResolve, MonthsWithoutAnyMedicineAreNamedTogether) {
  auto row = medicine("known");
  row["qtd_4"] = "30";
  row["pos_4"] = "Tomar um";
  auto how = on();
  how.months = 5;
  const auto out = resolved_with(complete({row}), how);
  EXPECT_THAT(told(out.problems), IsEmpty());
  ASSERT_THAT(told(out.warnings), ElementsAre("8 empty_month meses"));
  EXPECT_THAT(out.warnings[0].pt, ::testing::HasSubstr(" 2, 3, 5,"));
  how.months = 1;
  EXPECT_THAT(told(resolved_with(complete({row}), how).warnings), IsEmpty());
}

TEST(PrintResolve, AQuantityOfZeroIsNamed) {
  auto row = medicine("known");
  auto second = medicine("known", "0");
  second.erase("pos_1");
  second["qtd_2"] = "30";
  second["pos_2"] = "Tomar um";
  row["qtd_2"] = "30";
  row["pos_2"] = "Tomar um";
  auto how = on();
  how.months = 2;
  const auto out = resolved_with(complete({row, second}), how);
  EXPECT_THAT(told(out.problems), IsEmpty());
  EXPECT_THAT(told(out.warnings), ElementsAre("8 zero_quantity prescricao.2.qtd_1"));
}

TEST(PrintResolve, AMedicineThatTheImportCouldNotNameIsNotPrinted) {
  auto row = medicine("known");
  row["nome"] = "(medicamento 57)";
  EXPECT_THAT(told(resolved_with(complete({row})).problems),
              ElementsAre("7 unknown_medicine prescricao.1.nome"));
}

TEST(PrintResolve, AnImportedNumberThatIsNoCpfIsTold) {
  auto from = complete({medicine("known")});
  from.patient.key = "12345678900#57";
  EXPECT_THAT(told(resolved_with(from).warnings), ElementsAre("21 invalid_cpf cpf"));
  from.patient.key = "11144477735#57";
  EXPECT_THAT(told(resolved_with(from).warnings), IsEmpty());
}

TEST(PrintResolve, EveryCharacterAndEveryDocumentIsNamedAtOnce) {
  auto from = complete({medicine("known")});
  from.patient.fields["nome_paciente"] = "Jo\U0001F600o \u6771 \u05D0 \u0627"s;
  std::string all;
  const auto out = resolved_with(from);
  for (const auto& one : out.problems) all += one.pt;
  EXPECT_THAT(out.problems, ::testing::SizeIs(4));
  for (const auto* point : {"U+1F600", "U+6771", "U+05D0", "U+0627"}) {
    EXPECT_THAT(all, ::testing::HasSubstr(point));
  }
  from = complete({medicine("known")});
  from.clinic->fields["nome_clinica"] = std::string(500, 'W');
  EXPECT_THAT(told(resolved_with(from).problems),
              ElementsAre("2 too_long nome_clinica", " too_long nome_clinica"));
}

TEST(PrintResolve, AStartFarAwayIsRefusedWithItsBox) {
  const auto from = complete({medicine("known")});
  EXPECT_THAT(told(resolved_with(from, on("9999-12-31")).problems),
              ElementsAre("16 bad_start start"));
  EXPECT_THAT(told(resolved_with(from, on("2200-12-31")).problems), IsEmpty());
}

TEST(PrintResolve, WhatTheCatalogueSpeaksAgainstCanBeAllowed) {
  auto how = on();
  how.allow = {allowance::retired, allowance::maximum};
  const auto out = resolved_with(complete({medicine("gone"), medicine("known", "31")}), how);
  EXPECT_THAT(told(out.problems), IsEmpty());
  EXPECT_THAT(told(out.warnings),
              ElementsAre("7 retired prescricao.1.codigo", "8 above_maximum prescricao.2.qtd_1"));
  small_reference retired;
  retired.disease_retired = "2026-08-01";
  EXPECT_THAT(told(resolve(complete({medicine("known")}), on(), retired).problems),
              ElementsAre("9 retired cid"));
  EXPECT_THAT(told(resolve(complete({medicine("known")}), how, retired).problems), IsEmpty());
}

TEST(PrintResolve, AnUnknownCodePrintsWithAWarning) {
  for (const auto* code : {"", "0000000000"}) {
    const auto out = resolved_with(complete({medicine(code)}));
    EXPECT_THAT(told(out.problems), IsEmpty());
    EXPECT_THAT(told(out.warnings), ElementsAre("7 not_in_catalogue prescricao.1.codigo"));
  }
  auto other = complete({medicine("known")});
  other.process.key = "11144477735/A00";
  EXPECT_THAT(told(resolved_with(other).warnings), ElementsAre("9 not_in_catalogue cid"));
}

TEST(PrintResolve, AProcessWithoutCidCannotBePrinted) {
  auto from = complete({medicine("known")});
  from.process.key = "11144477735/#57";
  EXPECT_THAT(told(resolved_with(from).problems), ElementsAre("9 missing cid"));
}

TEST(PrintResolve, AProcessWithoutClinicSaysSo) {
  auto from = complete({medicine("known")});
  from.clinic.reset();
  EXPECT_THAT(told(resolved_with(from).problems), Contains("1 missing cnes"));
}

TEST(PrintResolve, DraftsAndConflictsAreProblemsOfTheirOwn) {
  auto from = complete({medicine("known")});
  from.process.draft = true;
  from.patient.heads = agreement::clinical;
  from.doctor.heads = agreement::clinical;
  const auto out = resolved_with(from);
  EXPECT_THAT(told(out.problems), ElementsAre(" draft processo", " conflict paciente"));
  EXPECT_THAT(told(out.warnings), ElementsAre(" conflict medico"));
  EXPECT_FALSE(out.request.draft);
  auto how = on();
  how.accept_draft = true;
  EXPECT_TRUE(resolved_with(from, how).request.draft);
}

TEST(PrintResolve, TheOptionsMonthsComeBeforeTheProcess) {
  auto from = complete({medicine("known")});
  auto how = on();
  how.months = 3;
  EXPECT_EQ(resolved_with(from, how).request.months, 3);
  from.process.fields.erase("meses");
  EXPECT_EQ(resolved_with(from).request.months, 6);
}

TEST(PrintResolve, ListsOfDocumentsAreReadBack) {
  EXPECT_EQ(documents_text(*documents_from("exames,lme")), "lme,exames");
  EXPECT_EQ(documents_text(*documents_from("receita")), "receita");
  for (const auto* wrong : {"", "lme,", ",lme", "LME", "foo", "lme receita"}) {
    EXPECT_FALSE(documents_from(wrong)) << wrong;
  }
}

pins sample_pins() {
  pins out;
  out.process = "11144477735/G35";
  out.process_version = std::string(64, 'a');
  out.patient_version = std::string(64, 'b');
  out.clinic = "2345678";
  out.clinic_version = std::string(64, 'c');
  out.doctor = "12345/PA";
  out.doctor_version = std::string(64, 'd');
  out.catalogue = std::string(64, 'e');
  out.form = "lme";
  out.start = day("2027-01-31");
  out.documents = "lme,receita";
  out.pdf_sha256 = std::string(64, 'f');
  return out;
}

TEST(PrintEmission, TheKeyIsTheHashOfAllPins) {
  const auto key = emission_key(sample_pins());
  // sha256 of the text below, by another program.
  EXPECT_EQ(key, "11144477735/G35@2027-01-31-c68d0415b864c84f");
  EXPECT_EQ(domain::normalise_emission_key(key).value(), key);
  EXPECT_EQ(pins_text(sample_pins()).substr(0, 14), R"({"catalogue":")");
}

TEST(PrintEmission, EveryPinChangesTheKey) {
  const std::vector<void (*)(pins&)> changes{[](pins& p) { p.process = "11144477735/G35/2"; },
                                             [](pins& p) { p.process_version[0] = '0'; },
                                             [](pins& p) { p.patient_version[0] = '0'; },
                                             [](pins& p) { p.clinic = "2345679"; },
                                             [](pins& p) { p.clinic_version[0] = '0'; },
                                             [](pins& p) { p.doctor = "12345/AP"; },
                                             [](pins& p) { p.doctor_version[0] = '0'; },
                                             [](pins& p) { p.catalogue[0] = '0'; },
                                             [](pins& p) { p.form = "other"; },
                                             [](pins& p) { p.start = day("2027-02-01"); },
                                             [](pins& p) { p.months = 5; },
                                             [](pins& p) { p.dates = pdf::date_policy::monthly; },
                                             [](pins& p) { p.documents = "lme"; },
                                             [](pins& p) { p.pdf_sha256[0] = '0'; }};
  std::set<std::string> marks{mark_of(emission_key(sample_pins()))};
  for (const auto& change : changes) {
    auto other = sample_pins();
    change(other);
    EXPECT_TRUE(marks.insert(mark_of(emission_key(other))).second) << pins_text(other);
  }
}

TEST(PrintEmission, FieldsAreValidAndGiveThePinsBack) {
  pdf::prescription_row row{"0604080026", "Remédio", "", "", "", "", {"30", "", "8"}, {}};
  const auto made = sample_pins();
  const auto fields = emission_fields(made, 7, {row});
  auto whole = domain::empty_fields("emission");
  for (const auto& [name, value] : fields) whole[name] = value;
  EXPECT_THAT(domain::validate_edit(*domain::find_record_kind("emission"), whole,
                                    domain::version_status::active, {}),
              IsEmpty());
  EXPECT_EQ(pins_of(emission_key(made), fields).value(), made);
  EXPECT_EQ(domain::value_text(fields.at("linhas")),
            R"([{"codigo":"0604080026","nome":"Remédio","qtd_1":"30","qtd_3":"8"}])");
}

TEST(PrintDue, MonthsAreCalendarMonths) {
  const std::vector<std::tuple<const char*, int, const char*>> table{
      {"2027-01-15", 6, "2027-07-15"}, {"2027-08-31", 6, "2028-02-29"},
      {"2026-08-31", 6, "2027-02-28"}, {"2027-12-01", 1, "2028-01-01"},
      {"2027-10-31", 1, "2027-11-30"}, {"2027-07-15", 5, "2027-12-15"}};
  for (const auto& [start, months, expected] : table) {
    EXPECT_EQ(pdf::iso_text(due_date(day(start), months)), expected) << start;
  }
  EXPECT_EQ(pdf::iso_text(days_later(day("2027-12-31"), 60)), "2028-02-29");
}

TEST(PrintDue, TheNewestEmissionCountsAndACancelledOneDoesNot) {
  const std::vector<process_facts> processes{
      {"1/G35"}, {"2/G35"}, {"3/G35", true}, {"4/G35"}, {"5/G35"}};
  const std::vector<emission_facts> emissions{
      {"1/G35@2027-01-01-a", day("2027-01-01"), 6},
      {"1/G35@2026-07-01-b", day("2026-07-01"), 6},
      {"2/G35@2027-01-01-c", day("2027-01-01"), 3},
      {"3/G35@2026-01-01-d", day("2026-01-01"), 1},
      {"4/G35@2027-01-01-e", day("2027-01-01"), 6, true},
      {"1/G35/2@2027-05-01-f", day("2027-05-01"), 6},
      {"1/G35@2027-05-10-g", day("2027-05-10"), 6, false, false},  // a report only
  };
  const auto due = due_of(processes, emissions);
  ASSERT_EQ(due.items.size(), 2U);
  EXPECT_EQ(due.items[0].process, "2/G35");
  EXPECT_EQ(pdf::iso_text(due.items[0].due), "2027-04-01");
  EXPECT_EQ(due.items[1].emission, "1/G35@2027-01-01-a");
  EXPECT_THAT(due.never, ElementsAre("4/G35", "5/G35"));
}

}  // namespace
}  // namespace autocusto::printing
