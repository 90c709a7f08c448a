// Whole snapshots: lengths, required fields, choices, exemptions, and what the messages say.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shared/domain/validate.hpp"
#include "tests/support/domain_builders.hpp"

namespace autocusto::domain {
namespace {

using testing::a_clinic;
using testing::a_patient;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const record_kind& patient() {
  return *find_record_kind("patient");
}

std::vector<std::string> bad_fields(const field_map& fields,
                                    version_status status = version_status::active,
                                    const known_value& exempt = {}, const char* kind = "patient") {
  std::vector<std::string> out;
  for (const auto& e : validate_fields(*find_record_kind(kind), fields, status, exempt)) {
    EXPECT_EQ(e.code, errc::invalid_field);
    out.push_back(e.field);
  }
  return out;
}

/// A record of that kind with all that it requires.
field_map complete_fields(const record_kind& kind) {
  if (kind.kind == "patient") return a_patient().payload().fields;
  if (kind.kind == "clinic") return a_clinic().payload().fields;
  auto fields = empty_fields(kind.kind);
  if (kind.kind == "doctor") fields["nome_medico"] = "Rita Alves";
  return fields;
}

std::string times(const std::string& text, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += text;
  return out;
}

TEST(Validate, GoodRecordsPass) {
  EXPECT_THAT(bad_fields(a_patient().payload().fields), IsEmpty());
  EXPECT_THAT(bad_fields(a_clinic().payload().fields, version_status::active, {}, "clinic"),
              IsEmpty());
}

TEST(Validate, LengthsAreCodePointsAndMessagesNameFieldAndLimit) {
  auto b = a_patient();
  EXPECT_THAT(bad_fields(b.with("nome_paciente", times("é", 100).c_str()).payload().fields),
              IsEmpty());
  const std::string secret = times("é", 101);
  const auto errors =
      validate_fields(patient(), b.with("nome_paciente", secret.c_str()).payload().fields,
                      version_status::active, {});
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].code, errc::invalid_field);
  EXPECT_EQ(errors[0].field, "nome_paciente");
  EXPECT_EQ(errors[0].limit, 100);
  EXPECT_THAT(errors[0].message, HasSubstr("nome_paciente"));
  EXPECT_THAT(errors[0].message, HasSubstr("100"));
  EXPECT_THAT(errors[0].message, Not(HasSubstr("é")));
}

TEST(Validate, EveryTextFieldHasItsLimit) {
  for (const auto& kind : record_kinds()) {
    for (const auto& field : kind.fields) {
      if (field.type != field_type::text || field.rule != field_rule::none) continue;
      auto fields = complete_fields(kind);
      fields[field.name] = times("ã", field.max_length);
      EXPECT_THAT(bad_fields(fields, version_status::active, {}, kind.kind.c_str()), IsEmpty())
          << field.name;
      fields[field.name] = times("ã", field.max_length + 1);
      EXPECT_THAT(bad_fields(fields, version_status::active, {}, kind.kind.c_str()),
                  ElementsAre(field.name));
    }
  }
}

TEST(Validate, EveryRequiredFieldIsMissedEvenWhenBlankOnly) {
  for (const auto& kind : record_kinds()) {
    for (const auto& field : kind.fields) {
      if (field.type != field_type::text || !field.required) continue;
      for (const char* text : {"", " ", "\t \n", "\u00A0\u2003", "\u200B"}) {
        if (field.rule != field_rule::none && *text != 0) continue;  // its rule refuses blanks
        auto fields = complete_fields(kind);
        fields[field.name] = std::string(text);
        EXPECT_THAT(bad_fields(fields, version_status::active, {}, kind.kind.c_str()),
                    ElementsAre(field.name));
        EXPECT_THAT(bad_fields(fields, version_status::draft, {}, kind.kind.c_str()), IsEmpty());
      }
    }
  }
}

