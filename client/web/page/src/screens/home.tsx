// Searching while typing, and what was used lately.
import { useEffect, useRef, useState } from 'preact/hooks';
import { call, type Counts, type Item } from '../api';
import { visibleText } from '../logic/entry';
import { ageAt, formatCount, formatKey } from '../logic/format';
import { go } from '../nav';
import { Badge, errorText, LinkTo, Problem } from '../parts/common';
import { NoticesPanel } from '../parts/notices';
import { Unsaved } from '../parts/unsaved';
import { kindOf, live, useStore } from '../store';
import { labelOf, t, tn } from '../texts';
import { DueList } from './due';

interface Found {
  term: string;
  items: Item[];
  count: number;
  /// Found only with one wrong letter.
  nearly: boolean;
}

/// How many results are shown at first, and how many more each time.
const PAGE = 50;
const MOST = 500;

function secondLine(item: Item): string {
  const age = item.born ? ageAt(item.born) : null;
  return [
    `${labelOf(kindOf(item.kind).label)} · ${labelOf(kindOf(item.kind).key_label)} ${formatKey(item.kind, item.key)}`,
    item.mother && t('mother_is', { name: item.mother }),
    item.city,
    age !== null && t('years', { n: age }),
  ]
    .filter(Boolean)
    .join(' · ');
}

export function ItemRow({ item, when = '' }: { item: Item; when?: string }) {
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
          {secondLine(item)}
        </span>
        {when !== '' && <span class="quiet">{t('changed_on', { when })}</span>}
        <span class="badges">
          {item.conflict && <Badge tone="warn">{t('mark_conflict')}</Badge>}
          {item.has_draft && <Badge tone="info">{t('mark_draft')}</Badge>}
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

function CountLinks({ counts }: { counts: Counts }) {
  return (
    <ul class="counts" aria-label={t('counts')}>
      <li>
        <LinkTo to={{ screen: 'list', filter: { kind: 'patient' } }}>{tn('patients_one', 'patients_many', counts.patients, formatCount(counts.patients))}</LinkTo>
      </li>
      {counts.drafts > 0 && (
        <li>
          <LinkTo to={{ screen: 'list', filter: { draft: true } }}>{tn('drafts_one', 'drafts_many', counts.drafts, formatCount(counts.drafts))}</LinkTo>
        </li>
      )}
      {counts.conflicts > 0 && (
        <li>
          <LinkTo to={{ screen: 'conflicts' }}>{tn('conflict_one', 'conflict_many', counts.conflicts, formatCount(counts.conflicts))}</LinkTo>
        </li>
      )}
      {counts.unsent > 0 && (
        <li>
          <LinkTo to={{ screen: 'list', filter: { unsent: true } }}>{tn('unsent_one', 'unsent_many', counts.unsent, formatCount(counts.unsent))}</LinkTo>
        </li>
      )}
    </ul>
  );
}

export function HomeScreen() {
  const [term, setTerm] = useState('');
  const [found, setFound] = useState<Found | null>(null);
  const [recent, setRecent] = useState<Item[]>([]);
  const [counts, setCounts] = useState<Counts | null>(null);
  const [limit, setLimit] = useState(PAGE);
  /// Enter was pressed before the results were there.
  const opening = useRef(false);
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
    call<{ items: Item[]; counts: Counts }>('/api/recent', undefined, true).then(
      (r) => {
        setRecent(r.items);
        setCounts(r.counts);
      },
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
    call<Omit<Found, 'term'>>('/api/search', { term, limit }, background).then(
      (answer) => {
        if (mine !== turn.current) return;
        setFound({ ...answer, term });
        setProblem(null);
        if (opening.current) openFirst(answer.items);
      },
      (e: unknown) => {
        if (mine === turn.current) setProblem(errorText(e));
      },
    );
  }, [term, revision, limit]);

  function openFirst(items: Item[]): void {
    opening.current = false;
    const first = items[0];
    if (first) void go({ screen: 'record', kind: first.kind, key: first.key });
  }
  const onEnter = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || visibleText(term) === '') return;
    event.preventDefault();
    if (found?.term === term) openFirst(found.items);
    else opening.current = true;
  };
  const type = (text: string) => {
    opening.current = false;
    setLimit(PAGE);
    setTerm(text);
  };

  const shown = found?.items ?? [];
  return (
    <div ref={box} onKeyDown={(e) => moveFocus(e, box.current)}>
      <h1 class="hidden-visually">{t('home')}</h1>
      <Unsaved />
      <NoticesPanel />
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
          onInput={(e) => type(e.currentTarget.value)}
          onKeyDown={onEnter}
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
        {found?.nearly ? ` ${t('found_nearly')}` : ''}
        {found && found.count > shown.length ? ` ${t('found_more', { n: shown.length })}` : ''}
      </p>
      {found ? (
        <>
          <ul class="items" aria-label={t('search_results')} data-term={found.term}>
            {shown.map((item) => (
              <ItemRow key={`${item.kind} ${item.key}`} item={item} />
            ))}
          </ul>
          {found.count > shown.length && limit < MOST && (
            <button type="button" class="secondary" onClick={() => setLimit(Math.min(limit + PAGE, MOST))}>
              {t('show_more')}
            </button>
          )}
        </>
      ) : (
        <>
        {counts && <CountLinks counts={counts} />}
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
