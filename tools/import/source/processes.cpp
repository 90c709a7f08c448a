#include "tools/import/source/processes.hpp"

#include <charconv>

#include "tools/import/rules/texts.hpp"
#include "tools/import/source/people.hpp"
#include "tools/import/source/records.hpp"

namespace autocusto::import {
namespace {

constexpr std::string_view k_processes = "processos_processo";

/// SQL. Columns that some layouts lack are looked up in the row as JSON.
std::string processes_sql(const layout& of) {
  const auto related = [&](const legacy_kind& kind) {
    const auto master = sql_name(kind.master_column);
    return "EXISTS (SELECT 1 FROM " + of.table(kind.relation) + " x WHERE x." + master + "=p." +
           master + " AND x.usuario_id=p.usuario_id)";
  };
  return "WITH l AS MATERIALIZED (" + leaders_sql(of, patient_kind()) +
         "), k AS MATERIALIZED (SELECT processo_id, string_agg(DISTINCT medicamento_id::text, ',') "
         "AS medicines FROM " +
         of.table("processos_processo_medicamentos") + " JOIN " +
         of.table("processos_medicamento") +
         " b ON b.id=medicamento_id GROUP BY processo_id) "
         "SELECT p.id::bigint, p.usuario_id::bigint, p.paciente_id::bigint, p.clinica_id::bigint, "
         "p.medico_id::bigint, p.emissor_id::bigint, p.doenca_id::bigint, u.id IS NOT NULL, "
         "t.id IS NOT NULL, c.id IS NOT NULL, m.id IS NOT NULL, e.id IS NOT NULL, "
         "(p.doenca_id IS NULL OR d.id IS NOT NULL), " +
         related(patient_kind()) + ", " + related(clinic_kind()) +
         ", e.clinica_id::bigint, e.medico_id::bigint, t.cpf_paciente::text, c.cns_clinica::text, "
         "d.cid::text, d.protocolo_id::bigint, k.medicines, "
         "coalesce(to_jsonb(p)->>'updated_at', to_jsonb(p)->>'created_at')::timestamptz, "
         "l.leader, " +
         row_as_json(k_processes, "p") + " FROM " + of.table(k_processes) +
         " p LEFT JOIN l ON l.id=p.paciente_id LEFT JOIN k ON k.processo_id=p.id LEFT JOIN " +
         of.table("usuarios_usuario") + " u ON u.id=p.usuario_id LEFT JOIN " +
         of.table("pacientes_paciente") + " t ON t.id=p.paciente_id LEFT JOIN " +
         of.table("clinicas_clinica") + " c ON c.id=p.clinica_id LEFT JOIN " +
         of.table("medicos_medico") + " m ON m.id=p.medico_id LEFT JOIN " +
         of.table("processos_doenca") + " d ON d.id=p.doenca_id LEFT JOIN " +
         of.table("clinicas_emissor") + " e ON e.id=p.emissor_id ORDER BY l.leader, p.id";
}

std::vector<legacy_id> read_ids(std::string_view list) {
  std::vector<legacy_id> out;
  const char* at = list.data();
  const char* const end = at + list.size();
  while (at != end) {
    legacy_id id = 0;
    const auto [next, wrong] = std::from_chars(at, end, id);
    if (wrong != std::errc()) break;
    out.push_back(id);
    at = next == end ? end : next + 1;
  }
  return out;
}

process_row read_process(const source_row& row) {
  process_row p;
  p.id = row.integer(0);
  p.user = row.integer(1);
  p.patient = row.integer(2);
  p.clinic = row.integer(3);
  p.doctor = row.integer(4);
  p.issuer = row.integer(5);
  p.disease = row.optional_integer(6);
  p.user_exists = row.boolean(7);
  p.patient_exists = row.boolean(8);
  p.clinic_exists = row.boolean(9);
  p.doctor_exists = row.boolean(10);
  p.issuer_exists = row.boolean(11);
  p.disease_exists = row.boolean(12);
  p.related_patient = row.boolean(13);
  p.related_clinic = row.boolean(14);
  p.issuer_clinic = row.integer(15);
  p.issuer_doctor = row.integer(16);
  p.patient_number = row.text(17);
  p.clinic_number = row.text(18);
  p.cid = row.text(19);
  p.protocol = row.optional_integer(20);
  p.links = read_ids(row.text(21));
  if (!row.is_null(22)) p.changed = row.time(22);
  return p;
}

}  // namespace

void walk_processes(connection& on, const layout& of,
                    const std::function<void(const process_row&, std::optional<legacy_id>,
                                             std::string_view)>& each) {
  walk(on, processes_sql(of), [&](const source_row& row) {
    each(read_process(row), row.optional_integer(23), row.text(24));
  });
}

medicine_rows read_medicines(connection& on, const layout& of) {
  medicine_rows out;
  walk(on,
       "SELECT id::bigint, to_jsonb(m)->>'nome', to_jsonb(m)->>'dosagem', to_jsonb(m)->>'apres' "
       "FROM " +
           of.table("processos_medicamento") + " m ORDER BY id",
       [&](const source_row& row) {
         const auto presentation = row.text(3);
         out.emplace(row.integer(0),
                     medicine_row{medicine_name(row.text(1), row.text(2)),
                                  std::string(is_readable(presentation) ? presentation : "")});
       });
  return out;
}

reference_rows read_reference(connection& on, const layout& of) {
  reference_rows out;
  const auto text = [](const source_row& row, int column) { return std::string(row.text(column)); };
  walk(on,
       "SELECT id::bigint, to_jsonb(m)->>'nome', to_jsonb(m)->>'dosagem', to_jsonb(m)->>'apres' "
       "FROM " +
           of.table("processos_medicamento") + " m ORDER BY id",
       [&](const source_row& row) {
         out.medicines.push_back({row.integer(0), text(row, 1), text(row, 2), text(row, 3)});
       });
  walk(on,
       "SELECT id::bigint, to_jsonb(d)->>'cid', to_jsonb(d)->>'nome', protocolo_id::bigint FROM " +
           of.table("processos_doenca") + " d ORDER BY id",
       [&](const source_row& row) {
         out.diseases.push_back(
             {row.integer(0), text(row, 1), text(row, 2), row.optional_integer(3)});
       });
  walk(on,
       "SELECT id::bigint, to_jsonb(p)->>'nome', to_jsonb(p)->>'dados_condicionais' FROM " +
           of.table("processos_protocolo") + " p ORDER BY id",
       [&](const source_row& row) {
         out.protocols.push_back({row.integer(0), text(row, 1), text(row, 2)});
       });
  walk(on,
       "SELECT protocolo_id::bigint, medicamento_id::bigint FROM " +
           of.table("processos_protocolo_medicamentos") + " ORDER BY id",
       [&](const source_row& row) { out.links.emplace_back(row.integer(0), row.integer(1)); });
  return out;
}

}  // namespace autocusto::import
