// How the form of a patient is divided, and fields that offer what is usual. Layout only: what is valid is the
// program's. Pure.
import type { FieldSpec, Kind } from '../api';
import type { TextKey } from '../texts';

interface Section {
  title: TextKey | null;
  specs: FieldSpec[];
}

const PATIENT: [TextKey, string[]][] = [
  ['section_person', ['nome_paciente', 'nome_social', 'nome_mae', 'data_nascimento', 'idade', 'sexo', 'incapaz', 'nome_responsavel', 'rg', 'cns_paciente', 'etnia', 'escolha_etnia']],
  ['section_measures', ['peso', 'altura']],
  ['section_contact', ['telefone1_paciente', 'telefone2_paciente', 'email_paciente']],
  ['section_address', ['end_paciente', 'cidade_paciente', 'uf_paciente', 'cep_paciente']],
];

/// Fields that no section names, such as those of a newer program, come last.
export function sectionsOf(kind: Kind): Section[] {
  if (kind.kind !== 'patient') return [{ title: null, specs: kind.fields }];
  const named = new Set(PATIENT.flatMap(([, names]) => names));
  const sections: Section[] = PATIENT.map(([title, names]) => ({
    title,
    specs: names.flatMap((name) => kind.fields.filter((f) => f.name === name)),
  }));
  const others = kind.fields.filter((f) => !named.has(f.name));
  return others.length > 0 ? [...sections, { title: 'section_others', specs: others }] : sections;
}

/// Texts that are nearly always one of these; what else stands there stays.
const USUAL: Record<string, string[]> = { sexo: ['M', 'F'] };

export function choicesOf(spec: FieldSpec): string[] {
  return spec.choices.length > 0 ? spec.choices : (USUAL[spec.name] ?? []);
}
