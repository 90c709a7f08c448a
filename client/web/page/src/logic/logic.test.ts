// What the page decides by itself: checks, masks, edits, conflicts, the picture of versions.
import { describe, expect, it } from 'vitest';
import type { Conflict, Fields, FieldSpec, Kind, Side, Version } from '../api';
import * as checks from './checks';
import { changedFields, wrongFields } from './edits';
import { ageAt, formatKey, formatMoment, formatPhone, maskCpf, tidy } from './format';
import { layout } from './graph';
import { choicesOf, sectionsOf } from './sections';
import { groupsOf, resolutionOf, undecided, type Choice } from './groups';

function spec(name: string, more: Partial<FieldSpec> = {}): FieldSpec {
  return {
    name, type: 'text', max: 100, required: false, required_when: '', rule: 'none', choices: [],
    group: name, clinical: false, lines: false, required_value: '', max_rows: 0, columns: [], label: { pt: name, en: name }, ...more,
  };
}
const kind: Kind = {
  kind: 'patient', key: 'cpf', name_field: 'nome', label: { pt: 'Paciente', en: 'Patient' },
  key_label: { pt: 'CPF', en: 'CPF' },
  fields: [
    spec('nome', { required: true, max: 5 }),
    spec('incapaz', { type: 'boolean', group: 'responsavel' }),
    spec('responsavel', { required_when: 'incapaz', group: 'responsavel' }),
    spec('peso', { rule: 'weight', group: 'medidas' }),
    spec('altura', { rule: 'height', group: 'medidas' }),
  ],
};

describe('checks', () => {
  const table: [string, (text: string) => boolean, string[], string[]][] = [
    ['cpf', checks.validCpf, ['11144477735', '111.444.777-35', '529.982.247-25'], ['11144477736', '00000000000', '111', '', 'a11144477735']],
    ['cnes', checks.validCnes, ['1234567', '123-4567'], ['123456', '12345678', '1111111', 'abcdefg']],
    ['cns', checks.validCns, ['700000000000005', '898000000043208'], ['700000000000004', '300000000000005', '70000000000000', '']],
    ['cep', checks.validCep, ['01310-100', '01310100'], ['0131-0100', '0131010', 'abc']],
    ['phone', checks.validPhone, ['(11) 91234-5678', '1132145678'], ['912345678', '+55 11 91234-5678', 'x1132145678']],
    ['email', checks.validEmail, ['a@b.c', 'nome.sobrenome@exemplo.com.br'], ['a@b', 'a b@c.d', '@c.d', 'a@']],
    ['weight', checks.validWeight, ['0,5', '500', '71.5', '71,5 kg', '70KG', '70 quilos'], ['0,4', '501', 'setenta', '70 libras', '']],
    ['height', checks.validHeight, ['20', '260', '170 cm', '1,70m', '1.70 m'], ['19', '261', '1,70', '3m', '']],
  ];
  it.each(table)('%s', (_name, valid, good, bad) => {
    for (const each of good) expect(valid(each), each).toBe(true);
    for (const each of bad) expect(valid(each), each).toBe(false);
  });

  const rules = { draft: false, fresh: false };
  it('asks for required fields, but not in drafts, and not again for what was missing before', () => {
    const empty: Fields = { nome: '', incapaz: false, responsavel: '', peso: '', altura: '' };
    expect([...wrongFields(kind, empty, empty, { draft: false, fresh: true })]).toEqual([['nome', 'required']]);
    expect(wrongFields(kind, empty, empty, { draft: true, fresh: true }).size).toBe(0);
    expect(wrongFields(kind, empty, empty, rules).size).toBe(0);
  });
  it('asks for the guardian when the patient becomes incapable', () => {
    const before: Fields = { nome: 'A', incapaz: false, responsavel: '', peso: '', altura: '' };
    expect(wrongFields(kind, { ...before, incapaz: true }, before, rules).get('responsavel')).toBe('required');
  });
  it('lets oddities stay, but not come', () => {
    const before: Fields = { nome: 'longer than five', incapaz: false, responsavel: '', peso: 'muito', altura: '' };
    expect(wrongFields(kind, before, before, rules).size).toBe(0);
    const wrong = wrongFields(kind, { ...before, nome: 'also longer', peso: 'demais' }, before, rules);
    expect([...wrong]).toEqual([['nome', 'too_long'], ['peso', 'weight']]);
  });
  it('counts characters as people do', () => {
    const before: Fields = { nome: '' };
    expect(checks.wrongField(spec('nome', { max: 5 }), { nome: '😀😀😀😀😀' }, before, rules)).toBeNull();
  });
});

describe('masks', () => {
  it('puts the punctuation of a CPF while typing', () => {
    const typed = ['1', '111', '1114', '1114447', '1114447773', '11144477735', '111444777359', 'x'];
    expect(typed.map(maskCpf)).toEqual(['1', '111', '111.4', '111.444.7', '111.444.777-3', '111.444.777-35', '111444777359', 'x']);
  });
  it('never loses what is not valid', () => {
    expect(formatPhone('11912345678')).toBe('(11) 91234-5678');
    expect(formatPhone('1132145678')).toBe('(11) 3214-5678');
    expect(formatPhone('ramal 12')).toBe('ramal 12');
    expect(tidy(spec('cep', { rule: 'cep' }), ' 01310100 ')).toBe('01310-100');
    expect(tidy(spec('tel', { rule: 'phone', max: 11 }), '11912345678')).toBe('11912345678');
    expect(formatKey('patient', '11144477735#60')).toBe('11144477735#60');
  });
});

