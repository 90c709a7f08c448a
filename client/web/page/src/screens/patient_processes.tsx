// The processes of a patient, on their record.
import { call, type ProcessItem } from '../api';
import { formatDate } from '../logic/format';
import { go } from '../nav';
import { Badge, Problem, useLoaded } from '../parts/common';
import { choiceText } from '../parts/field';
import { live, useStore } from '../store';
import { t } from '../texts';

function ProcessRow({ item }: { item: ProcessItem }) {
  return (
    <li>
      <a
        class="item"
        href="#/record"
        onClick={(event) => {
          event.preventDefault();
          void go({ screen: 'record', kind: 'process', key: item.key });
        }}
      >
        <strong>{item.cid}</strong>
        <span>{item.diagnosis || item.name}</span>
        <span class="quiet">{item.due ? t('due_on', { date: formatDate(item.due) }) : t('never_printed')}</span>
        <span class="badges">
          {item.state === 'encerrado' && <Badge>{choiceText(item.state)}</Badge>}
          {item.conflict && <Badge tone="warn">{t('mark_conflict')}</Badge>}
          {item.draft && <Badge tone="info">{t('mark_draft')}</Badge>}
        </span>
      </a>
    </li>
  );
}

export function PatientProcesses({ id }: { id: string }) {
  const revision = useStore(live)?.revision ?? 0;
  const { value, problem } = useLoaded(
    () => call<{ items: ProcessItem[] }>('/api/process/list', { patient: id }, true),
    revision,
  );
  return (
    <section aria-labelledby="processes">
      <h2 id="processes">{t('processes')}</h2>
      {problem && <Problem text={problem} />}
      {value?.items.length === 0 && <p class="quiet">{t('processes_none')}</p>}
      {value && value.items.length > 0 && (
        <ul class="items">
          {value.items.map((item) => (
            <ProcessRow key={item.key} item={item} />
          ))}
        </ul>
      )}
      <div class="actions">
        <button type="button" class="secondary" onClick={() => void go({ screen: 'new', kind: 'process', about: id })}>
          {t('new_process')}
        </button>
      </div>
    </section>
  );
}
