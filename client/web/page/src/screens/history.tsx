// The versions of a record: as a list, as a picture, two side by side; going back to one.
import { useState } from 'preact/hooks';
import { call, type Diff, type Kind, type RecordShown, type Saved, type Version } from '../api';
import { formatTime } from '../logic/format';
import { Badge, errorText } from '../parts/common';
import { Comparison } from '../parts/comparison';
import { ask, say } from '../parts/dialog';
import { GraphPicture } from '../parts/graph';
import { t } from '../texts';

function Marks({ v }: { v: Version }) {
  return (
    <span class="badges">
      {v.active && <Badge tone="good">{t('mark_active')}</Badge>}
      {v.head && !v.active && v.status === 'active' && <Badge tone="warn">{t('mark_beside')}</Badge>}
      {v.status === 'draft' && <Badge tone={v.set_aside ? '' : 'info'}>{t(v.set_aside ? 'mark_old_draft' : 'mark_draft')}</Badge>}
      {!v.synced && <Badge>{t('mark_waiting')}</Badge>}
      {v.archived && <Badge>{t('mark_archived')}</Badge>}
    </span>
  );
}

export function HistoryTab({ kind, shown, reload }: { kind: Kind; shown: RecordShown; reload: () => void }) {
  const [marked, setMarked] = useState<string[]>([]);
  const [diff, setDiff] = useState<Diff | null>(null);
  const newestFirst = [...shown.history].reverse();
  const mark = (id: string, on: boolean) => {
    setMarked((all) => (on ? [...all, id].slice(-2) : all.filter((each) => each !== id)));
  };
  const compare = async (first: string, second: string) => {
    const order = shown.history.map((v) => v.version_id);
    const [from, to] = order.indexOf(first) < order.indexOf(second) ? [first, second] : [second, first];
    try {
      setDiff(await call<Diff>('/api/record/diff', { kind: kind.kind, key: shown.key, from, to }));
    } catch (e) {
      say(errorText(e), true);
    }
  };
  const revert = async (v: Version) => {
    if (!(await ask({ text: t('revert_sure', { n: v.number }), title: t('revert'), yes: t('revert_do') }))) return;
    try {
      const done = await call<Saved>('/api/record/revert', { kind: kind.kind, key: shown.key, version: v.version_id });
      say(done.changed ? t('reverted', { n: done.number }) : t('saved_nothing'));
      reload();
    } catch (e) {
      say(errorText(e), true);
    }
  };
  const [first, second] = marked;
  return (
    <>
      {shown.history.length > 1 && <GraphPicture versions={shown.history} />}
      <div class="actions">
        <button
          type="button"
          disabled={first === undefined || second === undefined}
          onClick={() => first !== undefined && second !== undefined && void compare(first, second)}
        >
          {t('compare')}
        </button>
        <span class="quiet">{marked.length < 2 && shown.history.length > 1 ? t('compare_pick') : ''}</span>
      </div>
      {diff && <Comparison kind={kind} diff={diff} onClose={() => setDiff(null)} />}
      <h2>{t('history_title')}</h2>
      <ol class="timeline" reversed>
        {newestFirst.map((v) => (
          <li key={v.version_id} class={v.active ? 'active' : ''}>
            <label class="mark">
              <input
                type="checkbox"
                checked={marked.includes(v.version_id)}
                disabled={v.erased}
                aria-label={t('compare_mark', { n: v.number })}
                onChange={(e) => mark(v.version_id, e.currentTarget.checked)}
              />
            </label>
            <div>
              <p>
                <strong>{t('side_name', { n: v.number })}</strong> <Marks v={v} />
              </p>
              <p>
                {formatTime(v.created_at)} · {v.author} {v.device && t('on_device', { device: v.device })}
              </p>
              {v.erased ? <p class="quiet">{t('erased')}</p> : <p>{v.summary}</p>}
              {!v.active && !v.erased && v.status === 'active' && (
                <button type="button" class="secondary small" onClick={() => void revert(v)}>
                  {t('revert')}
                </button>
              )}
            </div>
          </li>
        ))}
      </ol>
    </>
  );
}
