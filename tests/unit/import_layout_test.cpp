// Layouts told apart, and what is refused in which words.
#include <gtest/gtest.h>

#include "tools/import/rules/rows.hpp"
#include "tools/import/source/layout.hpp"

namespace autocusto::import {
namespace {

using table = std::map<std::string, std::string>;

void add_kind(std::map<std::string, table>& to, const legacy_kind& kind, bool versioned) {
  table fields;
  for (const auto* spec : kind.fields) {
    const auto& field = *spec;
    const bool flag = field.type == domain::field_type::boolean;
    fields[field.name] = flag ? "boolean" : "character varying";
  }
  auto& master = to[std::string(kind.master)] = fields;
  master["id"] = "integer";
  master[std::string(kind.key_column)] = "character varying";
  to[std::string(kind.relation)] = {
      {"id", "bigint"}, {std::string(kind.master_column), "bigint"}, {"usuario_id", "bigint"}};
  if (!versioned) return;
  auto& version = to[std::string(kind.version)] = fields;
  for (const auto* name : {"id", "version_number", "created_by_id"}) version[name] = "bigint";
  version[std::string(kind.master_column)] = "bigint";
  version["created_at"] = "timestamp with time zone";
  version["change_summary"] = "text";
  version["status"] = "character varying";
  to[std::string(kind.assignment)] = {{"id", "bigint"},
                                      {"assigned_at", "timestamp with time zone"},
                                      {"version_id", "bigint"},
                                      {std::string(kind.relation_column), "bigint"}};
}

std::map<std::string, table> legacy(bool versioned) {
  std::map<std::string, table> t;
  add_kind(t, patient_kind(), versioned);
  add_kind(t, clinic_kind(), versioned);
  t["usuarios_usuario"] = {{"id", "bigint"},
                           {"password", "character varying"},
                           {"is_superuser", "boolean"},
                           {"email", "character varying"},
                           {"is_staff", "boolean"},
                           {"is_active", "boolean"},
                           {"is_medico", "boolean"},
                           {"date_joined", "timestamp with time zone"}};
  t["medicos_medico"] = {
      {"id", "bigint"}, {"crm_medico", "character varying"}, {"cns_medico", "character varying"}};
  t["medicos_medicousuario"] = {
      {"id", "bigint"}, {"medico_id", "bigint"}, {"usuario_id", "bigint"}};
  t["clinicas_emissor"] = {{"id", "bigint"}, {"medico_id", "bigint"}, {"clinica_id", "bigint"}};
  t["processos_protocolo"] = {{"id", "bigint"}};
  t["processos_medicamento"] = {{"id", "bigint"}};
  t["processos_doenca"] = {{"id", "bigint"}, {"protocolo_id", "bigint"}};
  t["processos_protocolo_medicamentos"] = {
      {"id", "bigint"}, {"protocolo_id", "bigint"}, {"medicamento_id", "bigint"}};
  t["processos_processo"] = {
      {"id", "bigint"},          {"prescricao", "jsonb"},  {"clinica_id", "bigint"},
      {"doenca_id", "bigint"},   {"emissor_id", "bigint"}, {"medico_id", "bigint"},
      {"paciente_id", "bigint"}, {"usuario_id", "bigint"}, {"preenchido_por", "character varying"}};
  t["processos_processo_medicamentos"] = {
      {"id", "bigint"}, {"processo_id", "bigint"}, {"medicamento_id", "bigint"}};
  return t;
}

TEST(import_layout, four_generations_in_any_schema) {
  struct row {
    bool versioned, count, times;
    const char* name;
  };
  for (const auto& r : {row{false, false, false, "g0"}, row{false, true, false, "g1"},
                        row{true, true, false, "g2"}, row{true, true, true, "g3"}}) {
    auto tables = legacy(r.versioned);
    if (r.count) tables["usuarios_usuario"]["process_count"] = "integer";
    if (r.times) tables["processos_processo"]["created_at"] = "timestamp with time zone";
    tables["django_session"] = {{"session_key", "text"}};
    const auto found = detect({{"antigo", tables}, {"public", {{"other", {}}}}}, "");
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(found->name, r.name);
    EXPECT_EQ(found->schema, "antigo");
    EXPECT_EQ(found->versioned, r.versioned);
    EXPECT_EQ(found->other_tables, (std::vector<std::string>{"django_session"}));
  }
}

std::string refusal(const schema_columns& columns, const std::string& schema = "") {
  const auto found = detect(columns, schema);
  return found ? "taken" : found.error().message;
}

TEST(import_layout, anything_else_is_refused_with_what_was_found) {
  EXPECT_NE(refusal({}).find("no tables"), std::string::npos);
  const auto other = refusal({{"public", {{"orders", {}}, {"customers", {}}}}});
  EXPECT_NE(other.find("public.customers, public.orders"), std::string::npos) << other;
  EXPECT_NE(other.find("Expected is"), std::string::npos) << other;
  const schema_columns twice{{"a", legacy(true)}, {"b", legacy(true)}};
  EXPECT_NE(refusal(twice).find("--schema"), std::string::npos);
  EXPECT_EQ(refusal(twice, "b"), "taken");
  EXPECT_NE(refusal(twice, "c").find("schema c"), std::string::npos);
  auto half = legacy(true);
  half.erase("pacientes_pacienteusuarioversion");
  EXPECT_NE(refusal({{"public", half}}).find("half-migrated"), std::string::npos);
  auto lacking = legacy(true);
  lacking["pacientes_pacienteversion"].erase("peso");
  EXPECT_NE(refusal({{"public", lacking}}).find("pacientes_pacienteversion lacks the column peso"),
            std::string::npos);
  auto typed = legacy(true);
  typed["pacientes_paciente"]["incapaz"] = "integer";
  EXPECT_NE(refusal({{"public", typed}}).find("type integer"), std::string::npos);
  auto missing = legacy(false);
  missing.erase("clinicas_emissor");
  EXPECT_NE(refusal({{"public", missing}}).find("clinicas_emissor"), std::string::npos);
}

}  // namespace
}  // namespace autocusto::import
