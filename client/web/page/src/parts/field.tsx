// One field of a record's form, made from its kind: label, input, and what is wrong beside it.
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { call, type FieldProblem, type FieldSpec, type Row, type Value } from '../api';
import type { Wrong } from '../logic/checks';
import { toldApart } from '../logic/entry';
import { formatCount, tidy } from '../logic/format';
import { cell, rowsOf, stretches } from '../logic/rows';
import { choicesOf } from '../logic/sections';
import { hasText, labelOf, t, type TextKey } from '../texts';
import { ClinicChoice } from './clinic';
import { MapInput } from './map';
import { Prescription } from './prescription';

/// `meses 1 a 3`
export function monthsText(from: number, to: number): string {
  return from === to ? t('month_n', { n: from }) : t('months_n', { n: from, to });
}

export function wrongText(wrong: Wrong, spec?: { max: number }): string {
  return t(`wrong_${wrong}` as TextKey, { n: spec?.max ?? 0 });
}

export function choiceText(choice: string): string {
  const key = choice.startsWith('etnia_') ? choice : `choice_${choice}`;
  return hasText(key) ? t(key) : choice;
}

function rowText(row: Row): string {
  const months = stretches(row, undefined).map((s) => `${monthsText(s.from, s.to)}: ${[s.quantity, s.dose].filter(Boolean).join(', ')}`);
  return [cell(row, 'nome') || t('empty'), ...months].join(' · ');
}

export function valueText(value: Value | undefined): string {
  if (typeof value === 'boolean') return value ? t('yes') : t('no');
  if (Array.isArray(value)) return value.length === 0 ? t('empty') : value.map(rowText).join('; ');
  if (typeof value === 'object') {
    const entries = Object.entries(value);
    return entries.length === 0 ? t('empty') : entries.map(([name, text]) => `${name}: ${text}`).join('; ');
  }
  return value === undefined || value === '' ? t('empty') : choiceText(value);
}

/// A value beside others: marked where it looks like one of them and is not the same.
export function valueBeside(value: Value | undefined, others: (Value | undefined)[]): string {
  const texts = [value, ...others].filter((v): v is string => typeof v === 'string');
  return typeof value === 'string' ? valueText(toldApart(texts)[0]) : valueText(value);
}

interface Props {
  spec: FieldSpec;
  value: Value;
  required: boolean;
  wrong: string | null;
  readOnly: boolean;
  onInput: (value: Value) => void;
  onLeave: () => void;
  /// What the program found wrong inside of it (`prescricao.2.qtd_3`).
  inside?: FieldProblem[];
  /// Of the whole form.
  about?: FormPlace;
}

/// What a field may want to know of the form around it.
export interface FormPlace {
  cid: string;
  months: number;
}

const MODES: Partial<Record<FieldSpec['rule'], 'numeric' | 'tel' | 'email' | 'decimal'>> = {
  cns: 'numeric',
  cep: 'numeric',
  phone: 'tel',
  email: 'email',
  weight: 'decimal',
  cpf: 'numeric',
  cnes: 'numeric',
  digits: 'numeric',
};

/// How much of the field is used; only where there is much to write.
export function Counter({ text, max }: { text: string; max: number }) {
  const n = [...text].length;
  return <small class={n > max ? 'counter wrong' : 'counter'}>{t('counter', { n: formatCount(n), max: formatCount(max) })}</small>;
}

/// The boxes of the LME that long texts stand in.
const BOXES: Record<string, string> = { anamnese: '11', tratamentos: '12' };

