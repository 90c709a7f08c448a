// Searching while typing, and what was used lately.
import { useEffect, useRef, useState } from 'preact/hooks';
import { call, type Item, type UnsavedEdit } from '../api';
import { visibleText } from '../logic/entry';
import { formatCount, formatKey } from '../logic/format';
import { go } from '../nav';
import { Badge, errorText, Problem } from '../parts/common';
import { kindOf, live, useStore } from '../store';
import { labelOf, t, tn } from '../texts';
import { DueList } from './due';

interface Found {
  term: string;
  items: Item[];
  count: number;
}

export function ItemRow({ item }: { item: Item }) {
  return (
    <li>
      <a
        class="item"
        href="#/record"
        onClick={(event) => {
          event.preventDefault();
          void go({ screen: 'record', kind: item.kind, key: item.key });
        }}
      >
        <strong>{item.name || t('empty')}</strong>
        <span class="quiet">
          {labelOf(kindOf(item.kind).label)} · {labelOf(kindOf(item.kind).key_label)} {formatKey(item.kind, item.key)}
        </span>
        <span class="badges">
          {item.conflict && <Badge tone="warn">{t('mark_conflict')}</Badge>}
          {item.draft && <Badge tone="info">{t('mark_draft')}</Badge>}
          {!item.synced && <Badge>{t('mark_waiting')}</Badge>}
        </span>
      </a>
    </li>
  );
}

/// Arrow keys move through the links of the list.
function moveFocus(event: KeyboardEvent, box: HTMLElement | null): void {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
  const stops = [...(box?.querySelectorAll<HTMLElement>('input[type=search], a.item') ?? [])];
  const at = stops.indexOf(document.activeElement as HTMLElement);
  const next = stops[at + (event.key === 'ArrowDown' ? 1 : -1)];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

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

/// Offers what was typed before the page was locked or the program ended, in whichever tab.
function Unsaved() {
  const [edits, setEdits] = useState<UnsavedEdit[]>([]);
  useEffect(() => {
    call<{ edits: UnsavedEdit[] }>('/api/unsaved', undefined, true).then(
      (r) => setEdits(r.edits),
      () => undefined,
    );
  }, []);
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

export function HomeScreen() {
  const [term, setTerm] = useState('');
  const [found, setFound] = useState<Found | null>(null);
  const [recent, setRecent] = useState<Item[]>([]);
  const [problem, setProblem] = useState<string | null>(null);
  const revision = useStore(live)?.revision ?? 0;
  const input = useRef<HTMLInputElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const turn = useRef(0);
  const lastTerm = useRef('');

  useEffect(() => {
    input.current?.focus();
  }, []);
  useEffect(() => {
    call<{ items: Item[] }>('/api/recent', undefined, true).then(
      (r) => setRecent(r.items),
      (e: unknown) => setProblem(errorText(e)),
    );
  }, [revision]);
  useEffect(() => {
    const mine = (turn.current += 1);
    if (visibleText(term) === '') {
      setFound(null);
      lastTerm.current = '';
      return;
    }
    const background = lastTerm.current === term;
    lastTerm.current = term;
    call<Omit<Found, 'term'>>('/api/search', { term }, background).then(
      (answer) => {
        if (mine !== turn.current) return;
        setFound({ ...answer, term });
        setProblem(null);
      },
      (e: unknown) => {
        if (mine === turn.current) setProblem(errorText(e));
      },
    );
  }, [term, revision]);

  const shown = found?.items ?? [];
  return (
    <div ref={box} onKeyDown={(e) => moveFocus(e, box.current)}>
      <h1 class="hidden-visually">{t('home')}</h1>
      <Unsaved />
      <section class="finder" aria-label={t('search_label')}>
        <label for="search">{t('search_label')}</label>
        <input
          ref={input}
          id="search"
          type="search"
          autocomplete="off"
          spellcheck={false}
          value={term}
          aria-describedby="search-hint"
          onInput={(e) => setTerm(e.currentTarget.value)}
        />
        <small id="search-hint">{t('search_hint')}</small>
      </section>
      <div class="actions">
        <button type="button" onClick={() => void go({ screen: 'new', kind: 'patient' })}>
          {t('new_patient')}
        </button>
        <button type="button" class="secondary" onClick={() => void go({ screen: 'new', kind: 'clinic' })}>
          {t('new_clinic')}
        </button>
      </div>
      {problem && <Problem text={problem} />}
      <p class="count" role="status">
        {found &&
          (found.count === 0 ? t('found_none') : tn('found_one', 'found_many', found.count, formatCount(found.count)))}
        {found && found.count > shown.length ? ` ${t('found_more', { n: shown.length })}` : ''}
      </p>
      {found ? (
        <ul class="items" aria-label={t('search_results')} data-term={found.term}>
          {shown.map((item) => (
            <ItemRow key={`${item.kind} ${item.key}`} item={item} />
          ))}
        </ul>
      ) : (
        <>
        <DueList />
        <section aria-labelledby="recent">
          <h2 id="recent">{t('recent')}</h2>
          {recent.length === 0 ? (
            <p class="quiet">{t('recent_none')}</p>
          ) : (
            <ul class="items">
              {recent.map((item) => (
                <ItemRow key={`${item.kind} ${item.key}`} item={item} />
              ))}
            </ul>
          )}
        </section>
        </>
      )}
    </div>
  );
}
