// A record: registering a new one, and one that is there with its form and its history.
import { useEffect, useRef, useState } from 'preact/hooks';
import { call, CallError, type RecordShown, type UnsavedEdit } from '../api';
import { validKey } from '../logic/checks';
import { emptyFields } from '../logic/edits';
import { formatKey, maskCpf } from '../logic/format';
import { go, guardLeaving } from '../nav';
import { Badge, errorText, LinkTo, Problem, Title } from '../parts/common';
import { say } from '../parts/dialog';
import { useEditor } from '../parts/editor';
import { wrongText } from '../parts/field';
import { EditedFields } from '../parts/form';
import { kindOf, live, useStore } from '../store';
import { labelOf, t } from '../texts';
import { HistoryTab } from './history';
import { FormTab } from './record_form';

export function NewScreen({ kind: name, resume }: { kind: string; resume: UnsavedEdit | undefined }) {
  const kind = kindOf(name);
  const [key, setKey] = useState(resume?.key ?? '');
  const editor = useEditor(kind, emptyFields(kind), true, { key, fresh: true });
  const { resume: goOn } = editor;
  useEffect(() => {
    if (resume) goOn(emptyFields(kindOf(name)), resume);
  }, [resume, goOn, name]);
  const [left, setLeft] = useState(false);
  const [keyProblem, setKeyProblem] = useState<string | null>(null);
  const [exists, setExists] = useState(false);
  const keyWrong = validKey(kind.key, key);
  const shownKeyProblem = keyProblem ?? (left && keyWrong ? wrongText(keyWrong) : null);
  const save = async (draft: boolean) => {
    setLeft(true);
    if (keyWrong) {
      say(wrongText(keyWrong), true);
      document.getElementById('key')?.focus();
      return;
    }
    const done = await editor.save({ key, draft, expect: null });
    if (!done) return;
    if (done instanceof CallError) {
      setExists(done.code === 'already_exists');
      if (done.code === 'invalid_key') setKeyProblem(done.message);
      else if (done.code !== 'already_exists') say(errorText(done), true);
      return;
    }
    guardLeaving(null);
    say(draft ? t('saved_draft') : t('saved_as', { n: done.number }));
    void go({ screen: 'record', kind: done.kind, key: done.key });
  };
  return (
    <>
      <Title>{name === 'patient' ? t('new_patient') : t('new_clinic')}</Title>
      <form
        noValidate
        onSubmit={(e) => {
          e.preventDefault();
          void save(false);
        }}
      >
        <div class="fields">
          <div class="field">
            <label for="key">
              {labelOf(kind.key_label)} <span class="quiet">{t('required')}</span>
            </label>
            <input
              id="key"
              type="text"
              inputMode="numeric"
              autocomplete="off"
              value={key}
              aria-required="true"
              aria-describedby="key-wrong"
              {...(shownKeyProblem ? { 'aria-invalid': 'true' as const } : {})}
              onInput={(e) => {
                setKey(kind.key === 'cpf' ? maskCpf(e.currentTarget.value) : e.currentTarget.value);
                setKeyProblem(null);
                setExists(false);
              }}
              onBlur={() => setLeft(key !== '')}
            />
            <small id="key-wrong" class={shownKeyProblem ? 'wrong' : ''}>
              {shownKeyProblem ?? ''}
            </small>
          </div>
        </div>
        {exists && (
          <div class="notice warn" role="alert">
            <p>{t('exists')}</p>
            <button type="button" class="secondary" onClick={() => void go({ screen: 'record', kind: name, key })}>
              {t('exists_open')}
            </button>
          </div>
        )}
        <EditedFields kind={kind} editor={editor} />
        <div class="actions">
          <button type="submit" disabled={editor.busy} aria-busy={editor.busy}>
            {t('save')}
          </button>
          <button type="button" class="secondary" disabled={editor.busy} onClick={() => void save(true)}>
            {t('save_draft')}
          </button>
        </div>
      </form>
    </>
  );
}

/// Loads the record, and again when something has changed.
function useRecord(kind: string, key: string) {
  const [shown, setShown] = useState<RecordShown | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const revision = useStore(live)?.revision ?? 0;
  const [turn, setTurn] = useState(0);
  const seen = useRef(0);
  useEffect(() => {
    let current = true;
    const background = seen.current > 0;
    seen.current += 1;
    call<RecordShown>('/api/record/show', { kind, key }, background).then(
      (loaded) => {
        if (!current) return;
        setShown(loaded);
        setProblem(null);
      },
      (e: unknown) => {
        if (current) setProblem(errorText(e));
      },
    );
    return () => {
      current = false;
    };
  }, [kind, key, revision, turn]);
  return { shown, problem, reload: () => setTurn((n) => n + 1) };
}

export function RecordScreen({ kind: name, id, resume }: { kind: string; id: string; resume: UnsavedEdit | undefined }) {
  const kind = kindOf(name);
  const { shown, problem, reload } = useRecord(name, id);
  const [tab, setTab] = useState<'form' | 'history'>('form');
  if (!shown) return problem ? <Problem text={problem} onRetry={reload} /> : <p aria-busy="true">{t('loading')}</p>;
  const title = shown.fields[kind.name_field];
  return (
    <>
      <Title>{typeof title === 'string' && title !== '' ? title : labelOf(kind.label)}</Title>
      <p class="quiet">
        {labelOf(kind.label)} · {labelOf(kind.key_label)} {formatKey(name, shown.key)}{' '}
        {shown.conflict && <Badge tone="warn">{t('mark_conflict')}</Badge>}{' '}
        {!shown.synced && <Badge>{t('mark_waiting')}</Badge>}
      </p>
      {problem && <Problem text={problem} onRetry={reload} />}
      {shown.conflict && (
        <div class="notice warn">
          <p>{t('conflict_here')}</p>
          <LinkTo to={{ screen: 'conflicts' }}>{t('conflict_open')}</LinkTo>
        </div>
      )}
      <div class="tabs">
        {(['form', 'history'] as const).map((each) => (
          <button
            type="button"
            key={each}
            class={tab === each ? 'tab current' : 'tab'}
            aria-pressed={tab === each}
            onClick={() => setTab(each)}
          >
            {t(each === 'form' ? 'tab_form' : 'tab_history')}
          </button>
        ))}
      </div>
      <div hidden={tab !== 'form'}>
        <FormTab kind={kind} shown={shown} reload={reload} resume={resume} />
      </div>
      {tab === 'history' && <HistoryTab kind={kind} shown={shown} reload={reload} />}
    </>
  );
}
