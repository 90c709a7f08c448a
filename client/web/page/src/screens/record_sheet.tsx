// A record to read, and the same as one sheet of paper.
import type { Kind, RecordShown } from '../api';
import { ageAt, formatDate, formatKey, formatTime } from '../logic/format';
import { sectionsOf } from '../logic/sections';
import { valueText } from '../parts/field';
import { labelOf, t } from '../texts';

function textOf(name: string, value: RecordShown['fields'][string] | undefined): string {
  if (name !== 'data_nascimento' || typeof value !== 'string' || value === '') return valueText(value);
  const age = ageAt(value);
  return age === null ? formatDate(value) : `${formatDate(value)} (${t('years', { n: age })})`;
}

/// Fields without a value are left out.
export function RecordSheet({ kind, shown }: { kind: Kind; shown: RecordShown }) {
  const filled = (name: string) => {
    const value = shown.fields[name];
    return value !== undefined && value !== '' && value !== false && (typeof value !== 'object' || Object.keys(value).length > 0);
  };
  return (
    <article class="sheet" aria-label={t('tab_sheet')}>
      <p class="only-paper">
        <strong>{labelOf(kind.label)}</strong> · {labelOf(kind.key_label)} {formatKey(kind.kind, shown.key)}
      </p>
      {sectionsOf(kind).map((section) => {
        const specs = section.specs.filter((s) => filled(s.name));
        if (specs.length === 0) return null;
        return (
          <section key={section.title ?? ''}>
            {section.title && <h2>{t(section.title)}</h2>}
            <dl>
              {specs.map((s) => (
                <div key={s.name}>
                  <dt>{labelOf(s.label)}</dt>
                  <dd>{textOf(s.name, shown.fields[s.name])}</dd>
                </div>
              ))}
            </dl>
          </section>
        );
      })}
      <p class="quiet">{t('version_line', { n: shown.version.number, who: shown.version.author, when: formatTime(shown.version.created_at) })}</p>
      <div class="actions not-paper">
        <button type="button" onClick={() => window.print()}>
          {t('print_sheet')}
        </button>
      </div>
    </article>
  );
}
