// A record: registering a new one, and one that is there with its form and its history.
import { useEffect, useRef, useState } from 'preact/hooks';
import { call, CallError, type Kind, type RecordShown, type UnsavedEdit } from '../api';
import { validKey } from '../logic/checks';
import { emptyFields } from '../logic/edits';
import { formatKey, maskCpf, splitKey } from '../logic/format';
import { go, guardLeaving, type PrintAct } from '../nav';
import { Badge, errorText, LinkTo, Problem, Title } from '../parts/common';
import { say } from '../parts/dialog';
import { useEditor } from '../parts/editor';
import { wrongText } from '../parts/field';
import { DiseaseName } from '../parts/disease';
import { EditedFields } from '../parts/form';
import { LiveCheck } from '../parts/print_check';
import { kindOf, live, useStore } from '../store';
import { labelOf, t, type TextKey } from '../texts';
import { HistoryTab } from './history';
import { PatientProcesses } from './patient_processes';
import { ProcessPaper } from './process_paper';
import { FormTab } from './record_form';

interface NewProps {
  kind: string;
  resume: UnsavedEdit | undefined;
  /// Whose process it is.
  about: string | undefined;
}

const TITLES: Record<string, TextKey> = {
  patient: 'new_patient',
  clinic: 'new_clinic',
  process: 'new_process',
  doctor: 'new_doctor',
};

export function NewScreen({ kind: name, resume, about }: NewProps) {
  const kind = kindOf(name);
  const isProcess = name === 'process';
  const [patient, part] = isProcess ? splitKey(resume?.key ?? `${about ?? ''}/`) : ['', resume?.key ?? ''];
  /// What is typed of the key: of a process, the CID.
  const [typed, setKey] = useState(part);
  const key = isProcess ? `${patient}/${typed.trim()}` : typed;
  const editor = useEditor(kind, emptyFields(kind), true, { key, fresh: true });
  const { resume: goOn } = editor;
  useEffect(() => {
    if (resume) goOn(emptyFields(kindOf(name)), resume);
  }, [resume, goOn, name]);
  const [left, setLeft] = useState(false);
  const [keyProblem, setKeyProblem] = useState<string | null>(null);
  const [exists, setExists] = useState(false);
  const keyWrong = validKey(isProcess ? 'cid' : kind.key, typed);
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
      <Title>{t(TITLES[name] ?? 'new_patient')}</Title>
      {isProcess && <p class="quiet">{t('process_of', { key: formatKey('patient', patient) })}</p>}
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
              {isProcess ? t('cid') : labelOf(kind.key_label)} <span class="quiet">{t('required')}</span>
            </label>
            <input
              id="key"
              type="text"
              inputMode={isProcess || kind.key === 'crm' ? 'text' : 'numeric'}
              autocomplete="off"
              value={typed}
              aria-required="true"
              aria-describedby="key-wrong"
              {...(shownKeyProblem ? { 'aria-invalid': 'true' as const } : {})}
              onInput={(e) => {
                setKey(kind.key === 'cpf' ? maskCpf(e.currentTarget.value) : e.currentTarget.value);
                setKeyProblem(null);
                setExists(false);
              }}
              onBlur={() => setLeft(typed !== '')}
            />
            <small id="key-wrong" class={shownKeyProblem ? 'wrong' : ''}>
              {shownKeyProblem ?? ''}
            </small>
          </div>
          {isProcess && <DiseaseName typed={typed} onTake={setKey} />}
        </div>
        {exists && (
          <div class="notice warn" role="alert">
            <p>{t('exists')}</p>
            <button type="button" class="secondary" onClick={() => void go({ screen: 'record', kind: name, key })}>
              {t('exists_open')}
            </button>
          </div>
        )}
        <EditedFields kind={kind} editor={editor} cid={isProcess ? typed : ''} />
        {isProcess && !keyWrong && <LiveCheck id={key} fields={editor.fields} />}
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

interface RecordProps {
  kind: string;
  id: string;
  resume: UnsavedEdit | undefined;
  act: PrintAct | undefined;
}

/// A process is called by its disease: its key ends in the CID.
function titleOf(kind: Kind, shown: RecordShown): string {
  if (kind.kind === 'process') return `${labelOf(kind.label)} ${splitKey(shown.key)[1]}`;
  const title = shown.fields[kind.name_field];
  return typeof title === 'string' && title !== '' ? title : labelOf(kind.label);
}

export function RecordScreen({ kind: name, id, resume, act }: RecordProps) {
  const kind = kindOf(name);
  const { shown, problem, reload } = useRecord(name, id);
  const [tab, setTab] = useState<'form' | 'history'>('form');
  if (!shown) return problem ? <Problem text={problem} onRetry={reload} /> : <p aria-busy="true">{t('loading')}</p>;
  return (
    <>
      <Title>{titleOf(kind, shown)}</Title>
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
      {name === 'patient' && <PatientProcesses id={shown.key} />}
      {name === 'process' && <ProcessPaper shown={shown} act={act} />}
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
