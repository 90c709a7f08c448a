// A field that somebody else changed while it was typed in: both values, one of which is chosen.
import { useId } from 'preact/hooks';
import type { FieldSpec, Value } from '../api';
import { labelOf, t } from '../texts';
import { valueBeside } from './field';

export interface BesideField {
  field: string;
  theirs: Value;
  mine: Value;
}
export type Taken = 'theirs' | 'mine';

/// What came meanwhile, and what was chosen of it so far.
export interface Meanwhile {
  /// "Casa, 4:38"
  where: string;
  both: BesideField[];
  taken: Map<string, Taken>;
}

export function notChosen(all: Meanwhile | null): string[] {
  return all ? all.both.map((b) => b.field).filter((name) => !all.taken.has(name)) : [];
}

/// Moves the focus to the first choice that is open.
export function focusFirstChoice(): void {
  requestAnimationFrame(() => {
    const open = [...document.querySelectorAll<HTMLElement>('fieldset.beside')].find((box) => !box.querySelector(':checked'));
    open?.scrollIntoView({ block: 'center' });
    open?.querySelector('input')?.focus({ preventScroll: true });
  });
}

export function Beside(p: { spec: FieldSpec; one: BesideField; where: string; taken: Taken | undefined; onTake: (which: Taken) => void }) {
  const name = useId();
  const { theirs, mine } = p.one;
  return (
    <fieldset class="beside">
      <legend>{t('both_changed', { field: labelOf(p.spec.label) })}</legend>
      <label>
        <input type="radio" name={name} checked={p.taken === 'theirs'} onChange={() => p.onTake('theirs')} />
        {t('value_of', { value: valueBeside(theirs, [mine]), where: p.where })}
      </label>
      <label>
        <input type="radio" name={name} checked={p.taken === 'mine'} onChange={() => p.onTake('mine')} />
        {t('value_mine', { value: valueBeside(mine, [theirs]) })}
      </label>
    </fieldset>
  );
}
