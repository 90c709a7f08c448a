// A record: registering a new one, and one that is there with its form and its history.
import { useEffect, useRef, useState } from 'preact/hooks';
import { call, CallError, type Item, type Kind, type RecordShown, type UnsavedEdit } from '../api';
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
import { FormBar } from '../parts/form_bar';
import { LiveCheck } from '../parts/print_check';
import { Unsaved } from '../parts/unsaved';
import { kindOf, live, useStore } from '../store';
import { labelOf, t, type TextKey } from '../texts';
import { HistoryTab } from './history';
import { PatientProcesses } from './patient_processes';
import { ProcessPaper } from './process_paper';
import { FormTab } from './record_form';
import { RecordSheet } from './record_sheet';

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

function focusKey(): void {
  document.getElementById('key')?.focus();
}

/// The name of the record that has this number already; null while there is none.
function useKnownKey(kind: string, key: string, whole: boolean): string | null {
  const [name, setName] = useState<string | null>(null);
  useEffect(() => {
    let current = true;
    setName(null);
    if (whole) {
      call<{ item: Item | null }>('/api/record/lookup', { kind, key }).then(
        (r) => current && setName(r.item ? r.item.name : null),
        () => undefined,
      );
    }
    return () => {
      current = false;
    };
  }, [kind, key, whole]);
  return name;
}

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
  const keyWrong = validKey(isProcess ? 'cid' : kind.key, typed);
  const shownKeyProblem = keyProblem ?? (left && keyWrong ? wrongText(keyWrong) : null);
  const known = useKnownKey(name, key, keyWrong === null);
  const openIt = { label: t('exists_open'), run: () => void go({ screen: 'record', kind: name, key }) };
  const save = async (draft: boolean) => {
    setLeft(true);
    if (keyWrong) {
      editor.tell({ text: wrongText(keyWrong), bad: true, action: { label: t('go_to_field'), run: focusKey } });
      focusKey();
      return;
    }
    const done = await editor.save({ key, draft, expect: null });
    if (!done) return;
    if (done instanceof CallError) {
      if (done.code === 'invalid_key') setKeyProblem(done.message);
      editor.tell({
        text: done.code === 'already_exists' ? t('exists') : errorText(done),
        bad: true,
        focus: true,
        ...(done.code === 'already_exists' ? { action: openIt } : {}),
      });
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
                editor.tell(null);
              }}
              onBlur={() => setLeft(typed !== '')}
            />
            <small id="key-wrong" class={shownKeyProblem ? 'wrong' : ''}>
              {shownKeyProblem ?? ''}
            </small>
          </div>
          {isProcess && <DiseaseName typed={typed} onTake={setKey} />}
        </div>
        <EditedFields kind={kind} editor={editor} cid={isProcess ? typed : ''} />
        {isProcess && !keyWrong && <LiveCheck id={key} fields={editor.fields} />}
        <FormBar answer={editor.answer ?? (known === null ? null : { text: t('exists_named', { name: known || t('empty') }), action: openIt })}>
          <button type="submit" disabled={editor.busy} aria-busy={editor.busy}>
            {t('save')}
          </button>
          <button type="button" class="secondary" disabled={editor.busy} onClick={() => void save(true)}>
            {t('save_draft')}
          </button>
        </FormBar>
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
  const [tab, setTab] = useState<'form' | 'sheet' | 'history'>('form');
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
      {!resume && <Unsaved kind={name} id={shown.key} />}
      {shown.conflict && (
        <div class="notice warn">
          <p>{t('conflict_here')}</p>
          <LinkTo to={{ screen: 'conflicts' }}>{t('conflict_open')}</LinkTo>
        </div>
      )}
      {name === 'patient' && <PatientProcesses id={shown.key} />}
      {name === 'process' && <ProcessPaper shown={shown} act={act} />}
      <div class="tabs">
        {(['form', 'sheet', 'history'] as const).map((each) => (
          <button
            type="button"
            key={each}
            class={tab === each ? 'tab current' : 'tab'}
            aria-pressed={tab === each}
            data-tab={each}
            onClick={() => setTab(each)}
          >
            {t(`tab_${each}`)}
          </button>
        ))}
      </div>
      <div hidden={tab !== 'form'}>
        <FormTab kind={kind} shown={shown} reload={reload} resume={resume} />
      </div>
      {tab === 'sheet' && <RecordSheet kind={kind} shown={shown} />}
      {tab === 'history' && <HistoryTab kind={kind} shown={shown} reload={reload} />}
    </>
  );
}
