// Lists of medicines side by side: one line for each medicine, and which months differ.
import type { FieldSpec, Row } from '../api';
import { cell, otherDifferences, rowsOf, same, sideBySide, stretches } from '../logic/rows';
import type { Fields } from '../api';
import { labelOf, t } from '../texts';
import { Badge } from './common';
import { monthsText } from './field';

function Months({ row, other }: { row: Row; other: Row | undefined }) {
  return (
    <ul class="stretches">
      {stretches(row, other).map((s) => {
        const text = [s.quantity, s.dose].filter(Boolean).join(' · ') || t('empty');
        return (
          <li key={s.from}>
            <span class="quiet">{monthsText(s.from, s.to)}:</span> {s.differs ? <mark>{text}</mark> : text}
            {s.differs && <span class="hidden-visually"> ({t('differs')})</span>}
          </li>
        );
      })}
    </ul>
  );
}

function MedicineCell({ spec, row, other }: { spec: FieldSpec; row: Row | undefined; other: Row | undefined }) {
  if (!row) return <Badge tone="warn">{t('medicine_absent')}</Badge>;
  return (
    <>
      {otherDifferences(row, other, spec.columns).map((c) => (
        <p key={c.name}>
          <span class="quiet">{labelOf(c.label)}:</span> <mark>{cell(row, c.name) || t('empty')}</mark>
        </p>
      ))}
      <Months row={row} other={other} />
    </>
  );
}

export interface NamedSide {
  id: string;
  title: string;
  fields: Fields;
}

/// Each side against the first one; the first against the second.
export function RowsBeside({ spec, sides }: { spec: FieldSpec; sides: NamedSide[] }) {
  const lines = sideBySide(sides.map((s) => rowsOf(s.fields[spec.name])));
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={labelOf(spec.label)}>
      <table class="rows-beside">
        <thead>
          <tr>
            <th scope="col">{t('medicine')}</th>
            {sides.map((s) => (
              <th scope="col" key={s.id}>
                {s.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {lines.map((line, index) => {
            const differs = line.some((row) => !row || !same(row, line[0]));
            return (
              <tr key={index} class={differs ? 'differs' : ''}>
                <th scope="row">
                  {cell(line.find((r) => r !== undefined), 'nome') || t('empty')} {differs && <Badge tone="warn">{t('differs')}</Badge>}
                </th>
                {sides.map((s, side) => (
                  <td key={s.id}>
                    <MedicineCell spec={spec} row={line[side]} other={line[side === 0 ? 1 : 0]} />
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
