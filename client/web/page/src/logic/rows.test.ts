// Lists of medicines: what is the same, what is wrong, what differs by month.
import { describe, expect, it } from 'vitest';
import vectors from '../../../../../docs/vectors/rows.json';
import process from '../../../../../schema/records/process.json';
import type { Column, FieldSpec, Kind, Row } from '../api';
import { isCalledFor, validCid, validDate, validKey } from './checks';
import { changedFields, isShown, wrongFields } from './edits';
import { visibleLines } from './entry';
import { formatKey, todayIso } from './format';
import { monthsShown, otherDifferences, repeated, same, sideBySide, stretches, wrongCells } from './rows';

function column(name: string, max: number, more: Partial<Column> = {}): Column {
  return { name, max, required: false, rule: 'none', label: { pt: name, en: name }, ...more };
}
const columns = [column('codigo', 20), column('nome', 10, { required: true }), column('via', 10), column('qtd_1', 4, { rule: 'digits' })];
function spec(name: string, more: Partial<FieldSpec> = {}): FieldSpec {
  return {
    name, type: 'text', max: 10, lines: false, required: false, required_when: '', required_value: '', max_rows: 0,
    columns: [], rule: 'none', choices: [], group: name, clinical: true, label: { pt: name, en: name }, ...more,
  };
}
const rows = spec('prescricao', { type: 'rows', max_rows: 6, columns });
const kind: Kind = {
  kind: 'process', key: 'processo', name_field: 'prescricao', label: { pt: '', en: '' }, key_label: { pt: '', en: '' },
  fields: [spec('tratou', { choices: ['sim', 'nao'] }), spec('tratamentos', { required_when: 'tratou', required_value: 'sim' }), rows],
};
const a: Row = { codigo: '1', nome: 'A', qtd_1: '30', pos_1: 'um', qtd_2: '30', pos_2: 'um' };

describe('rows', () => {
  it('are the same with and without empty cells, in their order', () => {
    expect(same([{ nome: 'A', via: '' }], [{ nome: 'A' }])).toBe(true);
    expect(same([{ nome: 'A' }, { nome: 'B' }], [{ nome: 'B' }, { nome: 'A' }])).toBe(false);
    expect(same({ opt_a: '' }, {})).toBe(true);
    expect(same('', undefined)).toBe(true);
    expect(same(false, '')).toBe(false);
    expect(changedFields({ prescricao: [a] }, { prescricao: [{ ...a }] })).toEqual({});
  });
  it('are checked cell by cell, by the names that the program gives them', () => {
    const wrong = wrongCells(rows, [a, { qtd_1: '3x', via: 'muito comprida' }]);
    expect([...wrong]).toEqual([
      ['prescricao.2.nome', 'required'],
      ['prescricao.2.via', 'too_long'],
      ['prescricao.2.qtd_1', 'digits'],
    ]);
  });
  it('do not keep a draft from being saved', () => {
    const fields = { tratou: '', tratamentos: '', prescricao: [{}] };
    const before = { tratou: '', tratamentos: '', prescricao: [] };
    expect([...wrongFields(kind, fields, before, { draft: false, fresh: true })]).toEqual([['prescricao', 'row']]);
    expect(wrongFields(kind, fields, before, { draft: true, fresh: true }).size).toBe(0);
  });
  it('repeat the first month, and show the months that are written in', () => {
    expect(repeated({ nome: 'A', qtd_1: '8', pos_1: 'x' }, [1, 2, 3])).toEqual({
      nome: 'A', qtd_1: '8', pos_1: 'x', qtd_2: '8', pos_2: 'x', qtd_3: '8', pos_3: 'x',
    });
    expect(monthsShown(3, [])).toEqual([1, 2, 3]);
    expect(monthsShown(3, [{ pos_5: 'x' }])).toEqual([1, 2, 3, 4, 5]);
  });
});

describe('the vectors that the program runs too', () => {
  const field = process.fields.find((each) => each.name === 'prescricao');
  const all = (field?.columns ?? []).map((each) => column(each.name, each.max, { rule: 'none', ...each } as Partial<Column>));
  const prescription = spec('prescricao', { type: 'rows', max_rows: 6, columns: all });
  it('say what is wrong in cells', () => {
    expect(vectors.cells.length).toBeGreaterThan(7);
    for (const one of vectors.cells) {
      expect(Object.fromEntries(wrongCells(prescription, one.rows as Row[])), JSON.stringify(one.rows)).toEqual(one.wrong);
    }
  });
  it('say what is the same', () => {
    expect(vectors.same.length).toBeGreaterThan(7);
    for (const one of vectors.same) {
      expect(same(one.a as Row[] | Row, one.b as Row[] | Row), JSON.stringify(one)).toBe(one.same);
    }
  });
});

describe('lists side by side', () => {
  it('say which months differ', () => {
    const changed = { ...a, qtd_2: '60' };
    expect(stretches(a, undefined)).toEqual([{ from: 1, to: 2, quantity: '30', dose: 'um', differs: false }]);
    expect(stretches(changed, a)).toEqual([
      { from: 1, to: 1, quantity: '30', dose: 'um', differs: false },
      { from: 2, to: 2, quantity: '60', dose: 'um', differs: true },
    ]);
    expect(stretches({ nome: 'A' }, { nome: 'A', qtd_6: '1' })).toEqual([{ from: 6, to: 6, quantity: '', dose: '', differs: true }]);
    expect(otherDifferences({ ...a, via: 'oral' }, a, columns).map((c) => c.name)).toEqual(['via']);
  });
  it('have one line for each medicine, by code and then by name', () => {
    const renamed = { ...a, nome: 'A novo' };
    const b = { nome: 'B' };
    const c = { nome: 'C' };
    expect(sideBySide([[a, b], [c, renamed]])).toEqual([[a, renamed], [b, undefined], [undefined, c]]);
    expect(sideBySide([[b, b], [b]])).toEqual([[b, b], [b, undefined]]);
  });
});

describe('fields of a process', () => {
  it('are called for by the value of another one, with no answer given in advance', () => {
    const spec = kind.fields[1];
    if (!spec) throw new Error('no field');
    expect(isCalledFor(spec, { tratou: 'sim' })).toBe(true);
    expect(isCalledFor(spec, { tratou: 'nao' })).toBe(false);
    expect(isShown(spec, { tratou: '', tratamentos: '' })).toBe(false);
  });
  it('keys: a CID is typed, and the whole is shown with the CPF', () => {
    expect(['G35', 'g40.0', 'G400', 'N18.0/2'].every(validCid)).toBe(true);
    expect(['', '35G', 'G3', 'G35/1', '11144477735/G35'].some(validCid)).toBe(false);
    expect(validKey('crm', '12345/pa')).toBe(null);
    expect(validKey('crm', '12345')).toBe('registration');
    expect(formatKey('process', '11144477735/G35')).toBe('111.444.777-35 · G35');
  });
  it('dates are those of the calendar here', () => {
    expect(validDate('2027-01-31')).toBe(true);
    expect(validDate('2027-02-30')).toBe(false);
    expect(todayIso(new Date(2027, 0, 5, 23, 59))).toBe('2027-01-05');
  });
  it('texts keep their lines', () => {
    expect(visibleLines('\n a  b \r\nc\n\n')).toBe('a b\nc');
  });
});
