"""The tables of the legacy application, in its four layouts.

g0 is of 2020: integer keys, no versions, doctors must have CRM and CNS. g1 is the last one before
versions. g2 has the four version tables. g3 has times on processes and more indexes.

One line per column: name, type, and for references the table. `key` and `ref` are as wide as the
database's ids; a `?` behind the type permits NULL. Each table has an `id` unless it says otherwise.
"""

LAYOUTS = ("g0", "g1", "g2", "g3")

PATIENT = ("nome_paciente", "idade", "sexo", "nome_mae", "incapaz", "nome_responsavel", "rg", "peso",
           "altura", "escolha_etnia", "cns_paciente", "email_paciente", "cidade_paciente",
           "end_paciente", "cep_paciente", "telefone1_paciente", "telefone2_paciente", "etnia")
CLINIC = ("nome_clinica", "logradouro", "logradouro_num", "cidade", "bairro", "cep",
          "telefone_clinica")
CLINIC_WIDTH = (200, 200, 6, 30, 30, 9, 15)

VERSION_COLUMNS = ("created_at timestamptz", "version_number integer", "change_summary text",
                   "status varchar(20)")


def has_versions(layout):
    return layout in ("g2", "g3")


def patient_columns(key):
    for name in PATIENT:
        if key and name == "cns_paciente":
            yield "cpf_paciente varchar(14)"
        kind = {"incapaz": "boolean", "email_paciente": "varchar(254)?"}.get(name, "varchar(100)")
        yield f"{name} {kind}"


def clinic_columns(layout, key):
    for name, width in zip(CLINIC, CLINIC_WIDTH):
        if name == "telefone_clinica" and layout == "g0":
            width = 13
        yield f"{name} varchar({width})"
        if key and name == "nome_clinica":
            yield "cns_clinica varchar(7)"


def people_tables(layout):
    old = layout == "g0"
    unknown = "" if old else "?"
    yield "usuarios_usuario", [
        "password varchar(128)", "last_login timestamptz?", "is_superuser boolean",
        "email varchar(254)", "is_staff boolean", "is_active boolean", "date_joined timestamptz",
        "is_medico boolean", "is_clinica boolean", *([] if old else ["process_count integer"])]
    yield "medicos_medico", [
        "nome_medico varchar(200)", f"crm_medico varchar(10){unknown}",
        f"cns_medico varchar(15){unknown}",
        *([] if old else ["especialidade varchar(50)?", "estado varchar(2)?"])]
    yield "medicos_medicousuario", ["medico_id ref? medicos_medico",
                                    "usuario_id ref? usuarios_usuario"]


def record_tables(layout):
    yield "clinicas_clinica", list(clinic_columns(layout, True))
    yield "clinicas_clinicausuario", ["clinica_id ref? clinicas_clinica",
                                      "usuario_id ref? usuarios_usuario"]
    yield "clinicas_emissor", ["clinica_id ref clinicas_clinica", "medico_id ref medicos_medico"]
    yield "pacientes_paciente", list(patient_columns(True))
    yield "pacientes_paciente_usuarios", ["paciente_id ref pacientes_paciente",
                                          "usuario_id ref usuarios_usuario"]
    if not has_versions(layout):
        return
    yield "clinicas_clinicaversion", [
        *clinic_columns(layout, False), *VERSION_COLUMNS, "clinica_id ref clinicas_clinica",
        "created_by_id ref? usuarios_usuario"]
    yield "clinicas_clinicausuarioversion", [
        "assigned_at timestamptz", "clinica_usuario_id ref clinicas_clinicausuario",
        "version_id ref clinicas_clinicaversion"]
    yield "pacientes_pacienteversion", [
        *patient_columns(False), *VERSION_COLUMNS, "created_by_id ref? usuarios_usuario",
        "paciente_id ref pacientes_paciente"]
    yield "pacientes_pacienteusuarioversion", [
        "assigned_at timestamptz", "paciente_usuario_id ref pacientes_paciente_usuarios",
        "version_id ref pacientes_pacienteversion"]


