// Lists of medicines and maps: comparing them, what is wrong in a cell, what differs by month. Pure functions.
import type { Column, FieldSpec, Row, Value } from '../api';
import { breaksRule, type Wrong } from './checks';
import { cleanNumber, visibleText } from './entry';

export const MONTHS = [1, 2, 3, 4, 5, 6];

export function rowsOf(value: Value | undefined): Row[] {
  return Array.isArray(value) ? value : [];
}

function filled(row: Row): [string, string][] {
  return Object.entries(row).filter(([, text]) => text !== '').sort(([a], [b]) => (a < b ? -1 : 1));
}

function textOf(value: Value | undefined): string {
  if (Array.isArray(value)) return JSON.stringify(value.map(filled));
  return typeof value === 'object' ? JSON.stringify(filled(value)) : JSON.stringify(value ?? '');
}

/// Whether two values are the same; an empty cell is one that is not there.
export function same(a: Value | undefined, b: Value | undefined): boolean {
  return a === b || textOf(a) === textOf(b);
}

export function cell(row: Row | undefined, name: string): string {
  return row?.[name] ?? '';
}

function wrongCell(column: Column, text: string): Wrong | null {
  const clean = column.rule === 'digits' ? cleanNumber(text) : visibleText(text);
  if (clean === '') return column.required ? 'required' : null;
  if ([...clean].length > column.max) return 'too_long';
  return breaksRule(column.rule, clean) ? column.rule : null;
}

/// By `prescricao.2.qtd_3`, as the program names cells.
export function wrongCells(spec: FieldSpec, rows: Row[]): Map<string, Wrong> {
  const out = new Map<string, Wrong>();
  rows.forEach((row, index) => {
    for (const column of spec.columns) {
      const wrong = wrongCell(column, cell(row, column.name));
      if (wrong) out.set(`${spec.name}.${index + 1}.${column.name}`, wrong);
    }
  });
  return out;
}

/// The months that a form shows: as many as the process has, and more where something is written in them.
export function monthsShown(months: number, rows: Row[]): number[] {
  const written = MONTHS.filter((n) => rows.some((r) => cell(r, `qtd_${n}`) !== '' || cell(r, `pos_${n}`) !== ''));
  return MONTHS.filter((n) => n <= Math.max(months, ...written));
}

/// What month 1 says, in the other months too.
export function repeated(row: Row, months: number[]): Row {
  const out = { ...row };
  for (const n of months) {
    out[`qtd_${n}`] = cell(row, 'qtd_1');
    out[`pos_${n}`] = cell(row, 'pos_1');
  }
  return out;
}

export interface Stretch {
  from: number;
  to: number;
  quantity: string;
  dose: string;
  differs: boolean;
}

/// The months of a medicine, those that say the same as one; each against the same month of `other`.
export function stretches(row: Row, other: Row | undefined): Stretch[] {
  const out: Stretch[] = [];
  for (const n of MONTHS) {
    const quantity = cell(row, `qtd_${n}`);
    const dose = cell(row, `pos_${n}`);
    const differs = other !== undefined && (quantity !== cell(other, `qtd_${n}`) || dose !== cell(other, `pos_${n}`));
    const last = out[out.length - 1];
    if (last && last.quantity === quantity && last.dose === dose && last.differs === differs) last.to = n;
    else out.push({ from: n, to: n, quantity, dose, differs });
  }
  return out.filter((s) => s.quantity !== '' || s.dose !== '' || s.differs);
}

/// Which row of `rows` is the same medicine: by code, else by name.
function positionOf(row: Row, rows: Row[], taken: Set<number>): number {
  const free = (matches: (r: Row) => boolean) => rows.findIndex((r, i) => !taken.has(i) && matches(r));
  const code = cell(row, 'codigo');
  const byCode = code === '' ? -1 : free((r) => cell(r, 'codigo') === code);
  return byCode >= 0 ? byCode : free((r) => cell(r, 'nome') === cell(row, 'nome'));
}

/// Lists side by side: one line for each medicine, with its row in each list, or none.
export function sideBySide(lists: Row[][]): (Row | undefined)[][] {
  const lines: (Row | undefined)[][] = [];
  lists.forEach((rows, side) => {
    const taken = new Set<number>();
    const known = lines.length;
    for (let i = 0; i < known; i += 1) {
      const line = lines[i] ?? [];
      const first = line.find((r) => r !== undefined);
      const at = first ? positionOf(first, rows, taken) : -1;
      if (at >= 0) taken.add(at);
      line[side] = at >= 0 ? rows[at] : undefined;
    }
    rows.forEach((row, i) => {
      if (taken.has(i)) return;
      const line: (Row | undefined)[] = lists.map(() => undefined);
      line[side] = row;
      lines.push(line);
    });
  });
  return lines;
}

/// The columns, besides the months, in which two rows of one medicine differ.
export function otherDifferences(row: Row, other: Row | undefined, columns: Column[]): Column[] {
  if (!other) return [];
  return columns.filter((c) => !/^(qtd|pos)_\d$/.test(c.name) && cell(row, c.name) !== cell(other, c.name));
}
