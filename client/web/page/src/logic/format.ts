// How keys, numbers and times are shown and typed in Brazil.
import type { FieldSpec } from '../api';
import { language } from '../texts/language';
import { digits, validCep, validPhone } from './checks';
import { cleanNumber, entered } from './entry';

export function formatCpf(key: string): string {
  const m = /^(\d{3})(\d{3})(\d{3})(\d{2})$/.exec(key);
  return m ? `${m[1]}.${m[2]}.${m[3]}-${m[4]}` : key;
}

/// The patient and the CID of a process's key.
export function splitKey(key: string): [patient: string, cid: string] {
  const at = key.indexOf('/');
  return at < 0 ? [key, ''] : [key.slice(0, at), key.slice(at + 1)];
}

/// A key as people read it; odd imported keys stay as they are.
export function formatKey(kind: string, key: string): string {
  if (kind === 'patient') return formatCpf(key);
  const [patient, rest] = splitKey(key);
  return kind === 'process' ? `${formatCpf(patient)} · ${rest}` : key;
}

/// While a CPF is typed: punctuation comes by itself.
export function maskCpf(text: string): string {
  const clean = cleanNumber(text);
  if (/[^\d. -]/.test(clean)) return text;
  const d = digits(clean).slice(0, 11);
  let out = d.slice(0, 3);
  if (d.length > 3) out += `.${d.slice(3, 6)}`;
  if (d.length > 6) out += `.${d.slice(6, 9)}`;
  if (d.length > 9) out += `-${d.slice(9)}`;
  return digits(clean).length > 11 ? text : out;
}

export function formatPhone(text: string): string {
  if (!validPhone(text)) return text;
  const d = digits(text);
  const split = d.length === 11 ? 7 : 6;
  return `(${d.slice(0, 2)}) ${d.slice(2, split)}-${d.slice(split)}`;
}

export function formatCep(text: string): string {
  return validCep(text) ? text.trim().replace(/^(\d{5})-?(\d{3})$/, '$1-$2') : text;
}

/// What a field looks like once the doctor leaves it; what is not valid stays as typed.
export function tidy(spec: FieldSpec, text: string): string {
  const clean = entered(spec, text);
  if (spec.rule === 'phone') {
    const nice = formatPhone(clean);
    return [...nice].length <= spec.max ? nice : clean;
  }
  return spec.rule === 'cep' ? formatCep(clean) : clean;
}

const locale = () => (language() === 'en' ? 'en-GB' : 'pt-BR');

export function formatTime(rfc3339: string | null | undefined): string {
  if (!rfc3339) return '';
  const at = new Date(rfc3339);
  if (Number.isNaN(at.getTime())) return rfc3339;
  return new Intl.DateTimeFormat(locale(), { dateStyle: 'short', timeStyle: 'short' }).format(at);
}

/// The time of today, or day and time: "4:38".
export function formatMoment(rfc3339: string, now: Date = new Date()): string {
  const at = new Date(rfc3339);
  if (Number.isNaN(at.getTime()) || todayIso(at) !== todayIso(now)) return formatTime(rfc3339);
  return new Intl.DateTimeFormat(locale(), { timeStyle: 'short' }).format(at);
}

/// `2027-01-31` as people here write it.
export function formatDate(iso: string): string {
  const at = new Date(`${iso}T00:00:00`);
  return Number.isNaN(at.getTime()) ? iso : new Intl.DateTimeFormat(locale(), { dateStyle: 'short' }).format(at);
}

/// Whole years from a date of birth to today; null for one that is none, or to come.
export function ageAt(born: string, now: Date = new Date()): number | null {
  const m = /^(\d{4})-(\d\d)-(\d\d)$/.exec(born);
  if (!m) return null;
  const today = todayIso(now);
  const years = Number(today.slice(0, 4)) - Number(m[1]) - (today.slice(5) < born.slice(5) ? 1 : 0);
  return years >= 0 && years < 150 ? years : null;
}

/// The calendar day here and now.
export function todayIso(now: Date = new Date()): string {
  const two = (n: number) => String(n).padStart(2, '0');
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

export function formatCount(n: number): string {
  return new Intl.NumberFormat(locale()).format(n);
}

/// "agora", "há 5 minutos"; the caller shows the exact time, too.
export function formatAgo(rfc3339: string, now: number): string {
  const seconds = Math.round((new Date(rfc3339).getTime() - now) / 1000);
  const nice = new Intl.RelativeTimeFormat(locale(), { numeric: 'auto' });
  const size = Math.abs(seconds);
  if (size < 60) return nice.format(0, 'second');
  if (size < 3600) return nice.format(Math.round(seconds / 60), 'minute');
  if (size < 86400) return nice.format(Math.round(seconds / 3600), 'hour');
  return nice.format(Math.round(seconds / 86400), 'day');
}
