// All records, page by page: filtered, sorted, and exported as a table.
import { useState } from 'preact/hooks';
import { call, callForFile, type Item, type ListFilter } from '../api';
import { formatCount, formatTime } from '../logic/format';
import { go } from '../nav';
import { errorText, Problem, Title, useLoaded } from '../parts/common';
import { ask, say } from '../parts/dialog';
import { kinds, live, useStore } from '../store';
import { labelOf, t, tn } from '../texts';
import { ItemRow } from './home';

const PAGE = 50;
const MARKS = ['draft', 'unsent', 'conflict'] as const;

async function exportList(filter: ListFilter, count: number): Promise<void> {
  const sure = await ask({ title: t('export_title'), text: t('export_text', { n: formatCount(count) }), yes: t('export_do'), danger: true });
  if (!sure) return;
  try {
    const link = URL.createObjectURL(await callForFile('/api/records/export', { ...filter, sure: true }));
    const anchor = document.createElement('a');
    anchor.href = link;
    // The name says nothing of anybody.
    anchor.download = 'autocusto.csv';
    anchor.click();
    URL.revokeObjectURL(link);
    say(t('export_done'));
  } catch (e) {
    say(errorText(e), true);
  }
}

function Filters({ filter, set }: { filter: ListFilter; set: (next: ListFilter) => void }) {
  return (
    <div class="filters">
      <label>
        {t('filter_kind')}
        <select value={filter.kind ?? ''} onChange={(e) => set({ ...filter, kind: e.currentTarget.value })}>
          <option value="">{t('filter_all')}</option>
          {kinds.get().map((k) => (
            <option key={k.kind} value={k.kind}>
              {labelOf(k.label)}
            </option>
          ))}
        </select>
      </label>
      <label>
        {t('sort_by')}
        <select value={filter.sort ?? 'name'} onChange={(e) => set({ ...filter, sort: e.currentTarget.value === 'changed' ? 'changed' : 'name' })}>
          <option value="name">{t('sort_name')}</option>
          <option value="changed">{t('sort_changed')}</option>
        </select>
      </label>
      {MARKS.map((mark) => (
        <label key={mark}>
          <input type="checkbox" checked={filter[mark] === true} onChange={(e) => set({ ...filter, [mark]: e.currentTarget.checked })} />
          {t(`filter_${mark}`)}
        </label>
      ))}
    </div>
  );
}

export function ListScreen({ filter }: { filter: ListFilter }) {
  const [page, setPage] = useState(0);
  const revision = useStore(live)?.revision ?? 0;
  const { value, problem, reload } = useLoaded(
    () => call<{ items: Item[]; count: number }>('/api/records/list', { ...filter, offset: page * PAGE, limit: PAGE }, true),
    `${revision} ${page}`,
  );
  const pages = Math.max(1, Math.ceil((value?.count ?? 0) / PAGE));
  return (
    <>
      <Title>{t('list')}</Title>
      <Filters filter={filter} set={(next) => void go({ screen: 'list', filter: next })} />
      {problem && <Problem text={problem} onRetry={reload} />}
      {value && (
        <>
          <p class="count" role="status">
            {value.count === 0 ? t('list_none') : tn('found_one', 'found_many', value.count, formatCount(value.count))}
          </p>
          <ul class="items" aria-label={t('list')}>
            {value.items.map((item) => (
              <ItemRow key={`${item.kind} ${item.key}`} item={item} when={item.changed_at ? formatTime(item.changed_at) : ''} />
            ))}
          </ul>
          <div class="actions">
            <button type="button" class="secondary small" disabled={page === 0} onClick={() => setPage(page - 1)}>
              {t('page_before')}
            </button>
            <span>{t('page_of', { n: page + 1, of: pages })}</span>
            <button type="button" class="secondary small" disabled={page + 1 >= pages} onClick={() => setPage(page + 1)}>
              {t('page_next')}
            </button>
            <button type="button" class="plain" disabled={value.count === 0} onClick={() => void exportList(filter, value.count)}>
              {t('export_do')}
            </button>
          </div>
        </>
      )}
    </>
  );
}
