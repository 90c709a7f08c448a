// The medicines of a process: what is asked for, and for each month how much and how to take it.
import { useId, useState } from 'preact/hooks';
import type { Column, FieldProblem, FieldSpec, Row } from '../api';
import { cell, monthsShown, repeated, wrongCells } from '../logic/rows';
import { labelOf, t } from '../texts';
import { Counter, wrongText, type FormPlace } from './field';
import { MedicineSearch } from './medicine';

interface Props {
  spec: FieldSpec;
  rows: Row[];
  wrong: string | null;
  readOnly: boolean;
  inside: FieldProblem[];
  about: FormPlace;
  onInput: (rows: Row[]) => void;
  onLeave: () => void;
}

interface CellProps {
  column: Column | undefined;
  label: string;
  value: string;
  wrong: string;
  readOnly: boolean;
  onInput: (text: string) => void;
  onLeave: () => void;
}

function Cell(p: CellProps) {
  const id = useId();
  if (!p.column) return null;
  const shared = {
    id,
    name: p.column.name,
    readOnly: p.readOnly,
    value: p.value,
    autocomplete: 'off',
    'aria-describedby': `${id}-wrong`,
    ...(p.wrong ? { 'aria-invalid': 'true' as const } : {}),
    onBlur: p.onLeave,
  };
  return (
    <div class="field" data-column={p.column.name}>
      <label for={id}>{p.label}</label>
      {p.column.max > 300 ? (
        <>
          <textarea {...shared} rows={3} onInput={(e) => p.onInput(e.currentTarget.value)} />
          {p.value.length > p.column.max / 2 && <Counter text={p.value} max={p.column.max} />}
        </>
      ) : (
        <input {...shared} type="text" inputMode={p.column.rule === 'digits' ? 'numeric' : 'text'} onInput={(e) => p.onInput(e.currentTarget.value)} />
      )}
      <small id={`${id}-wrong`} class={p.wrong ? 'wrong' : ''}>
        {p.wrong}
      </small>
    </div>
  );
}

interface MedicineProps extends Omit<Props, 'rows' | 'onInput' | 'wrong'> {
  index: number;
  row: Row;
  months: number[];
  wrongOf: (column: string) => string;
  onRow: (row: Row) => void;
  onMove: (() => void) | null;
  onRemove: () => void;
}

function Medicine(p: MedicineProps) {
  const column = (name: string) => p.spec.columns.find((c) => c.name === name);
  const set = (name: string, text: string) => p.onRow({ ...p.row, [name]: text });
  const input = (name: string, label?: string) => (
    <Cell
      key={name}
      column={column(name)}
      label={label ?? labelOf(column(name)?.label ?? { pt: name, en: name })}
      value={cell(p.row, name)}
      wrong={p.wrongOf(name)}
      readOnly={p.readOnly}
      onInput={(text) => set(name, text)}
      onLeave={p.onLeave}
    />
  );
  return (
    <fieldset class="medicine">
      <legend>{t('medicine_n', { n: p.index + 1 })}</legend>
      {!p.readOnly && <MedicineSearch cid={p.about.cid} number={p.index + 1} onTake={(m) => p.onRow({ ...p.row, ...m })} />}
      <div class="fields">
        {['nome', 'apresentacao', 'via', 'unidade', 'codigo', 'controle'].map((name) => input(name))}
      </div>
      <div class="months">
        {p.months.map((n) => (
          <fieldset key={n} class="month" aria-label={t('medicine_month', { n: p.index + 1, month: n })}>
            <strong>{t('month_n', { n })}</strong>
            {input(`qtd_${n}`, t('quantity'))}
            {input(`pos_${n}`, t('dose'))}
          </fieldset>
        ))}
      </div>
      {!p.readOnly && (
        <div class="actions">
          <button type="button" class="secondary small" onClick={() => p.onRow(repeated(p.row, p.months))}>
            {t('repeat_months')}
          </button>
          {p.onMove && (
            <button type="button" class="secondary small" onClick={p.onMove}>
              {t('move_up')}
            </button>
          )}
          <button type="button" class="danger small" onClick={p.onRemove}>
            {t('medicine_remove')}
          </button>
        </div>
      )}
    </fieldset>
  );
}

export function Prescription(p: Props) {
  const [shownWrong, setShownWrong] = useState(false);
  const months = monthsShown(p.about.months, p.rows);
  const wrong = shownWrong || p.wrong ? wrongCells(p.spec, p.rows) : new Map<string, never>();
  const wrongOf = (index: number) => (name: string) => {
    const place = `${p.spec.name}.${index + 1}.${name}`;
    const refused = p.inside.find((r) => r.field === place);
    if (refused) return refused.message;
    const found = wrong.get(place);
    const column = p.spec.columns.find((c) => c.name === name);
    // A row that is just being begun has no name yet.
    if (!found || (found === 'required' && !p.wrong)) return '';
    return wrongText(found, { max: column?.max ?? 0 });
  };
  const swap = (index: number) =>
    p.onInput(p.rows.map((r, i) => (i === index - 1 ? (p.rows[index] ?? r) : i === index ? (p.rows[index - 1] ?? r) : r)));
  return (
    <section class="field wide" data-field={p.spec.name} aria-label={labelOf(p.spec.label)}>
      <h2>{labelOf(p.spec.label)}</h2>
      {p.rows.map((row, index) => (
        <Medicine
          // Rows have no name of their own.
          key={index}
          {...p}
          index={index}
          row={row}
          months={months}
          wrongOf={wrongOf(index)}
          onRow={(next) => p.onInput(p.rows.map((r, i) => (i === index ? next : r)))}
          onMove={index > 0 ? () => swap(index) : null}
          onRemove={() => p.onInput(p.rows.filter((_, i) => i !== index))}
          onLeave={() => {
            setShownWrong(true);
            p.onLeave();
          }}
        />
      ))}
      {!p.readOnly && p.rows.length < p.spec.max_rows && (
        <button type="button" class="secondary" onClick={() => p.onInput([...p.rows, {}])}>
          {t('medicine_add')}
        </button>
      )}
      <small class={p.wrong ? 'wrong' : ''}>{p.wrong ?? ''}</small>
    </section>
  );
}
