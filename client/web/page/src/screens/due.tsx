// What has to be renewed soon, on the first screen.
import { call, type DueItem } from '../api';
import { formatDate, todayIso } from '../logic/format';
import { go } from '../nav';
import { Badge, useLoaded } from '../parts/common';
import { live, useStore } from '../store';
import { t } from '../texts';

export function DueList() {
  const revision = useStore(live)?.revision ?? 0;
  const { value } = useLoaded(
    () => call<{ items: DueItem[] }>('/api/process/due', { today: todayIso(), within: 30 }, true),
    revision,
  );
  if (!value || value.items.length === 0) return null;
  return (
    <section aria-labelledby="due">
      <h2 id="due">{t('to_renew')}</h2>
      <ul class="plain-list due">
        {value.items.map((item) => (
          <li key={item.key}>
            <strong>{item.name || t('empty')}</strong> <span>{[item.cid, item.diagnosis].filter(Boolean).join(' · ')}</span>{' '}
            <span class="quiet">{t('due_on', { date: formatDate(item.due) })}</span>{' '}
            {item.overdue && <Badge tone="warn">{t('overdue')}</Badge>}{' '}
            <button
              type="button"
              class="secondary small"
              aria-label={t('renew_of', { name: item.name, cid: item.cid })}
              onClick={() => void go({ screen: 'record', kind: 'process', key: item.key, act: 'renew' })}
            >
              {t('renew')}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
