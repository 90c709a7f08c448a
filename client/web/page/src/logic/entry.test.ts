// What is entered on the page is what the program makes of it: the vectors of both.
import { describe, expect, it } from 'vitest';
import vectors from '../../../../../docs/vectors/entry.json';
import type { FieldSpec } from '../api';
import { validKey, wrongField } from './checks';
import { cleanNumber, entered, markUnseen, toldApart, visibleLines, visibleText } from './entry';
import { maskCpf, tidy } from './format';

function specOf(rule: string, max: number): FieldSpec {
  return {
    name: 'x', type: 'text', max, required: false, required_when: '', rule: rule as FieldSpec['rule'],
    choices: [], lines: false, required_value: '', max_rows: 0, columns: [], group: 'x', clinical: false, label: { pt: 'x', en: 'x' },
  };
}

describe('entry', () => {
  it('follows the vectors of fields', () => {
    expect(vectors.fields.length).toBeGreaterThan(30);
    for (const row of vectors.fields) {
      const spec = specOf(row.rule, row.max);
      expect(entered(spec, row.typed), JSON.stringify(row)).toBe(row.kept);
      expect(entered(spec, row.kept)).toBe(row.kept);
      const wrong = wrongField(spec, { x: row.typed }, { x: 'before' }, { draft: false, fresh: false });
      expect(wrong === null, JSON.stringify(row)).toBe(row.valid);
      if (row.rule === 'none') expect(visibleText(tidy(spec, row.typed))).toBe(row.kept);
    }
  });
  it('follows the vectors of lines', () => {
    expect(vectors.lines.length).toBeGreaterThan(3);
    for (const row of vectors.lines) {
      expect(visibleLines(row.typed), JSON.stringify(row)).toBe(row.kept);
      expect(visibleLines(row.kept)).toBe(row.kept);
    }
  });
  it('follows the vectors of keys', () => {
    for (const row of vectors.keys) {
      const wrong = validKey(row.kind === 'patient' ? 'cpf' : 'cnes', row.typed);
      expect(wrong === null, JSON.stringify(row)).toBe(row.key !== null);
      if (row.key !== null) expect(cleanNumber(row.typed).replace(/\D/g, '')).toBe(row.key);
    }
  });
  it('follows the vectors of marks', () => {
    for (const row of vectors.marks) expect(markUnseen(row.text), JSON.stringify(row)).toBe(row.marked);
  });
  it('tells apart only what looks alike', () => {
    expect(toldApart(['Rua A', 'Rua A ', 'Rua B '])).toEqual(['Rua A', 'Rua A␣', 'Rua B ']);
    expect(toldApart(['Rua A ', 'Rua A '])).toEqual(['Rua A ', 'Rua A ']);
  });
  it('puts the punctuation of a pasted CPF', () => {
    expect(maskCpf('\u200E111.444.777\u201135\u00A0')).toBe('111.444.777-35');
  });
});
