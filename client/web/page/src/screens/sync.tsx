// What the sync is doing, what waits and why, what was refused.
import { call, type Refused, type Status, type Waiting } from '../api';
import { formatCount, formatTime } from '../logic/format';
import { errorText, Problem, Title, useLoaded } from '../parts/common';
import { ask, say } from '../parts/dialog';
import { valueBeside } from '../parts/field';
import { connection } from '../parts/frame';
import { Notices, RecordName } from '../parts/notices';
import { kindOf, live, useStore } from '../store';
import { labelOf, t } from '../texts';

/// The folder is a copy, or an older state, of one that has gone on: it becomes a device of its own.
function Copied() {
  const enroll = async () => {
    try {
      await call('/api/again', {});
      say(t('copied_done'));
    } catch (e) {
      say(errorText(e), true);
    }
  };
  return (
    <div class="notice info">
      <p>{t('copied_text')}</p>
      <button type="button" onClick={() => void enroll()}>
        {t('copied_do')}
      </button>
    </div>
  );
}

function Now() {
  const now = useStore(live);
  const state = connection(now);
  const doing = now?.sync;
  const syncNow = () => call('/api/sync', {}).catch((e: unknown) => say(errorText(e), true));
  return (
    <section aria-labelledby="sync-now">
      <h2 id="sync-now">{t('sync_state')}</h2>
      <p aria-live="polite">
        <strong>{t(state)}</strong>
        {doing && state === 'online' ? ` · ${t(doing.phase)}` : ''}
      </p>
      {now?.pending !== undefined && (
        <p class="quiet">{now.last_sync ? t('last_sync_at', { when: formatTime(now.last_sync) }) : t('last_sync_never')}</p>
      )}
      {doing && doing.total > 0 && (doing.phase === 'sending' || doing.phase === 'receiving') && (
        <label>
          {t(doing.phase)}: {t('progress', { done: formatCount(doing.done), total: formatCount(doing.total) })}
          <progress value={doing.done} max={doing.total} />
        </label>
      )}
      {state === 'offline' && <p>{t('sync_offline_text')}</p>}
      {state === 'online' && <p>{t('sync_online_text')}</p>}
      {state === 'stopped' && doing?.why && doing.why.code !== 'prev_push_old' && <Problem text={doing.why.message} />}
      {state === 'stopped' && doing?.why?.code === 'prev_push_old' && <Copied />}
      <button type="button" onClick={() => void syncNow()}>
        {t('sync_now')}
      </button>
    </section>
  );
}

function why(item: Waiting, online: boolean): string {
  if (item.waits_for === 'push') return t(online ? 'waits_push_online' : 'waits_push');
  return t(item.waits_for === 'feed' ? 'waits_feed' : 'waits_surrender');
}

function WaitingList({ status, online }: { status: Status; online: boolean }) {
  const hidden = useStore(live)?.hidden ?? 0;
  return (
    <section aria-labelledby="waiting">
      <h2 id="waiting">{t('waiting_title')}</h2>
      {status.waiting.length === 0 && <p>{t('waiting_none')}</p>}
      <ul class="plain-list">
        {status.waiting.map((item) => (
          <li key={`${item.version_id} ${item.discard}`}>
            <RecordName kind={item.kind} id={item.key} name={item.name} />
            <br />
            <span class="quiet">
              {item.discard ? `${t('waits_discard')} · ` : ''}
              {t('since', { when: formatTime(item.since) })} · {why(item, online)}
            </span>
          </li>
        ))}
      </ul>
      {status.waiting_count > status.waiting.length && (
        <p>{t('waiting_more', { n: formatCount(status.waiting_count - status.waiting.length) })}</p>
      )}
      {hidden > 0 && <p>{t('hidden_text', { n: formatCount(hidden) })}</p>}
    </section>
  );
}

/// What somebody has to put right on this laptop.
function Attention({ status }: { status: Status }) {
  const ahead = status.clock_ahead_seconds;
  if (ahead === null && status.damaged === 0) return null;
  return (
    <section aria-labelledby="attention" class="notice info">
      <h2 id="attention">{t('attention_title')}</h2>
      {ahead !== null && <p>{t(ahead > 0 ? 'clock_ahead' : 'clock_behind', { n: formatCount(Math.floor(Math.abs(ahead) / 60)) })}</p>}
      {status.damaged > 0 && <p>{t('damaged', { n: formatCount(status.damaged) })}</p>}
    </section>
  );
}

function RefusedItem({ item, reload }: { item: Refused; reload: () => void }) {
  const kind = kindOf(item.kind);
  const act = async (path: string, text: string) => {
    try {
      await call(path, { version: item.version_id });
      say(text);
      reload();
    } catch (e) {
      say(errorText(e), true);
    }
  };
  const discard = async () => {
    if (await ask({ text: t('discard_sure'), yes: t('discard'), danger: true })) {
      await act('/api/refused/discard', t('discard_done'));
    }
  };
  return (
    <li class="refused">
      <RecordName kind={item.kind} id={item.key} name={item.name} />
      <p>{item.reason}</p>
      <p class="quiet">
        {t('refused_at', { when: formatTime(item.refused_at) })}
        {item.summary ? ` · ${item.summary}` : ''}
      </p>
      {item.changes && item.changes.length > 0 && (
        <details>
          <summary>{t('refused_changes')}</summary>
          <ul>
            {item.changes.map((c) => (
              <li key={c.field}>
                {labelOf(kind.fields.find((f) => f.name === c.field)?.label ?? { pt: c.field, en: c.field })}: <s>{valueBeside(c.from, [c.to])}</s>{' '}
                → <mark>{valueBeside(c.to, [c.from])}</mark>
              </li>
            ))}
          </ul>
        </details>
      )}
      <div class="actions">
        <button type="button" class="small" onClick={() => void act('/api/refused/reapply', t('reapplied'))}>
          {t('reapply')}
        </button>
        <button type="button" class="danger small" onClick={() => void discard()}>
          {t('discard')}
        </button>
      </div>
    </li>
  );
}

export function SyncScreen() {
  const now = useStore(live);
  const turn = `${now?.revision ?? 0} ${now?.pending ?? 0} ${now?.refused ?? 0}`;
  const status = useLoaded(() => call<Status>('/api/status', undefined, true), turn);
  const refused = useLoaded(() => call<{ items: Refused[] }>('/api/refused', undefined, true), turn);
  const reload = () => {
    status.reload();
    refused.reload();
  };
  return (
    <>
      <Title>{t('sync')}</Title>
      <Now />
      {(status.problem ?? refused.problem) && <Problem text={status.problem ?? refused.problem ?? ''} onRetry={reload} />}
      {status.value && <Attention status={status.value} />}
      {status.value && <Notices notices={status.value.notices} reload={reload} />}
      {status.value && <WaitingList status={status.value} online={connection(now) === 'online'} />}
      {refused.value && (
        <section aria-labelledby="refused">
          <h2 id="refused">{t('refused_title')}</h2>
          {refused.value.items.length === 0 ? (
            <p>{t('refused_none')}</p>
          ) : (
            <p>
              {t('refused_kept')} {t('reapply_hint')}
            </p>
          )}
          <ul class="plain-list">
            {refused.value.items.map((item) => (
              <RefusedItem key={item.version_id} item={item} reload={reload} />
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