TEST(Validate, TheGuardianIsRequiredWhileThePatientIsIncapable) {
  auto b = a_patient();
  b.with("incapaz", true);
  EXPECT_THAT(bad_fields(b.payload().fields), ElementsAre("nome_responsavel"));
  EXPECT_THAT(bad_fields(b.payload().fields, version_status::draft), IsEmpty());
  EXPECT_THAT(bad_fields(b.with("nome_responsavel", " ").payload().fields),
              ElementsAre("nome_responsavel"));
  EXPECT_THAT(bad_fields(b.with("nome_responsavel", "Ana").payload().fields), IsEmpty());
}

TEST(Validate, RulesHoldForDraftsTooAndEmptyIsNoFormatError) {
  const std::pair<const char*, const char*> rows[] = {
      {"peso", "setenta"},
      {"altura", "1,70"},
      {"cns_paciente", "123"},
      {"etnia", "Branca"},
      {"email_paciente", "a"},
      {"telefone1_paciente", "123"},
      {"telefone2_paciente", "+55 11 9 8888-7777"},
      {"cep_paciente", "01000000X"},
      {"etnia", "etnia_branca "},
      {"email_paciente", " "},
  };
  for (const auto& [field, text] : rows) {
    auto b = a_patient();
    b.with(field, text);
    EXPECT_THAT(bad_fields(b.payload().fields), ElementsAre(field));
    EXPECT_THAT(bad_fields(b.payload().fields, version_status::draft), ElementsAre(field));
    EXPECT_THAT(bad_fields(b.with(field, "").payload().fields), IsEmpty());
  }
  EXPECT_THAT(bad_fields(a_patient().with("etnia", "etnia_si").payload().fields), IsEmpty());
}

TEST(Validate, TypesNamesAndEncodingHoldWhateverIsExempt) {
  const known_value all = [](const std::string&, const field_value&) { return true; };
  auto fields = a_patient().payload().fields;
  fields["incapaz"] = std::string("true");
  fields["peso"] = false;
  fields["rg"] = std::string("\xC3");
  fields["sexo"] = std::string("a\0b", 3);
  fields.erase("idade");
  fields["apelido"] = std::string("x");
  EXPECT_THAT(bad_fields(fields, version_status::active, all),
              ElementsAre("incapaz", "peso", "idade", "sexo", "rg", "apelido"));
}

TEST(Validate, AllProblemsAreNamedInFormOrder) {
  auto b = a_patient();
  b.with("cep_paciente", "x").with("nome_mae", "").with("peso", "x");
  EXPECT_THAT(bad_fields(b.payload().fields), ElementsAre("nome_mae", "peso", "cep_paciente"));
}

TEST(Validate, AKnownValueStaysEditableButTheSameOddityElsewhereDoesNot) {
  auto odd = a_patient();
  odd.with("peso", "setenta").with("nome_mae", "").with("rg", times("9", 101).c_str());
  const auto parent = odd.make();
  known_values known;
  known.add(parent.payload.fields, version_status::active);
  auto edit = odd.payload().fields;
  edit["cidade_paciente"] = std::string("Recife");
  EXPECT_THAT(validate_edit(patient(), edit, version_status::active, known), IsEmpty());
  EXPECT_THAT(bad_fields(edit, version_status::active, std::cref(known)), IsEmpty());
  EXPECT_THAT(bad_fields(edit), ElementsAre("nome_mae", "peso", "rg"));

  edit["altura"] = std::string("setenta");     // known, but as another field's value
  edit["peso"] = std::string("setenta e um");  // a change must be valid
  EXPECT_THAT(bad_fields(edit, version_status::active, std::cref(known)),
              ElementsAre("peso", "altura"));
}

TEST(Validate, ADraftExemptsItsOddValuesButNotItsGaps) {
  auto draft = a_patient();
  draft.with("nome_mae", "").with("peso", "setenta").draft();
  const auto parent = draft.make();
  known_values known;
  known.add(parent.payload.fields, version_status::draft);
  const auto errors =
      validate_edit(patient(), parent.payload.fields, version_status::active, known);
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].field, "nome_mae");
}

