// Two versions side by side, the differences marked by more than colour.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Diff, Kind } from '../api';
import { formatTime } from '../logic/format';
import { labelOf, t } from '../texts';
import { valueBeside, valueText } from './field';
import { RowsBeside } from './rows_beside';

export function Comparison({ kind, diff, onClose }: { kind: Kind; diff: Diff; onClose: () => void }) {
  const [only, setOnly] = useState(false);
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    box.current?.focus();
  }, [diff]);
  const differs = new Set(diff.changes.map((c) => c.field));
  const rows = kind.fields.filter((f) => !only || differs.has(f.name));
  return (
    <section ref={box} tabIndex={-1} class="comparison" aria-labelledby="comparison">
      <h2 id="comparison">{t('compare_title')}</h2>
      <label>
        <input type="checkbox" checked={only} onChange={(e) => setOnly(e.currentTarget.checked)} />
        {t('compare_only')}
      </label>
      {differs.size === 0 && <p>{t('compare_equal')}</p>}
      <div class="scroll" tabIndex={0} role="region" aria-labelledby="comparison">
        <table>
          <thead>
            <tr>
              <th scope="col">{t('field')}</th>
              {[diff.from, diff.to].map((side) => (
                <th scope="col" key={side.version.version_id}>
                  {t('side_name', { n: side.version.number })}
                  <br />
                  <span class="quiet">{t('side_by', { who: side.version.author, when: formatTime(side.version.created_at) })}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((f) => (
              <tr key={f.name} class={differs.has(f.name) ? 'differs' : ''}>
                <th scope="row">
                  {labelOf(f.label)} {differs.has(f.name) && <span class="badge warn">{t('differs')}</span>}
                </th>
                {[diff.from, diff.to].map((side, index) => (
                  <td key={side.version.version_id}>
                    {differs.has(f.name) ? (
                      <mark>{valueBeside(side.fields[f.name], [(index === 0 ? diff.to : diff.from).fields[f.name]])}</mark>
                    ) : (
                      valueText(side.fields[f.name])
                    )}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {kind.fields
        .filter((f) => f.type === 'rows' && differs.has(f.name))
        .map((f) => (
          <RowsBeside
            key={f.name}
            spec={f}
            sides={[diff.from, diff.to].map((side) => ({
              id: side.version.version_id,
              title: t('side_name', { n: side.version.number }),
              fields: side.fields,
            }))}
          />
        ))}
      <button type="button" class="secondary" onClick={onClose}>
        {t('close')}
      </button>
    </section>
  );
}
