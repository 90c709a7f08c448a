// What a form holds against what it began from. Pure functions.
import type { Fields, FieldSpec, Kind } from '../api';
import { wrongField, type Rules, type Wrong } from './checks';

export function changedFields(before: Fields, now: Fields): Fields {
  const out: Fields = {};
  for (const [name, value] of Object.entries(now)) if (before[name] !== value) out[name] = value;
  return out;
}

export function isChanged(before: Fields, now: Fields): boolean {
  return Object.keys(changedFields(before, now)).length > 0;
}

export function emptyFields(kind: Kind): Fields {
  return Object.fromEntries(kind.fields.map((f) => [f.name, f.type === 'boolean' ? false : '']));
}

/// The doctor's edits on another starting point; `both`: fields that changed there, too, to something
/// else.
export function rebase(before: Fields, now: Fields, newer: Fields): { fields: Fields; both: string[] } {
  const mine = changedFields(before, now);
  const both = Object.keys(mine).filter((name) => before[name] !== newer[name] && newer[name] !== mine[name]);
  return { fields: { ...newer, ...mine }, both };
}

/// The first wrong thing of each field, in form order.
export function wrongFields(kind: Kind, now: Fields, before: Fields, rules: Rules): Map<string, Wrong> {
  const out = new Map<string, Wrong>();
  for (const spec of kind.fields) {
    const wrong = wrongField(spec, now, before, rules);
    if (wrong) out.set(spec.name, wrong);
  }
  return out;
}

/// Whether the form shows the field: one that is needed only sometimes, only then or when it is filled.
export function isShown(spec: FieldSpec, now: Fields): boolean {
  return spec.required_when === '' || now[spec.required_when] === true || now[spec.name] !== '';
}