TEST(Validate, MakingThePatientIncapableIsAChangeThatMustBeValid) {
  const auto capable = a_patient().make();
  known_values known;
  known.add(capable.payload.fields, version_status::active);
  auto edit = a_patient();
  edit.with("incapaz", true);
  EXPECT_EQ(validate_edit(patient(), edit.payload().fields, version_status::active, known).size(),
            1U);
  EXPECT_THAT(bad_fields(edit.payload().fields, version_status::active, std::cref(known)),
              ElementsAre("nome_responsavel"));

  // A draft with this very gap does not help, and neither do two versions with one half each.
  const auto draft = edit.make();
  known.add(draft.payload.fields, version_status::draft);
  auto guarded = a_patient();
  const auto with_guardian = guarded.with("incapaz", true).with("nome_responsavel", "Ana").make();
  known.add(with_guardian.payload.fields, version_status::active);
  EXPECT_EQ(validate_edit(patient(), edit.payload().fields, version_status::active, known).size(),
            1U);

  // An imported version with the gap does: it stays editable.
  known.add(draft.payload.fields, version_status::active);
  EXPECT_THAT(validate_edit(patient(), edit.payload().fields, version_status::active, known),
              IsEmpty());
}

TEST(Validate, SummariesHaveFiveHundredCodePoints) {
  EXPECT_TRUE(validate_summary(""));
  EXPECT_TRUE(validate_summary(times("ç", 500)));
  const auto refused = validate_summary(times("ç", 501));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::invalid_field);
  EXPECT_EQ(refused.error().field, "summary");
  EXPECT_EQ(refused.error().limit, 500);
  EXPECT_FALSE(validate_summary("\xFF"));
  EXPECT_FALSE(validate_summary(std::string_view("\0", 1)));
}

TEST(Text, CountsCodePoints) {
  EXPECT_EQ(count_code_points(""), 0U);
  EXPECT_EQ(count_code_points("João"), 4U);
  EXPECT_EQ(count_code_points("Joa\u0303o"), 5U);
  EXPECT_EQ(count_code_points("👍🏽"), 2U);
  for (const char* broken : {"\xFF", "\xC3", "\xED\xA0\x80", "\xC0\xAF", "\xF4\x90\x80\x80"}) {
    EXPECT_FALSE(count_code_points(broken));
  }
}

TEST(Text, NormalisesToComposedForm) {
  EXPECT_EQ(to_nfc("Joa\u0303o Conceic\u0327a\u0303o").value(), "João Conceição");
  EXPECT_EQ(to_nfc("João").value(), "João");
  EXPECT_EQ(to_nfc("plain").value(), "plain");
  EXPECT_EQ(to_nfc("ﬁ 2ª").value(), "ﬁ 2ª") << "compatibility characters are kept";
  EXPECT_EQ(to_nfc("a\xFF").error().code, errc::malformed);
}

TEST(Text, FoldsCaseAndAccents) {
  const std::pair<const char*, const char*> rows[] = {
      {"João", "joao"},
      {"JOÃO", "joao"},
      {"Joa\u0303o", "joao"},
      {"ÁÉÍÓÚ", "aeiou"},
      {"Conceição", "conceicao"},
      {"Müller", "muller"},
      {"straße", "strasse"},
      {"D'Ávila %_<b>", "d'avila %_<b>"},
      {"", ""},
      {"2ª Vara", "2a vara"},
  };
  for (const auto& [text, folded] : rows) EXPECT_EQ(fold_text(text), folded);
  EXPECT_EQ(fold_text("A\xFF"), "A\xFF");
}

TEST(Text, BlankIsWhatNobodyCanSee) {
  for (const char* text : {"", " ", "\n\t", "\u00A0", "\u3000", "\u2028", "\uFEFF"}) {
    EXPECT_TRUE(is_blank(text));
  }
  for (const char* text : {"a", " .", "\u0301", "0"}) EXPECT_FALSE(is_blank(text));
}

}  // namespace
}  // namespace autocusto::domain