describe('ages and moments', () => {
  it('counts whole years by the calendar', () => {
    const now = new Date(2026, 10, 30);
    expect(ageAt('1970-11-30', now)).toBe(56);
    expect(ageAt('1970-12-01', now)).toBe(55);
    expect(ageAt('2026-12-01', now)).toBeNull();
    expect(ageAt('1/2/1970', now)).toBeNull();
  });
  it('leaves the day out where it is today', () => {
    const now = new Date(2026, 10, 30, 12, 0);
    expect(formatMoment(new Date(2026, 10, 30, 4, 38).toISOString(), now)).toBe('04:38');
    expect(formatMoment(new Date(2026, 10, 29, 4, 38).toISOString(), now)).toMatch(/29.*04:38/);
    expect(formatMoment('nothing', now)).toBe('nothing');
  });
});

describe('sections', () => {
  it('show each field once, those of a newer program too', () => {
    const more: Kind = { ...kind, fields: [...kind.fields, spec('novo')] };
    const shown = sectionsOf(more).flatMap((s) => s.specs.map((f) => f.name));
    expect([...shown].sort()).toEqual(more.fields.map((f) => f.name).sort());
    expect(sectionsOf({ ...kind, kind: 'clinic' })).toHaveLength(1);
  });
  it('offer what is usual, and the choices of the kind', () => {
    expect(choicesOf(spec('sexo'))).toEqual(['M', 'F']);
    expect(choicesOf(spec('etnia', { choices: ['x'] }))).toEqual(['x']);
    expect(choicesOf(spec('rg'))).toEqual([]);
  });
});

describe('edits', () => {
  it('sends what was changed only', () => {
    expect(changedFields({ a: '1', b: '2' }, { a: '1', b: '3' })).toEqual({ b: '3' });
  });
});

function version(id: string, parents: string[], more: Partial<Version> = {}): Version {
  return {
    version_id: id, number: 1, parents, author: 'a', device: '', created_at: '', summary: '', status: 'active', set_aside: false,
    active: false, head: false, synced: true, archived: false, erased: false, ...more,
  };
}
function side(id: string, fields: Fields): Side {
  return { version: version(id, []), fields };
}

describe('conflicts', () => {
  const base: Fields = { nome: 'A', incapaz: false, responsavel: '', peso: '70', altura: '170' };
  const conflict: Conflict = {
    kind: 'patient', key: '1', name: 'A', opened_at: '', head_ids: ['x', 'y'],
    heads: [side('x', { ...base, nome: 'B', peso: '71' }), side('y', { ...base, altura: '171', responsavel: 'R' })],
    base: side('base', base),
    groups: [{ name: 'nome', decided: true }, { name: 'responsavel', decided: true }, { name: 'medidas', decided: false }],
  };
  const groups = groupsOf(kind, conflict);
  it('asks for what the program leaves open', () => {
    expect(groups.map((g) => [g.name, g.specs.map((s) => s.name), g.decided])).toEqual([
      ['nome', ['nome'], true], ['responsavel', ['incapaz', 'responsavel'], true], ['medidas', ['peso', 'altura'], false],
    ]);
    expect(undecided(groups, new Map()).map((g) => g.name)).toEqual(['medidas']);
  });
  it('takes all fields of a group from one side', () => {
    const choices = new Map<string, Choice>([
      ['medidas', { what: 'side', index: 1 }],
      ['nome', { what: 'before' }],
      ['responsavel', { what: 'typed', values: { incapaz: true, responsavel: 'Z' } }],
    ]);
    expect(undecided(groups, choices)).toEqual([]);
    expect(resolutionOf(conflict, groups, choices)).toEqual({
      kind: 'patient', key: '1', heads: ['x', 'y'],
      from: { nome: 'base', peso: 'y', altura: 'y' }, set: { incapaz: true, responsavel: 'Z' },
    });
  });
});

describe('the picture', () => {
  it('gives each line of development a lane and ends it where lines join', () => {
    const graph = layout([version('1', []), version('2', ['1']), version('3', ['1']), version('4', ['2', '3']), version('5', ['4'])]);
    expect(graph.nodes.map((n) => n.lane)).toEqual([0, 0, 1, 0, 0]);
    expect(graph.edges.map((e) => `${e.from.version.version_id}-${e.to.version.version_id}`)).toEqual(['1-2', '1-3', '2-4', '3-4', '4-5']);
    expect(graph.lanes).toBe(2);
  });
  it('does without parents that are not here', () => {
    const graph = layout([version('2', ['gone']), version('3', ['2'])]);
    expect(graph.edges).toHaveLength(1);
    expect(graph.lanes).toBe(1);
  });
});