def process_tables(layout):
    yield "processos_protocolo", ["nome varchar(600)", "arquivo varchar(600)",
                                  "dados_condicionais jsonb?"]
    yield "processos_medicamento", ["nome varchar(600)", "dosagem varchar(100)",
                                    "apres varchar(600)"]
    yield "processos_doenca", ["cid varchar(6)", "nome varchar(500)",
                               "protocolo_id ref? processos_protocolo"]
    yield "processos_protocolo_medicamentos", ["protocolo_id ref processos_protocolo",
                                               "medicamento_id ref processos_medicamento"]
    yield "processos_processo", [
        "anamnese text", "prescricao jsonb", "tratou boolean", "tratamentos_previos text",
        "data1 date?", "preenchido_por varchar(128)", "dados_condicionais jsonb",
        "clinica_id ref clinicas_clinica", "doenca_id ref? processos_doenca",
        "emissor_id ref clinicas_emissor", "medico_id ref medicos_medico",
        "paciente_id ref pacientes_paciente", "usuario_id ref usuarios_usuario",
        *(["created_at timestamptz", "updated_at timestamptz"] if layout == "g3" else [])]
    yield "processos_processo_medicamentos", ["processo_id ref processos_processo",
                                              "medicamento_id ref processos_medicamento"]


def framework_tables(layout):
    """Of no use to an import, but there in every real database."""
    yield "django_migrations", ["app varchar(255)", "name varchar(255)", "applied timestamptz"]
    yield "django_content_type", ["app_label varchar(100)", "model varchar(100)"]
    yield "auth_group", ["name varchar(150)"]
    yield "usuarios_usuario_groups", ["usuario_id ref usuarios_usuario", "group_id ref auth_group"]
    if layout != "g0":
        yield "analytics_user_activity_log", ["activity_type varchar(50)", "timestamp timestamptz",
                                              "ip_address inet?", "user_id ref? usuarios_usuario"]


def tables(layout):
    """Name and columns of each table, in an order in which they can be made."""
    for part in (people_tables, record_tables, process_tables, framework_tables):
        yield from part(layout)


def uniques(layout):
    yield "usuarios_usuario", "email"
    yield "medicos_medico", "cns_medico"
    yield "medicos_medico", "crm_medico" if layout == "g0" else "crm_medico, estado"
    yield "pacientes_paciente", "cpf_paciente"
    yield "pacientes_paciente_usuarios", "paciente_id, usuario_id"
    yield "processos_doenca", "cid"
    yield "processos_processo_medicamentos", "processo_id, medicamento_id"
    if layout != "g0":
        yield "processos_processo", "usuario_id, paciente_id, doenca_id"
    if has_versions(layout):
        yield "clinicas_clinica", "cns_clinica"
        yield "clinicas_clinicaversion", "clinica_id, version_number"
        yield "clinicas_clinicausuarioversion", "clinica_usuario_id"
        yield "pacientes_pacienteversion", "paciente_id, version_number"
        yield "pacientes_pacienteusuarioversion", "paciente_usuario_id"


def indexes(layout):
    if layout == "g3":
        yield "clinicas_clinicausuario", "usuario_id"
        yield "clinicas_clinicausuario", "clinica_id"
        yield "clinicas_emissor", "medico_id, clinica_id"
        yield "medicos_medicousuario", "usuario_id"


def split_column(line):
    """-> name, type, may be NULL, referenced table or None."""
    name, kind, *target = line.split(" ")
    return name, kind.rstrip("?"), kind.endswith("?"), target[0] if target else None


def create_table(schema, name, columns, ids):
    """CREATE TABLE for ids that are `integer` or `bigint`."""
    lines = [f"id {ids} GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY"]
    for line in columns:
        column, kind, null, _ = split_column(line)
        kind = ids if kind == "ref" else kind
        lines.append(f'"{column}" {kind}' + ("" if null else " NOT NULL"))
    return 'CREATE TABLE "%s".%s (\n  %s\n);\n' % (schema, name, ",\n  ".join(lines))


def constraints(schema, layout):
    """UNIQUE and FOREIGN KEY, to be added once the rows are there."""
    for table, columns in uniques(layout):
        yield f'ALTER TABLE "{schema}".{table} ADD UNIQUE ({columns});\n'
    for table, columns in tables(layout):
        for line in columns:
            column, _, _, target = split_column(line)
            if target:
                yield (f'ALTER TABLE "{schema}".{table} ADD FOREIGN KEY ({column}) '
                       f'REFERENCES "{schema}".{target} DEFERRABLE INITIALLY DEFERRED;\n')
