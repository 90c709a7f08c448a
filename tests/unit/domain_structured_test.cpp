// Rows, maps, revisions of kinds, and what a newer program wrote.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "shared/domain/conflict.hpp"
#include "shared/domain/entry.hpp"
#include "shared/domain/merge.hpp"
#include "shared/domain/record_kind.hpp"
#include "shared/domain/structured.hpp"
#include "shared/domain/validate.hpp"
#include "shared/domain/version.hpp"
#include "tests/support/domain_builders.hpp"

namespace autocusto::domain {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const record_kind& process() {
  return *find_record_kind("process");
}
const field_spec& prescription() {
  return *process().find("prescricao");
}
const field_spec& conditional() {
  return *process().find("condicionais");
}

structured entered(const field_spec& field, const char* json) {
  return entered_structured(field, nlohmann::json::parse(json)).value();
}

std::vector<std::string> places(const field_spec& field, const char* json) {
  std::vector<std::string> out;
  for (const auto& e : structured_problems(field, entered(field, json))) out.push_back(e.field);
  return out;
}

TEST(Structured, RowsHaveOneTextWhateverIsLeftEmpty) {
  const char* same[] = {
      R"([{"nome":"A","qtd_1":"30"}])",
      R"([{"qtd_1":30,"nome":" A ","via":""}])",
      R"([{"nome":"A","qtd_1":"30","pos_1":null},{},{"via":" "}])",
  };
  for (const char* json : same) {
    EXPECT_EQ(entered(prescription(), json).json, R"([{"nome":"A","qtd_1":"30"}])") << json;
  }
  EXPECT_EQ(entered(prescription(), "[]"), std::get<structured>(empty_value(prescription())));
  EXPECT_EQ(entered(conditional(), R"({"opt_b":"2","opt_a":1,"opt_c":""})").json,
            R"({"opt_a":"1","opt_b":"2"})");
  const auto rows = rows_of(entered(prescription(), same[0])).value();
  EXPECT_EQ(from_rows(rows).json, same[0]);
  EXPECT_EQ(cell(rows[0], "nome"), "A");
  EXPECT_EQ(cell(rows[0], "via"), "");
}

TEST(Structured, OnlyCanonicalRowsAndMapsHaveTheForm) {
  for (const char* wrong :
       {"", "{}", "[[]]", R"([{"nome":""}])", R"([{"nome":1}])", R"([{"nome":"A"},])",
        R"([{"qtd_1":"1","nome":"A"}])", R"([{"nome":"A","nome":"B"}])", R"([ {"nome":"A"}])",
        R"([{"nome":"A"}]x)", R"([{"nomé":"A"}])"}) {
    EXPECT_FALSE(check_form(prescription(), structured{wrong})) << wrong;
  }
  for (const char* wrong : {"", "[]", R"({"opt_a":true})", R"({"opt_a":""})", R"({"opt_a":{}})"}) {
    EXPECT_FALSE(check_form(conditional(), structured{wrong})) << wrong;
  }
  EXPECT_FALSE(check_form(prescription(), structured{R"([{"nome":"A"},{}])"}));
  EXPECT_TRUE(check_form(prescription(), structured{R"([{"nome":"A"},{"via":"oral"}])"}));
}

TEST(Structured, EntryRefusesOtherShapes) {
  for (const char* wrong : {"{}", "1", R"("x")", R"([1])", R"([{"nome":true}])", R"([{"nome":[]}])",
                            R"([{},{},{},{},{},{},{}])"}) {
    const auto refused = entered_structured(prescription(), nlohmann::json::parse(wrong));
    ASSERT_FALSE(refused) << wrong;
    EXPECT_EQ(refused.error().code, errc::invalid_field);
    EXPECT_THAT(refused.error().field, HasSubstr("prescricao"));
  }
  EXPECT_FALSE(entered_value("process", "prescricao", "two tablets"));
  EXPECT_TRUE(entered_value("process", "prescricao", R"([{"nome":"A"}])"));
}

TEST(Structured, ProblemsNameRowAndColumn) {
  EXPECT_THAT(places(prescription(), R"([{"nome":"A","qtd_1":"30"}])"), IsEmpty());
  EXPECT_THAT(
      places(prescription(), R"([{"nome":"A"},{"codigo":"1","qtd_6":"12345","pos_1":"x"}])"),
      ElementsAre("prescricao.2.nome", "prescricao.2.qtd_6"));
  EXPECT_THAT(places(prescription(), R"([{"nome":"A","qtd_2":"dois"}])"),
              ElementsAre("prescricao.1.qtd_2"));
  EXPECT_THAT(places(prescription(), R"([{"nome":"A","cor":"azul"}])"),
              ElementsAre("prescricao.1"));
  EXPECT_THAT(places(conditional(), R"({"opt_a":"1","outro":"2"})"), ElementsAre("condicionais"));
}

TEST(Structured, ValidationKnowsRowsAndWhatMayStay) {
  auto fields = empty_fields("process");
  fields["prescricao"] = entered(prescription(), R"([{"codigo":"1"}])");
  auto problems = validate_fields(process(), fields, version_status::active, {});
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].field, "prescricao.1.nome");
  known_values before;
  before.add(fields, version_status::active);
  EXPECT_THAT(validate_edit(process(), fields, version_status::active, before), IsEmpty());
  fields["prescricao"] = std::string("A");
  EXPECT_EQ(validate_fields(process(), fields, version_status::active, {}).size(), 1U);
}

