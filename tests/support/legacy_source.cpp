#include "tests/support/legacy_source.hpp"

#include "shared/domain/record_kind.hpp"
#include "tests/support/postgres_cluster.hpp"

namespace autocusto::test {
namespace {

std::string field_columns(const std::string& kind) {
  std::string out;
  for (const auto& field : domain::find_record_kind(kind)->fields) {
    if (field.since > 1) continue;  // the source never had it
    const bool flag = field.type == domain::field_type::boolean;
    out += ", " + field.name + (flag ? " boolean DEFAULT false" : " varchar(300) DEFAULT ''");
  }
  return out;
}

std::string kind_tables(const std::string& kind, const std::string& app, const std::string& key,
                        const std::string& one, const std::string& relation) {
  const std::string id = "id bigint PRIMARY KEY";
  return "CREATE TABLE " + app + "_" + one + " (" + id + ", " + key + " varchar(14)" +
         field_columns(kind) + ");" +  //
         "CREATE TABLE " + app + "_" + relation + " (" + id + ", " + one +
         "_id bigint, usuario_id bigint);" +  //
         "CREATE TABLE " + app + "_" + one + "version (" + id + field_columns(kind) +
         ", created_at timestamptz, version_number int, change_summary text, status varchar(20), "
         "created_by_id bigint, " +
         one + "_id bigint);" +  //
         "CREATE TABLE " + app + "_" + one + "usuarioversion (" + id +
         ", assigned_at timestamptz, " + one + "_usuario_id bigint, version_id bigint);";
}

constexpr const char* k_others = R"(
CREATE TABLE usuarios_usuario (id bigint PRIMARY KEY, password text DEFAULT 'pbkdf2_sha256$x',
  is_superuser boolean DEFAULT false, email varchar(254), is_staff boolean DEFAULT false,
  is_active boolean DEFAULT true, date_joined timestamptz DEFAULT '2020-01-01Z',
  is_medico boolean DEFAULT false);
CREATE TABLE medicos_medico (id bigint, crm_medico text, cns_medico text, estado text,
  nome_medico text DEFAULT '', especialidade text);
CREATE TABLE medicos_medicousuario (id bigint, medico_id bigint, usuario_id bigint);
CREATE TABLE clinicas_emissor (id bigint, clinica_id bigint, medico_id bigint);
CREATE TABLE processos_protocolo (id bigint, nome text);
CREATE TABLE processos_medicamento (id bigint, nome text, dosagem text, apres text);
CREATE TABLE processos_doenca (id bigint, cid text, protocolo_id bigint, nome text);
CREATE TABLE processos_protocolo_medicamentos (id bigint, protocolo_id bigint,
  medicamento_id bigint);
CREATE TABLE processos_processo (id bigint, prescricao jsonb DEFAULT '{}', preenchido_por text,
  clinica_id bigint, doenca_id bigint, emissor_id bigint, medico_id bigint, paciente_id bigint,
  usuario_id bigint, created_at timestamptz DEFAULT '2025-08-01Z', anamnese text DEFAULT 'Estável',
  tratou boolean DEFAULT false, tratamentos_previos text DEFAULT '',
  dados_condicionais jsonb DEFAULT '{}');
CREATE TABLE processos_processo_medicamentos (id bigint, processo_id bigint,
  medicamento_id bigint);
CREATE TABLE django_session (session_key text);
INSERT INTO django_session VALUES ('a'), ('b');
INSERT INTO usuarios_usuario (id, email) VALUES (1, 'a@x.test'), (2, 'b@x.test');
INSERT INTO processos_medicamento VALUES (1, 'Remédio', '100 mg', 'comprimido');
INSERT INTO clinicas_clinica (id, cns_clinica, nome_clinica) VALUES (1, '1234567', 'Clínica');
INSERT INTO clinicas_clinicaversion (id, nome_clinica, created_at, version_number, change_summary,
  status, clinica_id) VALUES (1, 'Clínica', '2025-07-25Z', 1,
  'Migração inicial - dados originais da clínica', 'active', 1);
INSERT INTO clinicas_clinicausuario VALUES (1, 1, 1), (2, 1, 2);
INSERT INTO clinicas_clinicausuarioversion VALUES (1, '2025-07-25Z', 1, 1),
  (2, '2025-07-25Z', 2, 1);
)";

std::string number(int n) {
  return std::to_string(n);
}

std::string version_row(int id, int patient, int version, int user, const std::string& name) {
  return "INSERT INTO pacientes_pacienteversion (id, nome_paciente, created_at, version_number, "
         "change_summary, status, created_by_id, paciente_id) VALUES (" +
         number(id) + ", '" + name + "', '2025-08-01Z', " + number(version) +
         ", 'resumo', 'active', " + number(user) + ", " + number(patient) + ");";
}

}  // namespace

