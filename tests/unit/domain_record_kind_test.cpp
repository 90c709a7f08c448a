// The kinds against the data dictionary, the document against the kinds.
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shared/domain/record_kind.hpp"
#include "shared/domain/record_kind_texts.hpp"

namespace autocusto::domain {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const record_kind& kind(std::string_view name) {
  const auto* found = find_record_kind(name);
  if (found == nullptr) throw std::logic_error("no such kind");
  return *found;
}

/// One line a field: what the data dictionary says of it.
std::string dictionary_line(const field_spec& f) {
  std::ostringstream out;
  out << f.name << ' ';
  if (f.type == field_type::boolean) {
    out << "bool";
  } else {
    out << f.max_length;
  }
  out << ' '
      << (f.required                ? "required"
          : f.required_when.empty() ? "-"
                                    : f.required_when)
      << ' ' << f.group << ' ' << (f.clinical ? "clinical" : "-") << ' ' << rule_name(f.rule) << ' '
      << f.label_pt;
  return out.str();
}

std::vector<std::string> dictionary(std::string_view name) {
  std::vector<std::string> out;
  for (const auto& f : kind(name).fields) out.push_back(dictionary_line(f));
  return out;
}

TEST(RecordKind, PatientIsTheDataDictionarys) {
  EXPECT_THAT(
      dictionary("patient"),
      ElementsAre(
          "nome_paciente 100 required nome - none Nome do paciente",
          "nome_mae 100 required mae - none Nome da mãe",
          "incapaz bool required responsavel - none Paciente incapaz?",
          "nome_responsavel 100 incapaz responsavel - none Nome do responsável",
          "peso 100 - medidas clinical weight Peso (kg)",
          "altura 100 - medidas clinical height Altura (cm)", "idade 100 - idade - none Idade",
          "sexo 100 - sexo - none Sexo", "rg 100 - rg - none RG",
          "cns_paciente 100 - cns - cns Cartão Nacional de Saúde",
          "escolha_etnia 100 - etnia - none Etnia (autodeclarada)",
          "etnia 100 - etnia - choice Raça/cor", "email_paciente 254 - email - email E-mail",
          "telefone1_paciente 100 - tel1 - phone Telefone",
          "telefone2_paciente 100 - tel2 - phone Celular",
          "end_paciente 100 required endereco - none Endereço",
          "cidade_paciente 100 - endereco - none Cidade", "cep_paciente 100 - endereco - cep CEP",
          "nome_social 100 - nome_social - none Nome social",
          "data_nascimento 10 - nascimento - date Data de nascimento",
          "uf_paciente 2 - endereco - choice UF"));
  EXPECT_THAT(kind("patient").find("etnia")->choices,
              ElementsAre("etnia_branca", "etnia_preta", "etnia_parda", "etnia_amarela",
                          "etnia_indigena", "etnia_si"));
}

TEST(RecordKind, ClinicIsTheDataDictionarys) {
  EXPECT_THAT(
      dictionary("clinic"),
      ElementsAre("nome_clinica 200 required nome - none Nome da clínica",
                  "logradouro 200 required endereco - none Logradouro",
                  "logradouro_num 6 required endereco - none Número",
                  "bairro 30 required endereco - none Bairro",
                  "cidade 30 required endereco - none Cidade", "cep 9 required endereco - cep CEP",
                  "telefone_clinica 15 required telefone - phone Telefone"));
}

TEST(RecordKind, KeysNamesAndSummaries) {
  EXPECT_EQ(kind("patient").key_name, "cpf");
  EXPECT_EQ(kind("clinic").key_name, "cnes");
  EXPECT_EQ(kind("patient").name_field, "nome_paciente");
  EXPECT_EQ(kind("clinic").name_field, "nome_clinica");
  EXPECT_EQ(kind("patient").initial_summary, "Cadastro inicial do paciente");
  EXPECT_EQ(kind("clinic").initial_summary, "Cadastro inicial da clínica");
  EXPECT_EQ(kind("patient").update_summary("ana@exemplo.test"), "Atualização por ana@exemplo.test");
  EXPECT_EQ(kind("clinic").update_summary("ana@exemplo.test"), "Atualização por ana@exemplo.test");
  EXPECT_EQ(kind("clinic").migrated_summary, "Migração inicial - dados originais da clínica");
  EXPECT_EQ(kind("patient").migrated_summary, "Versão inicial criada durante migração");
}

TEST(RecordKind, EveryFieldHasBothLabelsAndAPlaceInTheOrderOfNames) {
  for (const auto& c : record_kinds()) {
    EXPECT_FALSE(c.label_pt.empty() || c.label_en.empty());
    ASSERT_EQ(c.by_name.size(), c.fields.size());
    for (std::size_t i = 0; i < c.fields.size(); ++i) {
      EXPECT_FALSE(c.fields[i].label_pt.empty()) << c.fields[i].name;
      EXPECT_FALSE(c.fields[i].label_en.empty()) << c.fields[i].name;
      if (i == 0) continue;
      EXPECT_LT(c.fields[c.by_name[i - 1]].name, c.fields[c.by_name[i]].name);
    }
  }
}

TEST(RecordKind, UnknownNamesAreNull) {
  EXPECT_EQ(find_record_kind("protocol"), nullptr);
  EXPECT_EQ(find_record_kind(""), nullptr);
  EXPECT_EQ(kind("patient").find("nome_clinica"), nullptr);
}

/// The clinic's file with one text replaced.
std::string clinic_with(const std::string& from, const std::string& to) {
  for (const auto& [name, text] : record_kind_texts()) {
    if (name != "clinic") continue;
    std::string changed(text);
    const auto at = changed.find(from);
    if (at == std::string::npos) throw std::logic_error("nothing to replace");
    return changed.replace(at, from.size(), to);
  }
  throw std::logic_error("no clinic");
}

TEST(RecordKind, RefusesWhatMakesNoSense) {
  struct row {
    const char* from;
    const char* to;
    const char* named;
  };
  const row rows[] = {
      {R"("max": 9,)", R"("max": 0,)", "max"},
      {R"("max": 9,)", R"("max": 9, "colour": "red",)", "fields[5]"},
      {R"("type": "text", "max": 9)", R"("type": "number", "max": 9)", "cep"},
      {R"("rule": "cep")", R"("rule": "zip")", "cep.rule"},
      {R"("rule": "cep")", R"("rule": "choice")", "cep"},
      {R"("name": "bairro")", R"("name": "cidade")", "cidade"},
      {R"("name": "bairro")", R"("name": "Bairro")", "Bairro"},
      {R"("name": "bairro", "type": "text", "max": 30, "required": true)",
       R"("name": "bairro", "type": "text", "max": 30, "required_when": "cidade")", "bairro"},
      {R"("name": "bairro",)", R"("name": "bairro", "clinical": true,)", "bairro"},
      {R"("name_field": "nome_clinica")", R"("name_field": "nome")", "name_field"},
      {R"("rule": "cnes")", R"("rule": "cnpj")", "key.rule"},
  };
  EXPECT_EQ(parse_record_kind(clinic_with("{", "{")).fields.size(), 7U);
  for (const auto& r : rows) {
    try {
      static_cast<void>(parse_record_kind(clinic_with(r.from, r.to)));
      ADD_FAILURE() << "accepted: " << r.to;
    } catch (const std::invalid_argument& e) {
      EXPECT_THAT(e.what(), HasSubstr(r.named));
    }
  }
  EXPECT_THROW(static_cast<void>(parse_record_kind("[]")), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(parse_record_kind("{")), std::invalid_argument);
}

std::string size_text(const field_spec& f) {
  switch (f.type) {
    case field_type::boolean:
      return "boolean";
    case field_type::rows:
      return std::to_string(f.max_items) + " rows";
    case field_type::map:
      return std::to_string(f.max_items) + " of " + std::to_string(f.max_length);
    default:
      return std::to_string(f.max_length) + (f.lines ? ", lines" : "");
  }
}

/// The columns of a field of rows as docs/data-model.md shows them.
std::string document_columns(const field_spec& f) {
  std::ostringstream out;
  out << "| column | max | required | rule | pt-BR | English |\n|---|---|---|---|---|---|\n";
  for (const auto& c : f.columns) {
    out << "| " << c.name << " | " << c.max_length << " | " << (c.required ? "yes" : "") << " | "
        << (c.rule == field_rule::none ? "" : std::string(rule_name(c.rule))) << " | " << c.label_pt
        << " | " << c.label_en << " |\n";
  }
  return out.str();
}

/// The field table as docs/data-model.md shows it.
std::string document_table(const record_kind& c) {
  std::ostringstream out;
  out << "| field | max | required | group | clinical | rule | since | pt-BR | English |\n"
      << "|---|---|---|---|---|---|---|---|---|\n";
  for (const auto& f : c.fields) {
    std::string required = f.required                ? "yes"
                           : f.required_when.empty() ? ""
                                                     : "when " + f.required_when;
    if (!f.required_value.empty()) required += " = " + f.required_value;
    std::string rule = f.rule == field_rule::none ? "" : std::string(rule_name(f.rule));
    for (std::size_t i = 0; i < f.choices.size(); ++i) {
      rule += (i == 0 ? ": " : ", ") + f.choices[i];
    }
    out << "| " << f.name << " | " << size_text(f) << " | " << required << " | " << f.group << " | "
        << (f.clinical ? "yes" : "") << " | " << rule << " | " << f.since << " | " << f.label_pt
        << " | " << f.label_en << " |\n";
  }
  return out.str();
}

TEST(RecordKind, TheDocumentsTablesAreTheKinds) {
  std::ifstream file(SYNC_SOURCE_DIR "/docs/data-model.md");
  ASSERT_TRUE(file) << "docs/data-model.md cannot be read";
  std::stringstream text;
  text << file.rdbuf();
  for (const auto& c : record_kinds()) {
    EXPECT_THAT(text.str(), HasSubstr("<!-- fields: " + c.kind + " -->\n" + document_table(c)))
        << "copy the expected table into the document";
    for (const auto& f : c.fields) {
      if (f.type != field_type::rows) continue;
      EXPECT_THAT(text.str(), HasSubstr("<!-- columns: " + c.kind + '.' + f.name + " -->\n" +
                                        document_columns(f)));
    }
  }
}

}  // namespace
}  // namespace autocusto::domain
