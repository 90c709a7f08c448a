// One field of a record's form, made from its kind: label, input, and what is wrong beside it.
import { useId, useRef } from 'preact/hooks';
import type { FieldSpec } from '../api';
import type { Wrong } from '../logic/checks';
import { toldApart } from '../logic/entry';
import { tidy } from '../logic/format';
import { labelOf, t, type TextKey } from '../texts';

export function wrongText(wrong: Wrong, spec?: FieldSpec): string {
  return t(`wrong_${wrong}` as TextKey, { n: spec?.max ?? 0 });
}

export function choiceText(choice: string): string {
  const known = ['etnia_branca', 'etnia_preta', 'etnia_parda', 'etnia_amarela', 'etnia_indigena', 'etnia_si'];
  return known.includes(choice) ? t(choice as TextKey) : choice;
}

export function valueText(value: string | boolean | undefined): string {
  if (typeof value === 'boolean') return value ? t('yes') : t('no');
  return value === undefined || value === '' ? t('empty') : choiceText(value);
}

/// A value beside others: marked where it looks like one of them and is not the same.
export function valueBeside(value: string | boolean | undefined, others: (string | boolean | undefined)[]): string {
  const texts = [value, ...others].filter((v): v is string => typeof v === 'string');
  return typeof value === 'string' ? valueText(toldApart(texts)[0]) : valueText(value);
}

interface Props {
  spec: FieldSpec;
  value: string | boolean;
  required: boolean;
  wrong: string | null;
  readOnly: boolean;
  onInput: (value: string | boolean) => void;
  onLeave: () => void;
}

const MODES: Partial<Record<FieldSpec['rule'], 'numeric' | 'tel' | 'email' | 'decimal'>> = {
  cns: 'numeric',
  cep: 'numeric',
  phone: 'tel',
  email: 'email',
  weight: 'decimal',
};

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
  const text = typeof p.value === 'string' ? p.value : '';
  return (
    <div class={`field ${p.spec.max >= 200 && p.spec.rule === 'none' ? 'wide' : ''}`} data-field={p.spec.name}>
      <label for={id}>
        {labelOf(p.spec.label)} {p.required && <span class="quiet">{t('required')}</span>}
      </label>
      {p.spec.choices.length > 0 ? (
        <select {...describe} value={text} disabled={p.readOnly} onChange={(e) => p.onInput(e.currentTarget.value)}>
          <option value="">{t('choose')}</option>
          {p.spec.choices.map((choice) => (
            <option key={choice} value={choice}>
              {choiceText(choice)}
            </option>
          ))}
          {text !== '' && !p.spec.choices.includes(text) && <option value={text}>{text}</option>}
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
