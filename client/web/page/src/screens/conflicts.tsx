// One card for each conflict: choose per group, look at the result, save. Nothing disappears before. Sides
// are called by the computer and the time, since numbers move.
import { useEffect, useRef, useState } from 'preact/hooks';
import { call, CallError, type Conflict, type Fields, type Kind, type Resolution, type Saved, type Version } from '../api';
import { groupsOf, resolutionOf, undecided, type Choice, type Group } from '../logic/groups';
import { emptyValue, isChanged } from '../logic/edits';
import { same } from '../logic/rows';
import { formatCount, formatKey, formatMoment, formatTime } from '../logic/format';
import { Badge, errorText, Problem, Title, useFocused, useLoaded } from '../parts/common';
import { say } from '../parts/dialog';
import { FieldInput, valueBeside, valueText } from '../parts/field';
import { RowsBeside } from '../parts/rows_beside';
import { kindOf, live, useStore } from '../store';
import { labelOf, t, tn } from '../texts';

/// "Casa, 4:27"
function sideName(v: Version): string {
  return [v.device || v.author, formatMoment(v.created_at)].join(', ');
}

function groupLabel(group: Group): string {
  return group.specs.map((s) => labelOf(s.label)).join(', ');
}

interface ValuesProps {
  group: Group;
  fields: Fields;
  before: Fields | undefined;
  beside: Fields[];
}

function Values({ group, fields, before, beside }: ValuesProps) {
  return (
    <>
      {group.specs.map((spec) => {
        const changed = before !== undefined && !same(before[spec.name], fields[spec.name]);
        // Rows stand side by side above.
        if (spec.type === 'rows') return null;
        const text = valueBeside(fields[spec.name], beside.map((other) => other[spec.name]));
        return (
          <span key={spec.name} class="value">
            {group.specs.length > 1 && <span class="quiet">{labelOf(spec.label)}: </span>}
            {changed ? <mark>{text}</mark> : text}
            {changed && <span class="hidden-visually"> ({t('changed_here')})</span>}
          </span>
        );
      })}
    </>
  );
}

function namedSides(conflict: Conflict) {
  const heads = conflict.heads.map((h) => ({ id: h.version.version_id, title: sideName(h.version), fields: h.fields }));
  return conflict.base ? [...heads, { id: 'before', title: t('take_before'), fields: conflict.base.fields }] : heads;
}

interface GroupProps {
  conflict: Conflict;
  group: Group;
  choice: Choice | undefined;
  onChoose: (choice: Choice) => void;
}

function GroupChoice({ conflict, group, choice, onChoose }: GroupProps) {
  const name = `${conflict.kind}-${conflict.key}-${group.name}`;
  const typed = choice?.what === 'typed' ? choice.values : null;
  const first = conflict.heads[0];
  const all = [...conflict.heads, ...(conflict.base ? [conflict.base] : [])].map((side) => side.fields);
  const startTyping = () => {
    const source = choice?.what === 'side' ? conflict.heads[choice.index] : first;
    onChoose({
      what: 'typed',
      values: Object.fromEntries(group.specs.map((s) => [s.name, source?.fields[s.name] ?? emptyValue(s)])),
    });
  };
  return (
    <fieldset class="choice">
      <legend>{groupLabel(group)}</legend>
      {group.specs
        .filter((spec) => spec.type === 'rows')
        .map((spec) => (
          <RowsBeside key={spec.name} spec={spec} sides={namedSides(conflict)} />
        ))}
      {conflict.heads.map((head, index) => (
        <label key={head.version.version_id}>
          <input
            type="radio"
            name={name}
            checked={choice?.what === 'side' && choice.index === index}
            onChange={() => onChoose({ what: 'side', index })}
          />
          <span>
            <span class="quiet">{sideName(head.version)}: </span>
            <Values group={group} fields={head.fields} before={conflict.base?.fields} beside={all} />
          </span>
        </label>
      ))}
      {conflict.base && (
        <label>
          <input type="radio" name={name} checked={choice?.what === 'before'} onChange={() => onChoose({ what: 'before' })} />
          <span>
            <span class="quiet">{t('take_before')}: </span>
            <Values group={group} fields={conflict.base.fields} before={undefined} beside={all} />
          </span>
        </label>
      )}
      <label>
        <input type="radio" name={name} checked={typed !== null} onChange={startTyping} />
        <span>{t('take_typed')}</span>
      </label>
      {typed && (
        <div class="fields">
          {group.specs.map((spec) => (
            <FieldInput
              key={spec.name}
              spec={spec}
              value={typed[spec.name] ?? emptyValue(spec)}
              required={spec.required}
              wrong={null}
              readOnly={false}
              onInput={(value) => onChoose({ what: 'typed', values: { ...typed, [spec.name]: value } })}
              onLeave={() => undefined}
            />
          ))}
        </div>
      )}
    </fieldset>
  );
}

