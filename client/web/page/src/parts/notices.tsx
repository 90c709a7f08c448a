// What the doctor should know of: it stays until "Já vi".
import { call, type Notice, type Status } from '../api';
import { formatKey, formatTime } from '../logic/format';
import { kindOf, live, useStore } from '../store';
import { labelOf, t, tn, type TextKey } from '../texts';
import { errorText, LinkTo, useLoaded } from './common';
import { say } from './dialog';

export function RecordName({ kind, id, name }: { kind: string; id: string; name: string }) {
  if (id === '') return <>{t('record_gone')}</>;
  return (
    <LinkTo to={{ screen: 'record', kind, key: id }}>
      {name || t('empty')} ({labelOf(kindOf(kind).key_label)} {formatKey(kind, id)})
    </LinkTo>
  );
}

/// Of a record that was taken away nothing is left but its initials.
function Taken({ n }: { n: Notice }) {
  return (
    <>
      <strong>{n.name || t('empty')}</strong> ({labelOf(kindOf(n.kind).label)})
      <br />
      <span class="quiet">
        {formatTime(n.at)} · {t('notice_taken')} {n.edits > 0 && tn('notice_edit', 'notice_edits', n.edits)}
      </span>
    </>
  );
}

export function Notices({ notices, reload }: { notices: Notice[]; reload: () => void }) {
  if (notices.length === 0) return null;
  const forget = async () => {
    try {
      await call('/api/notices/forget', {});
      reload();
    } catch (e) {
      say(errorText(e), true);
    }
  };
  return (
    <section aria-labelledby="notices" class="notice info">
      <h2 id="notices">{t('notices_title')}</h2>
      <ul class="plain-list">
        {notices.map((n) => (
          <li key={`${n.at} ${n.key} ${n.what} ${n.name}`}>
            {n.what === 'taken' ? (
              <Taken n={n} />
            ) : (
              <>
                <RecordName kind={n.kind} id={n.key} name={n.name} />
                <br />
                <span class="quiet">
                  {formatTime(n.at)} · {t(`notice_${n.what}` as TextKey)}
                </span>
              </>
            )}
          </li>
        ))}
      </ul>
      <button type="button" class="secondary small" onClick={() => void forget()}>
        {t('notices_forget')}
      </button>
    </section>
  );
}

/// On the first screen: only while there are any, so that nothing is asked in vain.
export function NoticesPanel() {
  const now = useStore(live);
  const count = now?.notices ?? 0;
  return count > 0 ? <Loaded turn={`${now?.revision ?? 0} ${count}`} /> : null;
}

function Loaded({ turn }: { turn: string }) {
  const { value, reload } = useLoaded(() => call<Status>('/api/status', undefined, true), turn);
  return value ? <Notices notices={value.notices} reload={reload} /> : null;
}