std::string make_legacy_source(const std::string& schema) {
  const auto url = postgres_cluster::shared().create_database();
  std::string sql = schema == "public" ? "" : "CREATE SCHEMA " + schema + ";";
  sql += "SET search_path=" + schema + ";";
  sql += kind_tables("patient", "pacientes", "cpf_paciente", "paciente", "paciente_usuarios");
  sql += kind_tables("clinic", "clinicas", "cns_clinica", "clinica", "clinicausuario");
  postgres_query(url, sql + k_others);
  return url;
}

std::string legacy_patient(int id, const std::string& cpf, int user, const std::string& name) {
  const auto n = number(id);
  return "INSERT INTO pacientes_paciente (id, cpf_paciente) VALUES (" + n + ", '" + cpf + "');" +
         version_row(id, id, 1, user, name) + "INSERT INTO pacientes_paciente_usuarios VALUES (" +
         n + ", " + n + ", " + number(user) +
         "); INSERT INTO pacientes_pacienteusuarioversion VALUES (" + n + ", '2025-08-01Z', " + n +
         ", " + n + ");";
}

std::string legacy_prescribers() {
  return "INSERT INTO medicos_medico VALUES (1, '111', '', 'PA', 'Dra. A'), "
         "(2, '222', '', 'PA', 'Dr. B');"
         "INSERT INTO medicos_medicousuario VALUES (1, 1, 1), (2, 2, 2);"
         "INSERT INTO clinicas_emissor VALUES (1, 1, 1), (2, 1, 2);"
         "INSERT INTO processos_protocolo VALUES (1, 'Protocolo');"
         "INSERT INTO processos_doenca VALUES (1, 'G40.0', 1, 'Doença');";
}

std::string legacy_process(int id, int patient, int user, const std::string& anamnesis) {
  const auto who = number(user);
  std::string entry = R"("id_med1": "1", "med1_via": "oral")";
  for (int k = 1; k <= 6; ++k) {
    const auto month = number(k);
    entry += R"(, "qtd_med1_mes)" + month + R"(": "30", "med1_posologia_mes)" + month +
             R"(": "um ao dia")";
  }
  return "INSERT INTO processos_processo (id, prescricao, preenchido_por, clinica_id, doenca_id, "
         "emissor_id, medico_id, paciente_id, usuario_id, anamnese) VALUES (" +
         number(id) + ", '{\"1\": {" + entry + "}}', 'paciente', 1, 1, " + who + ", " + who + ", " +
         number(patient) + ", " + who + ", '" + anamnesis +
         "'); INSERT INTO processos_processo_medicamentos VALUES (" + number(id) + ", " +
         number(id) + ", 1);";
}

std::string legacy_edit(int version, int patient, int number_, int user, const std::string& name) {
  return version_row(version, patient, number_, user, name) +
         "UPDATE pacientes_pacienteusuarioversion SET version_id=" + number(version) +
         " WHERE paciente_usuario_id IN (SELECT id FROM pacientes_paciente_usuarios WHERE "
         "paciente_id=" +
         number(patient) + " AND usuario_id=" + number(user) + ");";
}

}  // namespace autocusto::test