function Sides({ conflict, onTakeAll }: { conflict: Conflict; onTakeAll: ((index: number) => void) | null }) {
  return (
    <ul class="sides" aria-label={t('sides')}>
      {conflict.heads.map((head, index) => (
        <li key={head.version.version_id}>
          <strong>{sideName(head.version)}</strong>{' '}
          {head.version.active && <Badge tone="good">{t('mark_active')}</Badge>}
          <p>{t('side_by', { who: head.version.author, when: formatTime(head.version.created_at) })}</p>
          <p class="quiet">
            {[t('version_number', { n: head.version.number }), head.version.summary].join(' · ')}
          </p>
          {onTakeAll && (
            <button type="button" class="secondary small" onClick={() => onTakeAll(index)}>
              {t('take_all', { side: sideName(head.version) })}
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}

function Preview(p: { kind: Kind; conflict: Conflict; fields: Fields; busy: boolean; onBack: () => void; onSave: () => void }) {
  const heading = useFocused<HTMLHeadingElement>();
  return (
    <div class="preview" role="region" aria-label={t('preview_title')}>
      <h3 ref={heading} tabIndex={-1}>{t('preview_title')}</h3>
      <p>{t('preview_text')}</p>
      <dl>
        {p.kind.fields.map((f) => {
          const changed = p.conflict.base ? !same(p.conflict.base.fields[f.name], p.fields[f.name]) : false;
          return (
            <div key={f.name} class={changed ? 'differs' : ''}>
              <dt>{labelOf(f.label)}</dt>
              <dd>
                {changed ? <mark>{valueText(p.fields[f.name])}</mark> : valueText(p.fields[f.name])}
                {changed && <span class="hidden-visually"> ({t('changed_here')})</span>}
              </dd>
            </div>
          );
        })}
      </dl>
      <div class="actions">
        <button type="button" disabled={p.busy} aria-busy={p.busy} onClick={p.onSave}>
          {t('resolve_do')}
        </button>
        <button type="button" class="secondary" onClick={p.onBack}>
          {t('preview_back')}
        </button>
      </div>
    </div>
  );
}

function useResolving(reload: () => void) {
  /// What was chosen, and what comes of it: only what was looked at is saved.
  const [preview, setPreview] = useState<{ how: Resolution; fields: Fields } | null>(null);
  const [busy, setBusy] = useState(false);
  const [problems, setProblems] = useState<string[]>([]);
  const run = async (act: () => Promise<void>) => {
    setBusy(true);
    setProblems([]);
    try {
      await act();
    } catch (e) {
      if (e instanceof CallError && e.code === 'view_moved') {
        say(t('conflict_moved'), true);
        reload();
      } else if (e instanceof CallError && e.problems.length > 0) {
        setProblems(e.problems.map((p) => p.message));
      } else {
        setProblems([errorText(e)]);
      }
      setPreview(null);
    } finally {
      setBusy(false);
    }
  };
  const look = (how: Resolution) =>
    run(async () => setPreview({ how, fields: (await call<{ fields: Fields }>('/api/conflicts/preview', how)).fields }));
  const save = () =>
    run(async () => {
      if (!preview) return;
      const done = await call<Saved>('/api/conflicts/resolve', preview.how);
      say(t('resolved', { n: done.number }));
      reload();
    });
  return { preview: preview?.fields ?? null, busy, problems, look, save, back: () => setPreview(null) };
}

function ConflictCard({ conflict, reload }: { conflict: Conflict; reload: () => void }) {
  const kind = kindOf(conflict.kind);
  const groups = groupsOf(kind, conflict);
  const [choices, setChoices] = useState<Map<string, Choice>>(new Map());
  const doing = useResolving(reload);
  const missing = undecided(groups, choices);
  const id = `conflict-${conflict.head_ids.join('').slice(0, 16)}`;
  const choose = (group: Group, choice: Choice) => setChoices(new Map(choices).set(group.name, choice));
  const takeAll = (index: number) => setChoices(new Map(groups.map((g) => [g.name, { what: 'side', index }])));
  const toDecide = useRef<HTMLHeadingElement>(null);
  const back = () => {
    doing.back();
    // Once it is drawn again.
    requestAnimationFrame(() => toDecide.current?.focus());
  };
  const [why, setWhy] = useState('');
  const how = (): Resolution => ({ ...resolutionOf(conflict, groups, choices), ...(why.trim() === '' ? {} : { summary: why.trim() }) });
  const decided = groups.filter((g) => g.decided);
  const differing = decided.filter((g) => conflict.heads.some((h) => conflict.heads[0] && isChanged(pick(g, conflict.heads[0].fields), pick(g, h.fields))));
  return (
    <article class="conflict" aria-labelledby={id} tabIndex={-1}>
      <header>
        <h2 id={id}>{conflict.name || t('empty')}</h2>
        <p class="quiet">
          {labelOf(kind.label)} · {labelOf(kind.key_label)} {formatKey(conflict.kind, conflict.key)}
          {conflict.opened_at && ` · ${t('conflict_since', { when: formatTime(conflict.opened_at) })}`}
        </p>
      </header>
      {conflict.heads.length < conflict.head_ids.length ? (
        <Problem text={t('side_erased')} />
      ) : (
        <>
          <Sides conflict={conflict} onTakeAll={doing.preview ? null : takeAll} />
          <div hidden={doing.preview !== null}>
            <h3 ref={toDecide} tabIndex={-1}>{t('groups_differ')}</h3>
            {groups
              .filter((g) => !g.decided)
              .map((g) => (
                <GroupChoice key={g.name} conflict={conflict} group={g} choice={choices.get(g.name)} onChoose={(c) => choose(g, c)} />
              ))}
            {differing.length > 0 && (
              <details>
                <summary>{tn('group_auto', 'groups_auto', differing.length)}</summary>
                <p class="quiet">{t('groups_auto_text')}</p>
                {differing.map((g) => (
                  <GroupChoice key={g.name} conflict={conflict} group={g} choice={choices.get(g.name)} onChoose={(c) => choose(g, c)} />
                ))}
              </details>
            )}
            {doing.problems.map((text) => (
              <Problem key={text} text={text} />
            ))}
            <div class="field">
              <label for={`${id}-why`}>{t('resolve_why')}</label>
              <input id={`${id}-why`} type="text" autocomplete="off" value={why} onInput={(e) => setWhy(e.currentTarget.value)} />
            </div>
            <p role="status">{missing.length > 0 ? t('undecided', { fields: missing.map(groupLabel).join('; ') }) : ''}</p>
            <button type="button" disabled={missing.length > 0 || doing.busy} onClick={() => void doing.look(how())}>
              {t('preview')}
            </button>
          </div>
          {doing.preview && (
            <Preview kind={kind} conflict={conflict} fields={doing.preview} busy={doing.busy} onBack={back} onSave={() => void doing.save()} />
          )}
        </>
      )}
    </article>
  );
}

function pick(group: Group, fields: Fields): Fields {
  return Object.fromEntries(group.specs.map((s) => [s.name, fields[s.name] ?? emptyValue(s)]));
}

/// What is chosen when all that is contested comes from one computer; null where it has no side.
function fromDevice(conflict: Conflict, device: string): Resolution | null {
  const index = conflict.heads.findIndex((h) => h.version.device === device);
  if (index < 0 || conflict.heads.length < conflict.head_ids.length) return null;
  const groups = groupsOf(kindOf(conflict.kind), conflict);
  return resolutionOf(conflict, groups, new Map(undecided(groups, new Map()).map((g) => [g.name, { what: 'side', index }])));
}

interface Planned {
  conflict: Conflict;
  how: Resolution;
  fields: Fields;
}

/// Several conflicts at once, always the same computer's values, looked at once before they are saved.
function ManyAtOnce({ conflicts, reload }: { conflicts: Conflict[]; reload: () => void }) {
  const [device, setDevice] = useState('');
  const [plan, setPlan] = useState<Planned[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const devices = [...new Set(conflicts.flatMap((c) => c.heads.map((h) => h.version.device)))].filter(Boolean);
  const count = (name: string) => conflicts.filter((c) => fromDevice(c, name) !== null).length;
  const run = async (act: () => Promise<void>) => {
    setBusy(true);
    setProblem(null);
    try {
      await act();
    } catch (e) {
      setProblem(errorText(e));
    } finally {
      setBusy(false);
    }
  };
  const look = () =>
    run(async () => {
      const planned: Planned[] = [];
      for (const conflict of conflicts) {
        const how = fromDevice(conflict, device);
        if (how) planned.push({ conflict, how, fields: (await call<{ fields: Fields }>('/api/conflicts/preview', how)).fields });
      }
      setPlan(planned);
    });
  const save = () =>
    run(async () => {
      let done = 0;
      try {
        for (const each of plan ?? []) {
          await call<Saved>('/api/conflicts/resolve', each.how);
          done += 1;
        }
      } finally {
        say(tn('resolved_one', 'resolved_many', done, formatCount(done)));
        setPlan(null);
        reload();
      }
    });
  return (
    <details class="many">
      <summary>{t('many_title')}</summary>
      <div class="actions">
        <label>
          {t('many_device')}
          <select
            value={device}
            onChange={(e) => {
              setDevice(e.currentTarget.value);
              setPlan(null);
            }}
          >
            <option value="">{t('choose')}</option>
            {devices.map((name) => (
              <option key={name} value={name}>
                {t('many_of', { device: name, n: formatCount(count(name)) })}
              </option>
            ))}
          </select>
        </label>
        <button type="button" class="secondary" disabled={busy || device === ''} onClick={() => void look()}>
          {t('preview')}
        </button>
      </div>
      {problem && <Problem text={problem} />}
      {plan && (
        <div class="preview" role="region" aria-label={t('preview_title')}>
          <h3>{t('preview_title')}</h3>
          <ul class="plain-list">
            {plan.map(({ conflict, fields }) => {
              const kind = kindOf(conflict.kind);
              const disputed = kind.fields.filter((f) => conflict.heads.some((h) => !same(h.fields[f.name], conflict.heads[0]?.fields[f.name])));
              return (
                <li key={`${conflict.kind} ${conflict.key}`}>
                  <strong>{conflict.name || t('empty')}</strong>{' '}
                  {disputed.map((f) => `${labelOf(f.label)}: ${valueText(fields[f.name])}`).join('; ')}
                </li>
              );
            })}
          </ul>
          <button type="button" disabled={busy || plan.length === 0} aria-busy={busy} onClick={() => void save()}>
            {t('many_do', { n: formatCount(plan.length) })}
          </button>
        </div>
      )}
    </details>
  );
}

/// `j` and `k` lead to the next conflict and the one before.
function useSteps(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || (event.key !== 'j' && event.key !== 'k')) return;
      if (event.target instanceof HTMLElement && event.target.closest('input:not([type=radio]), select, textarea, dialog')) return;
      const all = [...document.querySelectorAll<HTMLElement>('article.conflict')];
      const at = all.findIndex((each) => each.contains(document.activeElement));
      const next = all[event.key === 'j' ? at + 1 : at - 1];
      next?.focus();
      next?.scrollIntoView({ block: 'start' });
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
}

/// Which conflicts there are, in a few lines.
function Index({ conflicts }: { conflicts: Conflict[] }) {
  return (
    <details>
      <summary>{tn('conflict_one', 'conflict_many', conflicts.length, formatCount(conflicts.length))}</summary>
      <ol>
        {conflicts.map((c) => (
          <li key={`${c.kind} ${c.key}`}>
            {c.name || t('empty')} <span class="quiet">{c.heads.map((h) => sideName(h.version)).join(' · ')}</span>
          </li>
        ))}
      </ol>
    </details>
  );
}

export function ConflictsScreen() {
  const revision = useStore(live)?.revision ?? 0;
  useSteps();
  const { value, problem, reload } = useLoaded(
    () => call<{ items: Conflict[] }>('/api/conflicts', undefined, true),
    revision,
  );
  return (
    <>
      <Title>{t('conflicts')}</Title>
      {problem && <Problem text={problem} onRetry={reload} />}
      {value && (value.items.length === 0 ? <p>{t('conflicts_none')}</p> : <p>{t('conflicts_text')}</p>)}
      {value && value.items.length > 1 && <Index conflicts={value.items} />}
      {value && value.items.length > 1 && <ManyAtOnce conflicts={value.items} reload={reload} />}
      {value?.items.map((conflict) => (
        <ConflictCard
          key={`${conflict.kind} ${conflict.key} ${conflict.head_ids.join(' ')}`}
          conflict={conflict}
          reload={reload}
        />
      ))}
    </>
  );
}
