#include "tools/import/source/layout.hpp"

#include <algorithm>
#include <iterator>

#include "tools/import/rules/rows.hpp"

namespace autocusto::import {
namespace {

constexpr std::string_view k_key_table = "pacientes_paciente";
constexpr const char* k_expected =
    " Expected is a database of the legacy AutoCusto application: usuarios_usuario, "
    "pacientes_paciente, clinicas_clinica and the tables around them.";

struct needed_column {
  std::string_view table;
  std::string_view name;
  std::string_view types;  ///< comma-separated
};

constexpr std::string_view k_number = "integer,bigint";
constexpr std::string_view k_text = "character varying,text";
constexpr std::string_view k_bool = "boolean";
constexpr std::string_view k_time = "timestamp with time zone,timestamp without time zone";

constexpr needed_column k_needed[] = {
    {"usuarios_usuario", "id", k_number},
    {"usuarios_usuario", "password", k_text},
    {"usuarios_usuario", "is_superuser", k_bool},
    {"usuarios_usuario", "email", k_text},
    {"usuarios_usuario", "is_staff", k_bool},
    {"usuarios_usuario", "is_active", k_bool},
    {"usuarios_usuario", "date_joined", k_time},
    {"usuarios_usuario", "is_medico", k_bool},
    {"medicos_medico", "id", k_number},
    {"medicos_medico", "crm_medico", k_text},
    {"medicos_medico", "cns_medico", k_text},
    {"medicos_medicousuario", "id", k_number},
    {"medicos_medicousuario", "medico_id", k_number},
    {"medicos_medicousuario", "usuario_id", k_number},
    {"clinicas_emissor", "id", k_number},
    {"clinicas_emissor", "clinica_id", k_number},
    {"clinicas_emissor", "medico_id", k_number},
    {"processos_protocolo", "id", k_number},
    {"processos_medicamento", "id", k_number},
    {"processos_doenca", "id", k_number},
    {"processos_doenca", "protocolo_id", k_number},
    {"processos_protocolo_medicamentos", "id", k_number},
    {"processos_protocolo_medicamentos", "protocolo_id", k_number},
    {"processos_protocolo_medicamentos", "medicamento_id", k_number},
    {"processos_processo", "id", k_number},
    {"processos_processo", "prescricao", "jsonb,json"},
    {"processos_processo", "preenchido_por", k_text},
    {"processos_processo", "clinica_id", k_number},
    {"processos_processo", "doenca_id", k_number},
    {"processos_processo", "emissor_id", k_number},
    {"processos_processo", "medico_id", k_number},
    {"processos_processo", "paciente_id", k_number},
    {"processos_processo", "usuario_id", k_number},
    {"processos_processo_medicamentos", "id", k_number},
    {"processos_processo_medicamentos", "processo_id", k_number},
    {"processos_processo_medicamentos", "medicamento_id", k_number},
};

using table_columns = std::map<std::string, std::map<std::string, std::string>>;

std::string plural(std::size_t count, const std::string& one) {
  return std::to_string(count) + " " + one + (count == 1 ? "" : "s");
}

std::string listed(const std::vector<std::string>& names, std::size_t at_most) {
  std::string out;
  for (std::size_t i = 0; i < names.size() && i < at_most; ++i) {
    out += (i == 0 ? "" : ", ") + names[i];
  }
  return names.size() > at_most ? out + ", …" : out;
}

result<void> check_column(const table_columns& tables, const needed_column& needed) {
  const auto table = tables.find(std::string(needed.table));
  if (table == tables.end()) {
    return fail(errc::usage, "The legacy database is not whole: it lacks the table " +
                                 std::string(needed.table) + "." + k_expected);
  }
  const auto column = table->second.find(std::string(needed.name));
  if (column == table->second.end()) {
    return fail(errc::usage, "The legacy database is not whole: its table " +
                                 std::string(needed.table) + " lacks the column " +
                                 std::string(needed.name) + "." + k_expected);
  }
  const std::string_view types = needed.types;
  const auto at = types.find(column->second);
  const bool whole =
      at != std::string_view::npos && (at == 0 || types[at - 1] == ',') &&
      (at + column->second.size() == types.size() || types[at + column->second.size()] == ',');
  if (whole) return {};
  return fail(errc::usage, "The column " + std::string(needed.name) + " of " +
                               std::string(needed.table) + " has the type " + column->second +
                               "; expected is " + std::string(types) + ".");
}

result<void> check_kind(const table_columns& tables, const legacy_kind& kind, bool versioned) {
  std::vector<needed_column> needed{{kind.master, "id", k_number},
                                    {kind.master, kind.key_column, k_text},
                                    {kind.relation, "id", k_number},
                                    {kind.relation, kind.master_column, k_number},
                                    {kind.relation, "usuario_id", k_number}};
  const auto fields_of = [&](std::string_view table) {
    for (const auto* field : kind.fields) {
      const bool flag = field->type == domain::field_type::boolean;
      needed.push_back({table, field->name, flag ? k_bool : k_text});
    }
  };
  fields_of(kind.master);
  if (versioned) {
    fields_of(kind.version);
    for (const auto name : {"id", "version_number", "created_by_id"}) {
      needed.push_back({kind.version, name, k_number});
    }
    needed.push_back({kind.version, kind.master_column, k_number});
    needed.push_back({kind.version, "created_at", k_time});
    needed.push_back({kind.version, "change_summary", k_text});
    needed.push_back({kind.version, "status", k_text});
    needed.push_back({kind.assignment, "id", k_number});
    needed.push_back({kind.assignment, "assigned_at", k_time});
    needed.push_back({kind.assignment, "version_id", k_number});
    needed.push_back({kind.assignment, kind.relation_column, k_number});
  }
  for (const auto& column : needed) {
    if (auto checked = check_column(tables, column); !checked) return checked;
  }
  return {};
}

/// The schema that has the tables; a sentence about what was found otherwise.
result<std::string> choose_schema(const schema_columns& columns, const std::string& wanted) {
  std::vector<std::string> fitting;
  std::vector<std::string> tables;
  for (const auto& [schema, in_it] : columns) {
    if (!wanted.empty() && schema != wanted) continue;
    if (in_it.contains(std::string(k_key_table))) fitting.push_back(schema);
    for (const auto& [table, unused] : in_it) tables.push_back(schema + "." + table);
  }
  if (fitting.size() == 1) return fitting.front();
  if (fitting.size() > 1) {
    return fail(errc::usage, "Several schemas have the legacy tables: " + listed(fitting, 10) +
                                 ". Say which one with --schema NAME.");
  }
  const std::string where = wanted.empty() ? "" : " in the schema " + wanted;
  if (tables.empty()) {
    return fail(errc::usage, "There are no tables" + where + "." + k_expected);
  }
  return fail(errc::usage, "This is no legacy AutoCusto database: found " +
                               plural(tables.size(), "table") + where + " (" + listed(tables, 5) +
                               "), but no pacientes_paciente." + k_expected);
}

result<bool> has_versions(const table_columns& tables) {
  std::vector<std::string> there;
  std::vector<std::string> missing;
  for (const auto& name : version_tables()) {
    (tables.contains(name) ? there : missing).push_back(name);
  }
  if (missing.empty()) return true;
  if (there.empty()) return false;
  return fail(errc::usage, "The legacy database is half-migrated: it has " + listed(there, 4) +
                               " but lacks " + listed(missing, 4) +
                               ". Finish its migrations, or take it as it was before them.");
}

}  // namespace

const std::vector<std::string>& base_tables() {
  static const std::vector<std::string> names{
      "usuarios_usuario",        "medicos_medico",
      "medicos_medicousuario",   "clinicas_clinica",
      "clinicas_clinicausuario", "clinicas_emissor",
      "pacientes_paciente",      "pacientes_paciente_usuarios",
      "processos_protocolo",     "processos_medicamento",
      "processos_doenca",        "processos_protocolo_medicamentos",
      "processos_processo",      "processos_processo_medicamentos"};
  return names;
}

const std::vector<std::string>& version_tables() {
  static const std::vector<std::string> names{
      "clinicas_clinicaversion", "clinicas_clinicausuarioversion", "pacientes_pacienteversion",
      "pacientes_pacienteusuarioversion"};
  return names;
}

result<layout> detect(const schema_columns& columns, const std::string& wanted) {
  const auto schema = choose_schema(columns, wanted);
  if (!schema) return schema.error();
  const auto& tables = columns.at(*schema);
  const auto versioned = has_versions(tables);
  if (!versioned) return versioned.error();
  for (const auto& column : k_needed) {
    if (auto checked = check_column(tables, column); !checked) return checked.error();
  }
  for (const auto* kind : {&patient_kind(), &clinic_kind()}) {
    if (auto checked = check_kind(tables, *kind, *versioned); !checked) return checked.error();
  }
  layout out;
  out.schema = *schema;
  out.versioned = *versioned;
  out.doctors_have_state = tables.at("medicos_medico").contains("estado");
  if (*versioned) {
    out.name = tables.at("processos_processo").contains("created_at") ? "g3" : "g2";
  } else {
    out.name = tables.at("usuarios_usuario").contains("process_count") ? "g1" : "g0";
  }
  for (const auto& [table, unused] : tables) {
    const auto in = [&table = table](const std::vector<std::string>& names) {
      return std::find(names.begin(), names.end(), table) != names.end();
    };
    if (!in(base_tables()) && !in(version_tables())) out.other_tables.push_back(table);
  }
  return out;
}

schema_columns read_columns(connection& on) {
  schema_columns out;
  on.query(
      "SELECT n.nspname::text, c.relname::text, a.attname::text, format_type(a.atttypid, NULL) "
      "FROM pg_class c JOIN pg_namespace n ON n.oid=c.relnamespace "
      "JOIN pg_attribute a ON a.attrelid=c.oid "
      "WHERE c.relkind IN ('r','p') AND a.attnum>0 AND NOT a.attisdropped "
      "AND n.nspname<>'information_schema' AND n.nspname !~ '^pg_'",
      [&](const source_row& row) {
        out[std::string(row.text(0))][std::string(row.text(1))][std::string(row.text(2))] =
            row.text(3);
      });
  return out;
}

result<void> check_filled(connection& on, const layout& of) {
  const auto any = [&](std::string_view table) {
    bool found = false;
    on.query("SELECT 1 FROM " + of.table(table) + " LIMIT 1",
             [&](const source_row&) { found = true; });
    return found;
  };
  const bool masters = any(patient_kind().master) || any(clinic_kind().master);
  if (!masters && !any("usuarios_usuario")) {
    return fail(errc::usage,
                "The legacy tables are there but empty: nothing to import. Expected are accounts, "
                "patients and clinics.");
  }
  if (!of.versioned) return {};
  for (const auto* kind : {&patient_kind(), &clinic_kind()}) {
    if (!any(kind->master) || any(kind->version)) continue;
    return fail(errc::usage, "The legacy database is half-migrated: " + std::string(kind->version) +
                                 " is empty while " + std::string(kind->master) +
                                 " has rows, so nobody would see anything. Run its data "
                                 "migration, or take the database as it was before.");
  }
  return {};
}

std::map<std::string, std::int64_t> count_rows(connection& on, const layout& of) {
  std::vector<std::string> tables = base_tables();
  if (of.versioned) {
    std::copy(version_tables().begin(), version_tables().end(), std::back_inserter(tables));
  }
  std::copy(of.other_tables.begin(), of.other_tables.end(), std::back_inserter(tables));
  std::map<std::string, std::int64_t> out;
  for (const auto& table : tables) {
    on.query("SELECT count(*) FROM " + of.table(table),
             [&](const source_row& row) { out[table] = row.integer(0); });
  }
  return out;
}

}  // namespace autocusto::import
