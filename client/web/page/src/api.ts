// The JSON interface of the local server (docs/local-interface.md): types, calls, events.
// Nothing of a patient goes into an address: everything travels in bodies.
import { secret } from './tab';
import { language } from './texts/language';

/// Texts by the names of columns; an empty one may be left out.
export type Row = Record<string, string>;
/// A text, yes or no, a list of rows, or a map.
export type Value = string | boolean | Row[] | Row;
export type Fields = Record<string, Value>;

export interface Label {
  pt: string;
  en: string;
}
export type Rule =
  | 'none' | 'weight' | 'height' | 'cns' | 'email' | 'phone' | 'cep' | 'choice' | 'cpf' | 'cnes' | 'date' | 'digits';
export interface Column {
  name: string;
  max: number;
  required: boolean;
  rule: Rule;
  label: Label;
}
export interface FieldSpec {
  name: string;
  type: 'text' | 'boolean' | 'rows' | 'map';
  max: number;
  /// A text that may have line breaks.
  lines: boolean;
  required: boolean;
  /// The field that makes this one required, while it has `required_value` (empty: while it is true).
  required_when: string;
  required_value: string;
  max_rows: number;
  columns: Column[];
  rule: Rule;
  choices: string[];
  group: string;
  clinical: boolean;
  label: Label;
}
export interface Kind {
  kind: string;
  key: string;
  key_label: Label;
  label: Label;
  name_field: string;
  fields: FieldSpec[];
}
export interface Version {
  version_id: string;
  number: number;
  parents: string[];
  author: string;
  device: string;
  created_at: string;
  summary: string;
  status: 'active' | 'draft';
  /// A draft that was discarded, replaced or published.
  set_aside: boolean;
  active: boolean;
  head: boolean;
  synced: boolean;
  archived: boolean;
  erased: boolean;
}
export interface Item {
  kind: string;
  key: string;
  name: string;
  version_id: string;
  number: number;
  conflict: boolean;
  synced: boolean;
  draft: boolean;
  has_draft: boolean;
  /// Where lists show them: of a patient, and when the shown version was made.
  mother?: string;
  city?: string;
  born?: string;
  changed_at?: string;
}
export interface Counts {
  patients: number;
  drafts: number;
  conflicts: number;
  unsent: number;
}
/// Which records a list shows.
export interface ListFilter {
  kind?: string;
  draft?: boolean;
  unsent?: boolean;
  conflict?: boolean;
  sort?: 'name' | 'changed';
}
export interface RecordShown {
  kind: string;
  key: string;
  version: Version;
  fields: Fields;
  conflict: boolean;
  heads: string[];
  drafts: string[];
  synced: boolean;
  history: Version[];
}
export interface Saved {
  kind: string;
  key: string;
  version_id: string;
  number: number;
  created: boolean;
  changed: boolean;
}
export interface Side {
  version: Version;
  fields: Fields;
}
/// How an edit stands against what came meanwhile.
export interface Met {
  version: Version;
  theirs: Fields;
  /// Both joined; where both sides changed a field, the own value.
  fields: Fields;
  both: { field: string; theirs: Value; mine: Value }[];
}
export interface Change {
  field: string;
  from: Value;
  to: Value;
}
export interface Diff {
  from: Side;
  to: Side;
  changes: Change[];
}
export interface Conflict {
  kind: string;
  key: string;
  name: string;
  opened_at: string;
  head_ids: string[];
  heads: Side[];
  base: Side | null;
  /// The merge groups; one that is not `decided` waits for a person.
  groups: { name: string; decided: boolean }[];
}
export interface Refused {
  version_id: string;
  kind: string;
  key: string;
  name: string;
  code: string;
  reason: string;
  field: string;
  refused_at: string;
  in_quarantine: boolean;
  summary?: string;
  created_at?: string;
  changes?: Change[];
}
export interface Session {
  state: 'not_enrolled' | 'locked' | 'open';
  version: string;
  device_name: string;
  /// Why nothing is left here: the server has had this laptop erased.
  erased?: { user: string; server: string; device_name: string; at: string; code: string; message: string } | null;
}
export interface SyncState {
  phase: 'connecting' | 'sending' | 'receiving' | 'watching' | 'waiting';
  done: number;
  total: number;
  online: boolean;
  why: { code: string; message: string } | null;
}
/// What the status line shows; only `state` and `revision` while locked.
export interface Live {
  state: Session['state'];
  revision: number;
  sync?: SyncState;
  pending?: number;
  unconfirmed?: number;
  oldest_pending?: string | null;
  conflicts?: number;
  refused?: number;
  hidden?: number;
  notices?: number;
  update_needed?: boolean;
  unknown?: string[];
  last_sync?: string | null;
}
export interface Waiting {
  version_id: string;
  kind: string;
  key: string;
  name: string;
  waits_for: 'push' | 'feed' | 'surrender';
  discard: boolean;
  since: string;
}
export interface Notice {
  what: 'merged' | 'assigned' | 'moved' | 'taken';
  kind: string;
  key: string;
  name: string;
  at: string;
  /// Of `taken`: edits of this laptop that the server keeps in quarantine.
  edits: number;
}
export interface Status {
  user: string;
  role: string;
  device: string;
  device_name: string;
  server: string;
  records: number;
  /// Records that cannot be read.
  damaged: number;
  /// By how many seconds this laptop's clock is ahead of the server's; null: near enough.
  clock_ahead_seconds: number | null;
  waiting: Waiting[];
  waiting_count: number;
  notices: Notice[];
  exports: { at: string; records: number }[];
  idle_minutes: number;
  version: string;
}
export interface Resolution {
  kind: string;
  key: string;
  heads: string[];
  from: Record<string, string>;
  set: Fields;
  summary?: string;
}