TEST(Structured, TreatmentsAreRequiredWhenTheAnswerIsYes) {
  auto fields = empty_fields("process");
  for (const char* answer : {"", "nao"}) {
    fields["tratou"] = answer;
    EXPECT_THAT(validate_fields(process(), fields, version_status::active, {}), IsEmpty());
  }
  fields["tratou"] = "sim";
  const auto problems = validate_fields(process(), fields, version_status::active, {});
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].field, "tratamentos_previos");
  EXPECT_THAT(problems[0].message, HasSubstr("tratou is sim"));
}

TEST(Structured, RowsAreMatchedByCodeThenNameThenPosition) {
  const auto rows = [](const char* json) {
    return rows_of(entered(*find_record_kind("process")->find("prescricao"), json)).value();
  };
  const auto from = rows(R"([{"codigo":"1","nome":"A","qtd_1":"30"},{"nome":"B"},{"nome":"C"}])");
  EXPECT_THAT(diff_rows(from, from), IsEmpty());
  const auto changes = diff_rows(
      from, rows(R"([{"nome":"B","via":"oral"},{"codigo":"1","nome":"AA","qtd_1":"60"}])"));
  ASSERT_EQ(changes.size(), 3U);
  EXPECT_EQ(changes[0].from, 2U);  // C went
  EXPECT_FALSE(changes[0].to);
  EXPECT_EQ(changes[1].from, 1U);  // B moved and got a route
  EXPECT_THAT(changes[1].columns, ElementsAre("via"));
  EXPECT_EQ(changes[2].from, 0U);  // the code is the same
  EXPECT_THAT(changes[2].columns, ElementsAre("nome", "qtd_1"));
}

TEST(Revisions, AVersionIsWrittenInTheLeastRevisionThatHoldsIt) {
  auto sample = testing::a_patient();
  const auto plain = sample.make();
  EXPECT_THAT(plain.raw.payload, Not(HasSubstr("nome_social")));
  EXPECT_EQ(revision_of("patient", plain.payload.fields), 1);
  EXPECT_EQ(plain.payload.fields.at("nome_social"), field_value(std::string()));

  const auto later = sample.with("nome_social", "Bia").make();
  EXPECT_THAT(later.raw.payload, HasSubstr(R"("nome_social":"Bia")"));
  EXPECT_THAT(later.raw.payload, HasSubstr(R"("data_nascimento":"")"));
  EXPECT_EQ(revision_of("patient", later.payload.fields), 2);
  for (const auto& v : {plain, later}) {
    const auto read = decode_payload(v.raw.payload, "patient");
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->fields, v.payload.fields);
  }
}

