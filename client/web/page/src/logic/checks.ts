// Checks while typing, so that the error stands beside the field at once. The rules themselves are
// the program's (shared/domain); what it refuses on saving is shown in the same places.
import type { Fields, FieldSpec, Rule } from '../api';
import { cleanNumber, entered, visibleText } from './entry';
import { rowsOf, wrongCells } from './rows';

export function digits(text: string): string {
  return text.replace(/\D/g, '');
}

function checkDigit(numbers: string, first: number): number {
  let sum = 0;
  for (let i = 0; i < numbers.length; i += 1) sum += Number(numbers[i]) * (first - i);
  const rest = (sum * 10) % 11;
  return rest === 10 ? 0 : rest;
}

export function validCpf(text: string): boolean {
  const clean = cleanNumber(text);
  const d = digits(clean);
  if (!/^[\d. -]*$/.test(clean) || d.length !== 11 || /^(\d)\1*$/.test(d)) return false;
  return checkDigit(d.slice(0, 9), 10) === Number(d[9]) && checkDigit(d.slice(0, 10), 11) === Number(d[10]);
}

export function validCnes(text: string): boolean {
  const clean = cleanNumber(text);
  const d = digits(clean);
  return /^[\d. -]*$/.test(clean) && d.length === 7 && !/^(\d)\1*$/.test(d);
}

/// 15 digits with the mod-11 check: definitive numbers begin with 1 or 2, provisional with 7, 8, 9.
export function validCns(text: string): boolean {
  const d = text.trim();
  if (!/^[12789]\d{14}$/.test(d)) return false;
  let sum = 0;
  for (let i = 0; i < 15; i += 1) sum += Number(d[i]) * (15 - i);
  return sum % 11 === 0;
}

export function validCep(text: string): boolean {
  return /^\d{5}-?\d{3}$/.test(text.trim());
}

export function validPhone(text: string): boolean {
  const d = digits(text);
  return /^[\d\s().-]*$/.test(text) && (d.length === 10 || d.length === 11);
}

export function validEmail(text: string): boolean {
  return text.length <= 254 && /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/.test(text);
}

function numberIn(text: string, unit: RegExp): number | null {
  const bare = text.trim().replace(unit, '').trim().replace(',', '.');
  return /^\d+(\.\d{1,3})?$/.test(bare) ? Number(bare) : null;
}

export function validWeight(text: string): boolean {
  const kg = numberIn(text, /(kgs?|quilos?)$/i);
  return kg !== null && kg >= 0.5 && kg <= 500;
}

export function validHeight(text: string): boolean {
  const metres = /\dm$|\d\s+m$/i.test(text.trim());
  const value = numberIn(text, /(cm|m)$/i);
  if (value === null) return false;
  const cm = metres ? value * 100 : value;
  return cm >= 20 && cm <= 260;
}

export function validCid(text: string): boolean {
  return /^[A-Za-z]\d{2}(\.?\d)?(\/[2-9])?$/.test(cleanNumber(text));
}

export function validRegistration(text: string): boolean {
  return /^\d{1,10}\/[A-Za-z]{2}$/.test(cleanNumber(text));
}

export function validDate(text: string): boolean {
  const m = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text.trim());
  if (!m) return false;
  const at = new Date(`${m[0]}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(m[0]);
}

export type Wrong = 'required' | 'too_long' | 'registration' | 'cid' | 'row' | Rule;

/// `key`: what the kind calls its key, `cid` for the part of a process's that is typed.
export function validKey(key: string, text: string): Wrong | null {
  if (key === 'cnes') return validCnes(text) ? null : 'cnes';
  if (key === 'crm') return validRegistration(text) ? null : 'registration';
  if (key === 'cid') return validCid(text) ? null : 'cid';
  return validCpf(text) ? null : 'cpf';
}

export function breaksRule(rule: Rule, text: string): boolean {
  switch (rule) {
    case 'cns':
      return !validCns(text);
    case 'cep':
      return !validCep(text);
    case 'phone':
      return !validPhone(text);
    case 'email':
      return !validEmail(text);
    case 'weight':
      return !validWeight(text);
    case 'height':
      return !validHeight(text);
    case 'cpf':
      return !validCpf(text);
    case 'cnes':
      return !validCnes(text);
    case 'date':
      return !validDate(text);
    case 'digits':
      return !/^\d+$/.test(text);
    case 'none':
    case 'choice':
      return false;
  }
}

/// How a form is checked. `draft`: required fields may be missing. `fresh`: what it began from is no
/// version in use (a new record, a draft), so that nothing excuses a missing field.
export interface Rules {
  draft: boolean;
  fresh: boolean;
}

/// Whether the other field that decides makes this one required.
export function isCalledFor(spec: FieldSpec, fields: Fields): boolean {
  if (spec.required_when === '') return false;
  // Without a value it is a boolean field that decides, by being true.
  const deciding = spec.required_value === '' ? true : spec.required_value;
  return fields[spec.required_when] === deciding;
}

/// What is wrong with a field, or null. What stands there since before (`before`) may be odd: only what
/// was changed has to be right.
export function wrongField(spec: FieldSpec, fields: Fields, before: Fields, rules: Rules): Wrong | null {
  const value = fields[spec.name];
  if (spec.type === 'boolean' || spec.type === 'map') return null;
  if (spec.type === 'rows') return wrongCells(spec, rowsOf(value)).size > 0 && !rules.draft ? 'row' : null;
  const text = typeof value === 'string' ? value : '';
  const needed = spec.required || isCalledFor(spec, fields);
  const kept = value === before[spec.name];
  if (visibleText(text) === '') {
    const conditionKept = spec.required_when === '' || fields[spec.required_when] === before[spec.required_when];
    const excused = rules.draft || (!rules.fresh && kept && conditionKept);
    return needed && !excused ? 'required' : null;
  }
  if (kept) return null;
  const clean = entered(spec, text);
  if ([...clean].length > spec.max) return 'too_long';
  return breaksRule(spec.rule, clean) ? spec.rule : null;
}