/// What was typed in one form and not saved.
export interface UnsavedEdit {
  /// Names the form, so that several tabs do not take each other's text away.
  slot?: string;
  kind: string;
  key: string;
  name: string;
  /// The record is new; `key` is as typed.
  fresh: boolean;
  /// The draft that was being edited.
  draft?: string;
  fields: Fields;
  summary: string;
}

export interface FieldProblem {
  field: string;
  message: string;
  /// Of a print that was refused: a stable name, and the number of the box.
  code?: string;
  box?: string;
}
export interface ProcessItem extends Item {
  cid: string;
  diagnosis: string;
  state: string;
  due: string | null;
}
export interface DueItem {
  key: string;
  cid: string;
  diagnosis: string;
  name: string;
  due: string;
  overdue: boolean;
}
export interface Emission {
  key: string;
  mark: string;
  start: string;
  months: string;
  pages: string;
  state: string;
  rows: Row[];
}
export interface Checked {
  problems: FieldProblem[];
  warnings: FieldProblem[];
}
export interface Paper {
  pdf: Blob;
  pages: string;
  /// Empty for a draft.
  emission: string;
}

/// A refusal, with its sentence in the doctor's language.
export class CallError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly field: string = '',
    readonly limit: number | null = null,
    readonly problems: FieldProblem[] = [],
  ) {
    super(message);
  }
}

/// What the rest of the page wants to know of any call: that the session is over.
export const onSessionEnd: { tell: (code: 'locked' | 'unlinked' | 'gone') => void } = {
  tell: () => undefined,
};

interface ProblemBody {
  code?: string;
  detail?: string;
  field?: string;
  limit?: number;
  problems?: FieldProblem[];
}

async function refusal(response: Response): Promise<CallError> {
  let body: ProblemBody = {};
  try {
    body = (await response.json()) as ProblemBody;
  } catch {
    // not JSON: the code below says enough
  }
  const code = body.code ?? 'internal';
  if (code === 'session_expired') onSessionEnd.tell('locked');
  if (code === 'unauthorized') onSessionEnd.tell('unlinked');
  return new CallError(code, body.detail ?? '', body.field ?? '', body.limit ?? null, body.problems ?? []);
}

function headersOf(): Record<string, string> {
  const headers: Record<string, string> = { 'Accept-Language': language() === 'en' ? 'en' : 'pt-BR' };
  const mine = secret();
  if (mine) headers.Authorization = `Bearer ${mine}`;
  return headers;
}

async function answerOf(path: string, body: object | undefined, background: boolean): Promise<Response> {
  const headers = headersOf();
  if (body) headers['Content-Type'] = 'application/json';
  if (background) headers['X-AutoCusto-Background'] = '1';
  const how: RequestInit = { method: body ? 'POST' : 'GET', headers, cache: 'no-store', credentials: 'omit' };
  if (body) how.body = JSON.stringify(body);
  let response: Response;
  try {
    response = await fetch(path, how);
  } catch {
    onSessionEnd.tell('gone');
    throw new CallError('gone', '');
  }
  if (!response.ok) throw await refusal(response);
  return response;
}

/// `background`: the page asks by itself, so it does not count as somebody being there.
export async function call<T>(path: string, body?: object, background = false): Promise<T> {
  return (await (await answerOf(path, body, background)).json()) as T;
}

/// A call that answers a PDF.
export async function callForPaper(path: string, body: object): Promise<Paper> {
  const response = await answerOf(path, body, false);
  return {
    pdf: await response.blob(),
    pages: response.headers.get('X-AutoCusto-Pages') ?? '',
    emission: response.headers.get('X-AutoCusto-Emission') ?? '',
  };
}

/// A call that answers a file.
export async function callForFile(path: string, body: object): Promise<Blob> {
  return (await answerOf(path, body, false)).blob();
}

interface ServerEvent {
  event: number;
  /// Null when nothing has changed for a while.
  state: Live | null;
}

async function nextEvent(seen: number, signal: AbortSignal): Promise<ServerEvent> {
  const how: RequestInit = { headers: headersOf(), cache: 'no-store', credentials: 'omit', signal };
  const response = await fetch(`/api/events?seen=${seen}`, how);
  if (!response.ok) throw await refusal(response);
  return (await response.json()) as ServerEvent;
}

function pause(millis: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, millis);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/// Several failures without an answer mean that the program is gone.
const MOST_FAILURES = 3;

/// Calls `tell` with the state now and at every change, `lost` when the program is gone; returns the way
/// to stop. Each answer is one event; then the page asks for the next one.
export function listen(tell: (live: Live) => void, lost: () => void): () => void {
  const stop = new AbortController();
  const follow = async () => {
    let seen = 0;
    let failures = 0;
    while (!stop.signal.aborted) {
      try {
        const next = await nextEvent(seen, stop.signal);
        if (stop.signal.aborted) return;
        failures = 0;
        seen = next.event;
        if (next.state) tell(next.state);
      } catch (e) {
        if (stop.signal.aborted) return;
        // The end of the session was told by `onSessionEnd`.
        if (e instanceof CallError && e.code === 'unauthorized') return;
        failures += 1;
        if (failures > MOST_FAILURES) {
          lost();
          return;
        }
      }
      await pause(failures === 0 ? 20 : 300, stop.signal);
    }
  };
  void follow();
  return () => stop.abort();
}
