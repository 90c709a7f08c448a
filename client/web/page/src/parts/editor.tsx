// The state of a record's form: what it began from, what was typed, what is wrong, what is answered, and saving.
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { call, CallError, type FieldProblem, type Fields, type Kind, type Saved, type UnsavedEdit, type Value } from '../api';
import { changedFields, isChanged, wrongFields } from '../logic/edits';
import { guardLeaving } from '../nav';
import { session } from '../store';
import { randomName, tabName } from '../tab';
import { t, tn } from '../texts';
import { onHandOver } from '../typing';
import { errorText } from './common';
import { ask } from './dialog';
import type { Answer } from './form_bar';

export interface Editor {
  fields: Fields;
  before: Fields;
  changed: boolean;
  wrong: ReturnType<typeof wrongFields>;
  refused: FieldProblem[];
  visited: Set<string> | 'all';
  summary: string;
  busy: boolean;
  /// What the bar of the form says.
  answer: Answer | null;
  tell: (answer: Answer | null) => void;
  setSummary: (text: string) => void;
  input: (name: string, value: Value) => void;
  leave: (name: string) => void;
  begin: (before: Fields, now?: Fields) => void;
  /// Goes on typing from another starting point; the reason stays.
  moveTo: (before: Fields, now: Fields) => void;
  /// Goes on from what was typed before a lock.
  resume: (before: Fields, edit: UnsavedEdit) => void;
  /// Whether all is right; otherwise it is shown beside the fields.
  check: (draft: boolean) => boolean;
  /// Shows what the program refused beside the fields; false when it is about something else.
  showRefusal: (e: CallError) => boolean;
  /// Saves; the answer, or the error unless it is about fields, which are shown beside them.
  save: (what: { key: string; draft: boolean; expect: string | null }) => Promise<Saved | CallError | null>;
}

/// Moves the focus to the first field that is wrong.
export function focusFirstWrong(): void {
  // After the page was drawn again.
  requestAnimationFrame(() => {
    document.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  });
}

/// `prescricao` of `prescricao.2.qtd_3`.
function topName(field: string): string {
  return field.split('.')[0] ?? field;
}

function forgetUnsaved(slot: string): void {
  call('/api/unsaved', { slot }).catch(() => undefined);
}

/// Which slot the typing goes to: the record's in this tab, so that going on after a reload takes its place;
/// one of its own for each new record, whose key is not typed yet.
function slotFor(kind: string, key: string, fresh: boolean): string {
  return fresh ? `${tabName()} ${randomName()}` : `${tabName()} ${kind} ${key}`;
}

/// What is typed goes to the program a moment later, which keeps it through a lock; what was saved or left
/// on purpose is taken back.
function useSafekeeping(slot: { current: string }, edit: UnsavedEdit | null): void {
  const text = edit ? JSON.stringify(edit) : null;
  const kept = useRef(false);
  const waiting = useRef<string | null>(null);
  const hand = useCallback(async () => {
    const edit = waiting.current;
    if (edit === null) return;
    waiting.current = null;
    kept.current = true;
    await call('/api/unsaved', { slot: slot.current, edit: JSON.parse(edit) as UnsavedEdit }).catch(() => undefined);
  }, [slot]);
  useEffect(() => {
    if (text === null) {
      waiting.current = null;
      if (kept.current) forgetUnsaved(slot.current);
      kept.current = false;
      return undefined;
    }
    waiting.current = text;
    const timer = setTimeout(() => void hand(), 600);
    return () => clearTimeout(timer);
  }, [text, slot, hand]);
  useEffect(() => onHandOver(hand), [hand]);
  useEffect(
    () => () => {
      if (kept.current && session.get()?.state === 'open') forgetUnsaved(slot.current);
    },
    [slot],
  );
}

