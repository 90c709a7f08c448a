// What a person enters, as it is kept: nothing in it that nobody can see. The rule is the program's
// (shared/domain/entry.hpp); both run docs/vectors/entry.json.
import type { FieldSpec } from '../api';

/// Controls that are no blank, soft hyphen, grapheme joiner, zero width space, word joiner, marks of
/// direction, fillers, marks of annotations, of shorthand and of music.
const NO_SHAPE =
  /(?![\t-\r\u0085])\p{Cc}|\u034F|\u17B4|\u17B5|[\u00AD\u061C\u115F\u1160\u180E\u200B\u200E\u200F\u202A-\u202E\u2060-\u206F\u3164\uFEFF\uFFA0\uFFF0-\uFFFB\u{1BCA0}-\u{1BCA3}\u{1D173}-\u{1D17A}]/gu;
/// Tags are kept directly behind a black flag alone: flags of regions are made of them.
const TAGS = /(\u{1F3F4}[\u{E0000}-\u{E007F}]+)|[\u{E0000}-\u{E007F}]/gu;
const BLANKS = /[\t-\r\u0085\u2800\p{Zs}\p{Zl}\p{Zp}]+/gu;
/// Joiners have a shape only inside words of scripts from Hebrew on; at their end only behind a mark.
const JOINERS = /[\u200C\u200D]+/gu;

function joiner(found: string, at: number, text: string): string {
  const before = [...text.slice(0, at)].pop() ?? '';
  if ((before.codePointAt(0) ?? 0) < 0x590) return '';
  const atEnd = /^( |$)/.test(text.slice(at + found.length));
  return !atEnd || /[\p{Mn}\p{Mc}]/u.test(before) ? found.slice(0, 1) : '';
}

function singleBlanks(text: string): string {
  return text.replace(BLANKS, ' ').replace(/^ | $/g, '');
}

function visibleOnce(text: string): string {
  const bare = singleBlanks(text.replace(NO_SHAPE, '').replace(TAGS, '$1'));
  // A joiner that goes may leave two blanks side by side, or one at the end.
  return singleBlanks(bare.replace(JOINERS, joiner)).normalize('NFC');
}

/// What can be seen of a text: each run of blanks one, none around, NFC. A joiner that NFC moved to
/// where it has no shape goes, with all the others.
export function visibleText(text: string): string {
  const seen = visibleOnce(text);
  return visibleOnce(seen) === seen ? seen : visibleOnce(seen.replace(JOINERS, ''));
}

/// A text with line breaks: each line as above, no empty ones around.
export function visibleLines(text: string): string {
  return text.split(/\r\n|[\n\r\u2028\u2029]/).map(visibleText).join('\n').replace(/^\n+|\n+$/g, '');
}

/// A number as it was pasted: dashes of all kinds as "-", full-width forms as ASCII, no joiners, no tags.
export function cleanNumber(text: string): string {
  return visibleText(text.replace(JOINERS, '').replace(/[\u{E0000}-\u{E007F}]/gu, ''))
    .replace(/[\uFF01-\uFF5E]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xff01 + 0x21))
    .replace(/[\u2212\p{Pd}]/gu, '-');
}

function digitsIf(text: string, count: number): string {
  const bare = text.replace(/[ .-]/g, '');
  return new RegExp(`^\\d{${count}}$`).test(bare) ? bare : '';
}

const isPhone = (text: string) => /^[\d ().-]*$/.test(text) && /^\d{10,11}$/.test(text.replace(/\D/g, ''));

/// Without the "+55" of messengers; the digits alone when the field is too short for more.
function phone(number: string, max: number): string {
  const behind = /^\+ ?55[ .-]*(.*)$/.exec(number)?.[1] ?? '';
  const text = isPhone(behind) ? behind : number;
  return isPhone(text) && text.length > max ? text.replace(/\D/g, '') : text;
}

/// `1,80` is what people write for 180 cm; anything else stays as it is.
function inCentimetres(text: string): string {
  const m = /^(\d)[,.](\d{1,2})$/.exec(text);
  if (!m) return text;
  const cm = Number(m[1]) * 100 + Number((m[2] ?? '').padEnd(2, '0'));
  return cm >= 20 && cm <= 260 ? String(cm) : text;
}

/// The text of a field as it is kept. What is not valid stays as it looks.
export function entered(spec: FieldSpec, typed: string): string {
  const number = cleanNumber(typed);
  switch (spec.rule) {
    case 'none':
    case 'choice':
      return spec.lines ? visibleLines(typed) : visibleText(typed);
    case 'cpf':
      return digitsIf(number, 11) || number;
    case 'cnes':
      return digitsIf(number, 7) || number;
    case 'date':
    case 'digits':
      return number;
    case 'weight':
      return number;
    case 'height':
      return inCentimetres(number);
    case 'email':
      return number.replace(/ ?([@.]) ?/g, '$1');
    case 'cns':
      return digitsIf(number, 15) || number;
    case 'cep': {
      const digits = digitsIf(number, 8);
      return digits === '' || /^\d{5}-?\d{3}$/.test(number) ? number : digits.replace(/^\d{5}/, '$&-');
    }
    case 'phone':
      return phone(number, spec.max);
  }
}

/// A text with marks for what nobody sees: "␣" for blanks that are not single, ‹U+00A0› for others.
export function markUnseen(text: string): string {
  const blanks = text.replace(/^ +| +$| {2,}/g, (run) => '␣'.repeat(run.length));
  return blanks.replace(/\p{Cc}|\u034F|[\u00A0-\u{10FFFF}]/gu, (c) => {
    const seen = c !== '\u200C' && c !== '\u200D' && c.replace(NO_SHAPE, '').replace(TAGS, '').replace(BLANKS, '') !== '';
    return seen ? c : `‹U+${(c.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}›`;
  });
}

/// Texts that are shown beside each other: those that look alike, but are not the same, with marks.
export function toldApart(texts: string[]): string[] {
  return texts.map((text) => {
    const alike = texts.some((other) => other !== text && visibleText(other) === visibleText(text));
    return alike ? markUnseen(text) : text;
  });
}
