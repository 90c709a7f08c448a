// Offers what was typed before the page was locked, loaded again or ended, in whichever tab.
import { useEffect, useState } from 'preact/hooks';
import { call, type UnsavedEdit } from '../api';
import { formatKey } from '../logic/format';
import { go } from '../nav';
import { t } from '../texts';

function UnsavedNotice({ edit, drop }: { edit: UnsavedEdit; drop: () => void }) {
  const goOn = () =>
    void go(
      edit.fresh
        ? { screen: 'new', kind: edit.kind, resume: edit }
        : { screen: 'record', kind: edit.kind, key: edit.key, resume: edit },
    );
  return (
    <div class="notice warn unsaved">
      <p>{t('unsaved_there', { name: edit.name || formatKey(edit.kind, edit.key) || t('empty') })}</p>
      <button type="button" class="small" onClick={goOn}>
        {t('unsaved_go_on')}
      </button>
      <button type="button" class="secondary small" onClick={drop}>
        {t('discard')}
      </button>
    </div>
  );
}

/// With a kind: only those of that record.
export function Unsaved({ kind = '', id = '' }: { kind?: string; id?: string }) {
  const [edits, setEdits] = useState<UnsavedEdit[]>([]);
  useEffect(() => {
    call<{ edits: UnsavedEdit[] }>('/api/unsaved', undefined, true).then(
      (r) => setEdits(r.edits.filter((e) => kind === '' || (!e.fresh && e.kind === kind && e.key === id))),
      () => undefined,
    );
  }, [kind, id]);
  const drop = (edit: UnsavedEdit) => {
    setEdits((all) => all.filter((each) => each !== edit));
    call('/api/unsaved', { slot: edit.slot ?? '' }).catch(() => undefined);
  };
  return (
    <>
      {edits.map((edit) => (
        <UnsavedNotice key={edit.slot ?? ''} edit={edit} drop={() => drop(edit)} />
      ))}
    </>
  );
}