/// Whether the text fits into its box on paper; the program draws it to find out.
function BoxRoom({ box, text }: { box: string; text: string }) {
  const [over, setOver] = useState(0);
  useEffect(() => {
    let current = true;
    const timer = setTimeout(() => {
      call<{ over: number }>('/api/process/room', { box, text }, true).then(
        (r) => current && setOver(r.over),
        () => undefined,
      );
    }, 700);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [box, text]);
  return (
    <small class="wrong" role="status">
      {over > 0 ? t('box_over', { box, n: formatCount(over) }) : ''}
    </small>
  );
}

export function FieldInput(p: Props) {
  const id = useId();
  const typed = useRef(false);
  const describe = {
    id,
    name: p.spec.name,
    'aria-describedby': `${id}-wrong`,
    ...(p.wrong ? { 'aria-invalid': 'true' as const } : {}),
    ...(p.required ? { 'aria-required': 'true' as const } : {}),
  };
  const wrong = (
    <small id={`${id}-wrong`} class={p.wrong ? 'wrong' : ''}>
      {p.wrong ?? ''}
    </small>
  );
  if (p.spec.type === 'boolean') {
    return (
      <div class="field check" data-field={p.spec.name}>
        <label>
          <input
            {...describe}
            type="checkbox"
            role="switch"
            checked={p.value === true}
            disabled={p.readOnly}
            onChange={(e) => p.onInput(e.currentTarget.checked)}
          />
          {labelOf(p.spec.label)}
        </label>
        {wrong}
      </div>
    );
  }
  if (p.spec.type === 'rows') {
    return (
      <Prescription
        spec={p.spec}
        rows={rowsOf(p.value)}
        wrong={p.wrong}
        readOnly={p.readOnly}
        inside={p.inside ?? []}
        about={p.about ?? { cid: '', months: 6 }}
        onInput={p.onInput}
        onLeave={p.onLeave}
      />
    );
  }
  if (p.spec.type === 'map') return <MapInput spec={p.spec} value={p.value} readOnly={p.readOnly} onInput={p.onInput} />;
  const text = typeof p.value === 'string' ? p.value : '';
  const choices = choicesOf(p.spec);
  if (p.spec.lines) {
    return (
      <div class="field wide" data-field={p.spec.name}>
        <label for={id}>
          {labelOf(p.spec.label)} {p.required && <span class="quiet">{t('required')}</span>}
        </label>
        <textarea
          {...describe}
          rows={p.spec.max > 1000 ? 5 : 3}
          readOnly={p.readOnly}
          value={text}
          onInput={(e) => p.onInput(e.currentTarget.value)}
          onBlur={p.onLeave}
        />
        <Counter text={text} max={p.spec.max} />
        {BOXES[p.spec.name] !== undefined && <BoxRoom box={BOXES[p.spec.name] ?? ''} text={text} />}
        {wrong}
      </div>
    );
  }
  if (p.spec.name === 'clinica') {
    return (
      <div class="field wide" data-field={p.spec.name}>
        <label for={id}>{labelOf(p.spec.label)}</label>
        <ClinicChoice describe={describe} value={text} readOnly={p.readOnly} onInput={p.onInput} />
        {wrong}
      </div>
    );
  }
  return (
    <div class={`field ${p.spec.max >= 200 && p.spec.rule === 'none' ? 'wide' : ''}`} data-field={p.spec.name}>
      <label for={id}>
        {labelOf(p.spec.label)} {p.required && <span class="quiet">{t('required')}</span>}
      </label>
      {choices.length > 0 ? (
        <select {...describe} value={text} disabled={p.readOnly} onChange={(e) => p.onInput(e.currentTarget.value)}>
          <option value="">{t('choose')}</option>
          {choices.map((choice) => (
            <option key={choice} value={choice}>
              {choiceText(choice)}
            </option>
          ))}
          {text !== '' && !choices.includes(text) && <option value={text}>{text}</option>}
        </select>
      ) : (
        <input
          {...describe}
          type="text"
          inputMode={MODES[p.spec.rule] ?? 'text'}
          autocomplete="off"
          readOnly={p.readOnly}
          value={text}
          onInput={(e) => {
            typed.current = true;
            p.onInput(e.currentTarget.value);
          }}
          onBlur={() => {
            // What nobody touched stays as it was imported.
            const nice = typed.current ? tidy(p.spec, text) : text;
            typed.current = false;
            if (nice !== text && !p.readOnly) p.onInput(nice);
            p.onLeave();
          }}
        />
      )}
      {wrong}
    </div>
  );
}
