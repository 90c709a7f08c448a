// All texts of the page: [Brazilian Portuguese, English]. `{name}` is filled in by `t`.
import { general } from './general';
import { language } from './language';
import { records } from './records';
import { sync } from './sync';
import { help } from './help';
import { processes } from './processes';

const all = { ...general, ...records, ...sync, ...help, ...processes };
export type TextKey = keyof typeof all;

export function hasText(key: string): key is TextKey {
  return key in all;
}

export function t(key: TextKey, values: Record<string, string | number> = {}): string {
  const text = all[key][language() === 'en' ? 1 : 0];
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/// One text for one, another for any other number.
export function tn(one: TextKey, many: TextKey, n: number, shown: string = String(n)): string {
  return t(n === 1 ? one : many, { n: shown });
}

export function labelOf(label: { pt: string; en: string }): string {
  return language() === 'en' ? label.en : label.pt;
}
