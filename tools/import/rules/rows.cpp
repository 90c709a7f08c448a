#include "tools/import/rules/rows.hpp"

namespace autocusto::import {

std::vector<const domain::field_spec*> legacy_kind::fields_of(const domain::record_kind& kind) {
  std::vector<const domain::field_spec*> out;
  for (const auto at : kind.by_name) {
    if (kind.fields[at].since == 1) out.push_back(&kind.fields[at]);
  }
  return out;
}

const legacy_kind& patient_kind() {
  static const legacy_kind kind{domain::find_record_kind("patient"),
                                "pacientes_paciente",
                                "pacientes_paciente_usuarios",
                                "pacientes_pacienteversion",
                                "pacientes_pacienteusuarioversion",
                                "cpf_paciente",
                                "paciente_id",
                                "paciente_usuario_id",
                                "PATIENT",
                                "CPF",
                                store::import_origin::patient_version,
                                store::import_origin::patient_master};
  return kind;
}

const legacy_kind& clinic_kind() {
  static const legacy_kind kind{domain::find_record_kind("clinic"),
                                "clinicas_clinica",
                                "clinicas_clinicausuario",
                                "clinicas_clinicaversion",
                                "clinicas_clinicausuarioversion",
                                "cns_clinica",
                                "clinica_id",
                                "clinica_usuario_id",
                                "CLINIC",
                                "CNES",
                                store::import_origin::clinic_version,
                                store::import_origin::clinic_master};
  return kind;
}

namespace {

legacy_kind plain_kind(std::string_view kind, std::string_view table, std::string_view what,
                       store::import_origin origin) {
  return legacy_kind{.spec = domain::find_record_kind(kind),
                     .master = table,
                     .relation = {},
                     .version = table,
                     .assignment = {},
                     .key_column = {},
                     .master_column = {},
                     .relation_column = {},
                     .what = what,
                     .key_name = {},
                     .version_origin = origin,
                     .master_origin = origin};
}

}  // namespace

const legacy_kind& process_kind() {
  static const auto kind =
      plain_kind("process", "processos_processo", "PROCESS", store::import_origin::process);
  return kind;
}

const legacy_kind& doctor_kind() {
  static const auto kind =
      plain_kind("doctor", "medicos_medico", "DOCTOR", store::import_origin::doctor);
  return kind;
}

}  // namespace autocusto::import