std::string swapped(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Revisions, APayloadHasTheFieldsOfOneRevisionAndNoOther) {
  const auto later = testing::a_patient().with("nome_social", "Bia").make().raw.payload;
  const auto plain = testing::a_patient().make().raw.payload;
  EXPECT_FALSE(decode_payload(swapped(later, R"("data_nascimento":"",)", ""), "patient"));
  EXPECT_FALSE(decode_payload(swapped(plain, R"("peso":"",)", ""), "patient"));
  EXPECT_FALSE(
      decode_payload(swapped(later, R"("nome_social":"Bia")", R"("nome_social":null)"), "patient"));
  EXPECT_FALSE(
      decode_payload(swapped(later, R"("nome_social":"Bia")", R"("nome_social":"")"), "patient"))
      << "a lesser revision holds it";
  // A field of a newer revision stands beside all that are known.
  const std::string unknown = R"("zz_novo":{"a":[1,2]},"key")";
  EXPECT_FALSE(decode_payload(swapped(plain, R"(},"key")", "," + unknown), "patient"));
  EXPECT_FALSE(decode_payload(swapped(plain, R"(},"key")", R"(,"zz_novo":"x"},"key")"), "patient"));
  const auto read =
      decode_payload(swapped(later, R"(},"key")", R"(,"zz_novo":{"a":[1,2]}},"key")"), "patient");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->fields.at("zz_novo"), field_value(structured{R"({"a":[1,2]})"}));
}

/// A patient as a newer program wrote them, with a field that this one does not know.
field_map newer(const char* unknown, const char* weight = "70") {
  auto fields = testing::a_patient().with("peso", weight).payload().fields;
  if (*unknown != 0) fields["zz_novo"] = structured{unknown};
  return fields;
}

TEST(UnknownFields, AreCarriedThroughEncodingAndMayNotBeEntered) {
  const auto fields = newer(R"("x")");
  auto payload = testing::a_patient().payload();
  payload.fields = fields;
  const auto made = make_version(testing::a_patient().make().header, payload);
  const auto read = decode_payload(made.raw.payload, "patient");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->fields, fields);

  const auto& kind = *find_record_kind("patient");
  EXPECT_EQ(validate_fields(kind, fields, version_status::active, {}).size(), 1U);
  known_values parent;
  parent.add(fields, version_status::active);
  EXPECT_THAT(validate_edit(kind, fields, version_status::active, parent), IsEmpty());
  EXPECT_EQ(validate_edit(kind, newer(R"("y")"), version_status::active, parent).size(), 1U);
}

TEST(UnknownFields, AreMergedAsClinicalGroupsOfTheirOwn) {
  const auto base = newer(R"("x")");
  const auto changed = newer(R"("y")");
  const auto gone = newer("");
  const auto heavier = newer(R"("x")", "71");
  const auto merged = [&base](const field_map& a, const field_map& b) {
    return merge_fields("patient", {&a, &b}, &base, true, {});
  };
  auto mother = base;
  mother["nome_mae"] = "Outra";
  const auto one = merged(changed, mother);
  ASSERT_TRUE(std::holds_alternative<field_map>(one));
  EXPECT_EQ(std::get<field_map>(one).at("zz_novo"), field_value(structured{R"("y")"}));
  EXPECT_EQ(std::get<field_map>(one).at("nome_mae"), field_value(std::string("Outra")));
  const auto without = merged(gone, mother);
  ASSERT_TRUE(std::holds_alternative<field_map>(without));
  EXPECT_FALSE(std::get<field_map>(without).contains("zz_novo"));
  const auto both = merged(changed, heavier);
  ASSERT_TRUE(std::holds_alternative<merge_refusal>(both));
  EXPECT_EQ(std::get<merge_refusal>(both).why, merge_obstacle::clinical);
}

TEST(UnknownFields, StandInAConflict) {
  const auto base = newer(R"("x")");
  const auto a = newer(R"("y")");
  const auto b = newer(R"("z")");
  const auto kind = with_unknown_fields(*find_record_kind("patient"), {&a, &b, &base});
  const auto start = start_of(conflict_groups(kind, {&a, &b}, &base));
  EXPECT_THAT(start.undecided, ElementsAre("zz_novo"));
  EXPECT_EQ(start.fields.at("zz_novo"), a.at("zz_novo"));
}

TEST(UnknownKinds, AreReadAsFieldsThatNobodyKnows) {
  auto header = testing::a_patient().make().header;
  header.record.kind = "protocol";
  auto payload = testing::a_patient().payload();
  payload.fields = {{"campo", structured{R"(["a",{"b":1}])"}}};
  const auto made = make_version(header, payload);
  const auto read = decode_version(made.raw);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->payload, made.payload);
  EXPECT_EQ(name_of("protocol", read->payload.fields), "");
  EXPECT_EQ(revision_of("protocol", read->payload.fields), 0);
}

