// The form of a record that is there: the version in use, or a draft.
import { useEffect, useRef, useState } from 'preact/hooks';
import { call, CallError, type Kind, type RecordShown, type Saved, type UnsavedEdit, type Version } from '../api';
import { rebase } from '../logic/edits';
import { formatTime, splitKey } from '../logic/format';
import { errorText } from '../parts/common';
import { ask, say } from '../parts/dialog';
import { useEditor } from '../parts/editor';
import { EditedFields } from '../parts/form';
import { LiveCheck } from '../parts/print_check';
import { labelOf, t, tn } from '../texts';

interface Props {
  kind: Kind;
  shown: RecordShown;
  reload: () => void;
  resume: UnsavedEdit | undefined;
}

function VersionLine({ v }: { v: Version }) {
  return (
    <p class="quiet">
      {t('version_line', { n: v.number, who: v.author, when: formatTime(v.created_at) })}
      {v.synced ? '' : `, ${t('not_sent_yet')}`}
      {v.summary ? ` — ${v.summary}` : ''}
    </p>
  );
}

export function FormTab({ kind, shown, reload, resume }: Props) {
  /// What the form began from; a newer one is offered, never forced on somebody who types.
  const [base, setBase] = useState(shown);
  const [wantDraft, setWantDraft] = useState<string | null>(null);
  const [both, setBoth] = useState<string[] | null>(null);
  const isDraft = base.version.status === 'draft';
  const editor = useEditor(kind, shown.fields, isDraft, {
    key: shown.key,
    fresh: false,
    draft: isDraft ? base.version.version_id : undefined,
  });
  const { begin, resume: goOn } = editor;
  const changed = useRef(false);
  changed.current = editor.changed;
  const newestDraft = shown.drafts[shown.drafts.length - 1];
  const readOnly = isDraft && base.version.version_id !== newestDraft && shown.drafts.includes(base.version.version_id);
  /// What is shown now in the place that the form began from.
  const placeNow = isDraft && wantDraft !== null ? null : shown;
  const newer = placeNow !== null && placeNow.version.version_id !== base.version.version_id;

  useEffect(() => {
    if (!newer || changed.current || !placeNow) return;
    setBase(placeNow);
    begin(placeNow.fields);
  }, [newer, placeNow, begin]);

  const first = useRef(shown);
  useEffect(() => {
    if (!resume) return;
    const from = first.current;
    if (!resume.draft || from.version.version_id === resume.draft) {
      goOn(from.fields, resume);
      return;
    }
    call<RecordShown>('/api/record/show', { kind: from.kind, key: from.key, version: resume.draft }).then(
      (draft) => {
        setWantDraft(draft.version.version_id);
        setBase(draft);
        goOn(draft.fields, resume);
      },
      (e: unknown) => say(errorText(e), true),
    );
  }, [resume, goOn]);

  const openVersion = async (version: string | null) => {
    if (editor.changed && !(await ask({ title: t('leave_title'), text: t('leave_text'), yes: t('leave_drop'), no: t('leave_stay'), danger: true }))) return;
    try {
      const loaded = await call<RecordShown>('/api/record/show', {
        kind: kind.kind,
        key: shown.key,
        ...(version === null ? {} : { version }),
      });
      setWantDraft(version);
      setBase(loaded);
      setBoth(null);
      begin(loaded.fields);
    } catch (e) {
      say(errorText(e), true);
    }
  };

  const onNewer = async () => {
    try {
      const now = await call<RecordShown>('/api/record/show', {
        kind: kind.kind,
        key: shown.key,
        ...(isDraft && newestDraft ? { version: newestDraft } : {}),
      });
      const merged = rebase(editor.before, editor.fields, now.fields);
      setBase(now);
      setBoth(merged.both);
      begin(now.fields, merged.fields);
    } catch (e) {
      say(errorText(e), true);
    }
  };

  const failed = async (e: CallError) => {
    if (e.code === 'view_moved') await onNewer();
    else say(errorText(e), true);
  };

  /// After an act: show what is there now.
  const settle = async (text: string, version: string | null) => {
    say(text);
    setBoth(null);
    const loaded = await call<RecordShown>('/api/record/show', {
      kind: kind.kind,
      key: shown.key,
      ...(version === null ? {} : { version }),
    });
    setWantDraft(version);
    setBase(loaded);
    begin(loaded.fields);
    reload();
  };

  const save = async (draft: boolean) => {
    const done = await editor.save({ key: shown.key, draft, expect: base.version.version_id });
    if (!done) return;
    if (done instanceof CallError) {
      await failed(done);
      return;
    }
    const text = !done.changed ? t('saved_nothing') : draft ? t('saved_draft') : t('saved_as', { n: done.number });
    await settle(text, draft ? done.version_id : null);
  };

  const publish = async () => {
    if (!editor.check(false)) return;
    let version = base.version.version_id;
    if (editor.changed) {
      const done = await editor.save({ key: shown.key, draft: true, expect: version });
      if (!done) return;
      if (done instanceof CallError) {
        await failed(done);
        return;
      }
      version = done.version_id;
    }
    try {
      const done = await call<Saved>('/api/record/publish', { kind: kind.kind, key: shown.key, version });
      await settle(t('published', { n: done.number }), null);
    } catch (e) {
      // The draft itself was saved; go on from it.
      if (version !== base.version.version_id) await settle(t('saved_draft'), version);
      if (!(e instanceof CallError) || !editor.showRefusal(e)) say(errorText(e), true);
    }
  };

  const discard = async () => {
    if (!(await ask({ text: t('discard_draft_sure'), yes: t('discard_draft'), danger: true }))) return;
    const only = shown.history.every((v) => v.status === 'draft') && shown.drafts.length === 1;
    try {
      await call('/api/record/discard-draft', { kind: kind.kind, key: shown.key, version: base.version.version_id });
      if (only) {
        say(t('discarded'));
        begin(base.fields);
        history.back();
      } else {
        await settle(t('discarded'), null);
      }
    } catch (e) {
      say(errorText(e), true);
    }
  };

  const labels = (names: string[]) =>
    names.map((n) => labelOf(kind.fields.find((f) => f.name === n)?.label ?? { pt: n, en: n })).join(', ');

  return (
    <form
      noValidate
      onSubmit={(e) => {
        e.preventDefault();
        void (isDraft ? publish() : save(false));
      }}
    >
      <VersionLine v={shown.history.find((v) => v.version_id === base.version.version_id) ?? base.version} />
      {isDraft && (
        <div class="notice info">
          <p>
            {t('draft_now')} {readOnly ? t('draft_old') : ''}
          </p>
          {shown.version.status === 'active' && (
            <button type="button" class="secondary small" onClick={() => void openVersion(null)}>
              {t('active_open')}
            </button>
          )}
        </div>
      )}
      {!isDraft && shown.drafts.length > 0 && (
        <div class="notice info">
          <p>{tn('draft_there', 'drafts_there', shown.drafts.length)}</p>
          {[...shown.drafts].reverse().map((draft, index) => (
            <button type="button" key={draft} class="secondary small" onClick={() => void openVersion(draft)}>
              {t('draft_open')} {shown.drafts.length > 1 ? index + 1 : ''}
            </button>
          ))}
        </div>
      )}
      {both && (
        <div class="notice warn" role="alert">
          <h2>{t('moved_title')}</h2>
          <p>{t('moved_text')}</p>
          {both.length > 0 && <p>{t('moved_both', { fields: labels(both) })}</p>}
        </div>
      )}
      {newer && editor.changed && !both && (
        <div class="notice warn" role="status">
          <p>{t('newer_title')}</p>
          <button type="button" class="secondary small" onClick={() => void onNewer()}>
            {t('newer_take')}
          </button>
        </div>
      )}
      <EditedFields kind={kind} editor={editor} readOnly={readOnly} cid={kind.kind === 'process' ? splitKey(shown.key)[1] : ''} />
      {kind.kind === 'process' && <LiveCheck id={shown.key} fields={editor.fields} />}
      <div class="actions">
        <button type="submit" disabled={editor.busy || (!isDraft && !editor.changed)} aria-busy={editor.busy}>
          {isDraft ? t('publish') : t('save')}
        </button>
        {!readOnly && (isDraft || shown.drafts.length === 0) && (
          <button type="button" class="secondary" disabled={editor.busy || !editor.changed} onClick={() => void save(true)}>
            {isDraft ? t('save_this_draft') : t('save_draft')}
          </button>
        )}
        {isDraft && (
          <button type="button" class="danger" disabled={editor.busy} onClick={() => void discard()}>
            {t('discard_draft')}
          </button>
        )}
        {editor.changed && (
          <button type="button" class="plain" onClick={() => begin(editor.before)}>
            {t('reset')}
          </button>
        )}
      </div>
    </form>
  );
}
