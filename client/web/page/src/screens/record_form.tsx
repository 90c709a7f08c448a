// The form of a record that is there: the version in use, or a draft.
import { useEffect, useRef, useState } from 'preact/hooks';
import { call, CallError, type Fields, type Kind, type Met, type RecordShown, type Saved, type UnsavedEdit, type Version } from '../api';
import { changedFields } from '../logic/edits';
import { formatMoment, formatTime, splitKey } from '../logic/format';
import { focusFirstChoice, notChosen, type Meanwhile, type Taken } from '../parts/beside';
import { errorText } from '../parts/common';
import { ask, say } from '../parts/dialog';
import { useEditor } from '../parts/editor';
import { EditedFields } from '../parts/form';
import { FormBar, type Answer } from '../parts/form_bar';
import { LiveCheck } from '../parts/print_check';
import { labelOf, t, tn } from '../texts';

interface Props {
  kind: Kind;
  shown: RecordShown;
  reload: () => void;
  resume: UnsavedEdit | undefined;
}

/// "Casa, 4:38"
function placeOf(v: Version): string {
  return [v.device || v.author, formatMoment(v.created_at)].join(', ');
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
  const [meanwhile, setMeanwhile] = useState<Meanwhile | null>(null);
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
      setMeanwhile(null);
      begin(loaded.fields);
    } catch (e) {
      say(errorText(e), true);
    }
  };

  const onNewer = async () => {
    try {
      const about = { kind: kind.kind, key: shown.key, ...(isDraft && newestDraft ? { version: newestDraft } : {}) };
      const met = await call<Met>('/api/record/meanwhile', {
        ...about,
        from: base.version.version_id,
        fields: changedFields(editor.before, editor.fields),
      });
      const now = await call<RecordShown>('/api/record/show', { ...about, version: met.version.version_id });
      setBase(now);
      setMeanwhile({ where: placeOf(met.version), both: met.both, taken: new Map() });
      editor.moveTo(now.fields, met.fields);
      editor.tell({ text: met.both.length > 0 ? t('moved_choose', { fields: labels(met.both.map((b) => b.field)) }) : t('moved_joined'), bad: true, focus: met.both.length === 0 });
      if (met.both.length > 0) focusFirstChoice();
    } catch (e) {
      failedWith(e);
    }
  };

  const failedWith = (e: unknown) => editor.tell({ text: errorText(e), bad: true, focus: true });
  const failed = async (e: CallError) => {
    if (e.code === 'view_moved') await onNewer();
    else failedWith(e);
  };

  const onTake = (name: string, which: Taken) => {
    const one = meanwhile?.both.find((b) => b.field === name);
    if (!meanwhile || !one) return;
    editor.input(name, one[which]);
    setMeanwhile({ ...meanwhile, taken: new Map(meanwhile.taken).set(name, which) });
  };
  /// Nothing is saved over what somebody else has saved before both were seen and one was chosen.
  const isChosen = (): boolean => {
    const open = notChosen(meanwhile);
    if (open.length === 0) return true;
    editor.tell({ text: t('moved_choose', { fields: labels(open) }), bad: true, action: { label: t('go_to_field'), run: focusFirstChoice } });
    focusFirstChoice();
    return false;
  };

  /// After an act: show what is there now.
  const settle = async (text: string, version: string | null, undo?: () => void) => {
    say(text, false, undo);
    setMeanwhile(null);
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

  /// Puts back what an edit changed, unless the record has gone on since.
  const undo = async (fields: Fields, expect: string) => {
    try {
      await call<Saved>('/api/record/save', { kind: kind.kind, key: shown.key, fields, expect, summary: t('undone_summary') });
      say(t('undone'));
      reload();
    } catch (e) {
      say(e instanceof CallError && e.code === 'view_moved' ? t('undo_late') : errorText(e), true);
    }
  };

  const save = async (draft: boolean) => {
    if (!isChosen()) return;
    const { before } = editor;
    const old = Object.fromEntries(Object.keys(changedFields(before, editor.fields)).map((name) => [name, before[name] ?? '']));
    const done = await editor.save({ key: shown.key, draft, expect: base.version.version_id });
    if (!done) return;
    if (done instanceof CallError) {
      await failed(done);
      return;
    }
    const text = !done.changed ? t('saved_nothing') : draft ? t('saved_draft') : t('saved_as', { n: done.number });
    await settle(text, draft ? done.version_id : null, done.changed && !draft && !isDraft ? () => void undo(old, done.version_id) : undefined);
  };

  const publish = async () => {
    if (!isChosen() || !editor.check(false)) return;
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
      if (!(e instanceof CallError) || !editor.showRefusal(e)) failedWith(e);
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

  const reset = () => {
    begin(editor.before);
    setMeanwhile(null);
  };
  const news: Answer | null = newer && editor.changed ? { text: t('newer_title'), action: { label: t('newer_take'), run: () => void onNewer() } } : null;
  const answer = editor.answer ?? news;
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
      {meanwhile && (
        <div class="notice warn">
          <h2>{t('moved_title')}</h2>
          <p>{t('moved_text', { where: meanwhile.where })}</p>
        </div>
      )}
      <EditedFields kind={kind} editor={editor} readOnly={readOnly} meanwhile={meanwhile} onTake={onTake} cid={kind.kind === 'process' ? splitKey(shown.key)[1] : ''} />
      {kind.kind === 'process' && <LiveCheck id={shown.key} fields={editor.fields} />}
      <FormBar answer={answer}>
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
          <button type="button" class="plain" onClick={reset}>
            {t('reset')}
          </button>
        )}
      </FormBar>
    </form>
  );
}