/// `fresh`: what the form began from is no version in use.
export function useEditor(kind: Kind, first: Fields, fresh: boolean, place: { key: string; fresh: boolean; draft?: string | undefined }): Editor {
  const [before, setBefore] = useState<Fields>(first);
  const [fields, setFields] = useState<Fields>(first);
  const [refused, setRefused] = useState<FieldProblem[]>([]);
  const [visited, setVisited] = useState<Set<string> | 'all'>(new Set());
  const [summary, setSummary] = useState('');
  const [busy, setBusy] = useState(false);
  const [answer, tell] = useState<Answer | null>(null);
  const changed = isChanged(before, fields) || summary !== '';
  const wrong = useMemo(() => wrongFields(kind, fields, before, { draft: false, fresh }), [kind, fields, before, fresh]);

  useEffect(() => {
    guardLeaving(
      changed
        ? () => ask({ title: t('leave_title'), text: t('leave_text'), yes: t('leave_drop'), no: t('leave_stay'), danger: true })
        : null,
    );
    return () => guardLeaving(null);
  }, [changed]);

  const name = fields[kind.name_field];
  const slot = useRef('');
  slot.current ||= slotFor(kind.kind, place.key, place.fresh);
  useSafekeeping(
    slot,
    changed
      ? {
          kind: kind.kind,
          key: place.key,
          name: typeof name === 'string' ? name : '',
          fresh: place.fresh,
          ...(place.draft === undefined ? {} : { draft: place.draft }),
          fields: changedFields(before, fields),
          summary,
        }
      : null,
  );

  const input = useCallback((name: string, value: Value) => {
    setFields((now) => ({ ...now, [name]: value }));
    setRefused((all) => all.filter((r) => topName(r.field) !== name));
    tell(null);
  }, []);
  const leave = useCallback((name: string) => {
    setVisited((all) => (all === 'all' ? all : new Set([...all, name])));
  }, []);
  const begin = useCallback((from: Fields, now?: Fields) => {
    setBefore(from);
    setFields(now ?? from);
    setRefused([]);
    setVisited(new Set());
    setSummary('');
    tell(null);
  }, []);
  const moveTo = useCallback((from: Fields, now: Fields) => {
    setBefore(from);
    setFields(now);
    setRefused([]);
  }, []);

  const resume = useCallback(
    (from: Fields, edit: UnsavedEdit) => {
      slot.current = edit.slot ?? '';
      begin(from, { ...from, ...edit.fields });
      setSummary(edit.summary);
    },
    [begin],
  );

  const check = (draft: boolean): boolean => {
    const problems = wrongFields(kind, fields, before, { draft, fresh });
    if (problems.size === 0) return true;
    setVisited('all');
    tell({ text: tn('fix_field', 'fix_fields', problems.size), bad: true, action: { label: t('go_to_field'), run: focusFirstWrong } });
    focusFirstWrong();
    return false;
  };

  const showRefusal = (e: CallError): boolean => {
    const listed = e.problems.length > 0 ? e.problems : [{ field: e.field, message: e.message }];
    const known = listed.filter((p) => kind.fields.some((f) => f.name === topName(p.field)));
    setRefused(known);
    if (known.length === 0) return false;
    tell({ text: errorText(e), bad: true, action: { label: t('go_to_field'), run: focusFirstWrong } });
    focusFirstWrong();
    return true;
  };

  const save: Editor['save'] = async (what) => {
    if (!check(what.draft)) return null;
    tell(null);
    setBusy(true);
    try {
      const done = await call<Saved>('/api/record/save', {
        kind: kind.kind,
        key: what.key,
        fields: what.expect === null ? fields : changedFields(before, fields),
        draft: what.draft,
        ...(what.expect === null ? { new: true } : { expect: what.expect }),
        ...(summary.trim() === '' ? {} : { summary: summary.trim() }),
      });
      forgetUnsaved(slot.current);
      return done;
    } catch (e) {
      if (!(e instanceof CallError)) throw e;
      return showRefusal(e) ? null : e;
    } finally {
      setBusy(false);
    }
  };

  return { fields, before, changed, wrong, refused, visited, summary, busy, answer, tell, setSummary, input, leave, begin, moveTo, resume, check, showRefusal, save };
}
