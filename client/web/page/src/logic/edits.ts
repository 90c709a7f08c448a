// What a form holds against what it began from. Pure functions.
import type { Fields, FieldSpec, Kind, Value } from '../api';
import { isCalledFor, wrongField, type Rules, type Wrong } from './checks';
import { same } from './rows';

export function changedFields(before: Fields, now: Fields): Fields {
  const out: Fields = {};
  for (const [name, value] of Object.entries(now)) if (!same(before[name], value)) out[name] = value;
  return out;
}

export function isChanged(before: Fields, now: Fields): boolean {
  return Object.keys(changedFields(before, now)).length > 0;
}

export function emptyValue(spec: FieldSpec): Value {
  return { text: '', boolean: false, rows: [], map: {} }[spec.type];
}

export function emptyFields(kind: Kind): Fields {
  return Object.fromEntries(kind.fields.map((f) => [f.name, emptyValue(f)]));
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
  if (spec.type === 'map') return Object.keys(now[spec.name] ?? {}).length > 0;
  return spec.required_when === '' || isCalledFor(spec, now) || now[spec.name] !== '';
}