TEST(Names, OfRowsAreJoined) {
  auto fields = empty_fields("process");
  EXPECT_EQ(name_of("process", fields), "");
  fields["prescricao"] = entered(prescription(), R"([{"nome":"A"},{"via":"oral"},{"nome":"B"}])");
  EXPECT_EQ(name_of("process", fields), "A, B");
}

struct key_row {
  const char* kind;
  const char* typed;
  const char* key;  ///< empty: refused
};

TEST(CompositeKeys, HaveOneForm) {
  const key_row rows[] = {
      {"process", "11144477735/G35", "11144477735/G35"},
      {"process", "111.444.777-35 / g400", "11144477735/G40.0"},
      {"process", "11144477735/G40.0/2", "11144477735/G40.0/2"},
      {"process", "12345678900#57/G40.0", "12345678900#57/G40.0"},
      {"process", "11144477735/#31", "11144477735/#31"},
      {"process", "11144477735/G40.0/1", ""},
      {"process", "11144477735/G40.0/2/3", ""},
      {"process", "11144477736/G35", ""},
      {"process", "11144477735", ""},
      {"process", "11144477735/", ""},
      {"process", "11144477735/35G", ""},
      {"process", "11144477735/G4000", ""},
      {"doctor", "12345/PA", "12345/PA"},
      {"doctor", "crm-pa 12.345", "12345/PA"},
      {"doctor", "12345 sp", "12345/SP"},
      {"doctor", "0012345/PA", "12345/PA"},
      {"doctor", "PA 12345", "12345/PA"},
      {"doctor", "1P2A", ""},
      {"doctor", "P12345A", ""},
      {"doctor", "000/PA", ""},
      {"doctor", "12345/XX", ""},
      {"doctor", "12345678901/PA", ""},
      {"doctor", "PA", ""},
      {"emission", "11144477735/G35@2027-01-31-0123456789abcdef",
       "11144477735/G35@2027-01-31-0123456789abcdef"},
      {"emission", "111.444.777-35/G35@2027-01-31-0123456789abcdef",
       "11144477735/G35@2027-01-31-0123456789abcdef"},
      {"emission", "11144477735/G35@2027-02-31-0123456789abcdef", ""},
      {"emission", "11144477735/G35@2027-01-31-0123456789abcdeg", ""},
      {"emission", "11144477735/G35", ""},
  };
  for (const auto& row : rows) {
    const auto key = normalise_key(row.kind, row.typed);
    if (*row.key == 0) {
      EXPECT_EQ(key ? *key : "", "") << row.typed;
      continue;
    }
    ASSERT_TRUE(key) << row.typed << ": " << key.error().message;
    EXPECT_EQ(*key, row.key);
    EXPECT_EQ(normalise_key(row.kind, *key).value(), *key);
  }
  EXPECT_EQ(patient_of_key("11144477735/G40.0/2@2027-01-31-0123456789abcdef"), "11144477735");
  EXPECT_EQ(cid_of_key("11144477735/G40.0/2@2027-01-31-0123456789abcdef"), "G40.0");
  EXPECT_EQ(process_of_key("11144477735/G40.0/2@2027-01-31-0123456789abcdef"),
            "11144477735/G40.0/2");
}

TEST(Entry, DatesLinesAndKeysAreCleaned) {
  field_spec date;
  date.rule = field_rule::date;
  date.max_length = 10;
  EXPECT_EQ(*entered_text(date, "31/1/2027"), "2027-01-31");
  EXPECT_EQ(*entered_text(date, " 2027-01-31 "), "2027-01-31");
  EXPECT_EQ(*entered_text(date, "31/01/27"), "31/01/27");
  EXPECT_FALSE(valid_date("2027-02-30"));
  EXPECT_TRUE(valid_date("2028-02-29"));
  field_spec lines;
  lines.lines = true;
  EXPECT_EQ(*entered_text(lines, "a  b \r\n\n c\n \n"), "a b\n\nc");
  field_spec clinic;
  clinic.rule = field_rule::cnes;
  EXPECT_EQ(*entered_text(clinic, "207.7485"), "2077485");
}

}  // namespace
}  // namespace autocusto::domain
