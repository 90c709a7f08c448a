// Paper of a process: printing and renewing it, and what was issued.
import { useEffect, useState } from 'preact/hooks';
import { call, CallError, callForPaper, type Emission, type FieldProblem, type Paper, type RecordShown } from '../api';
import { formatDate, splitKey, todayIso } from '../logic/format';
import { go, type PrintAct } from '../nav';
import { Badge, errorText, Problem, useFocused, useLoaded } from '../parts/common';
import { ask, say } from '../parts/dialog';
import { choiceText } from '../parts/field';
import { ProblemList } from '../parts/print_check';
import { live, useStore } from '../store';
import { t, tn } from '../texts';

const POLICIES = ['30dias', 'mensal', 'em-branco', 'todas-iguais'];
const DOCUMENTS = ['lme', 'receita', 'relatorio', 'exames'];

/// What the catalogue speaks against, and the doctor may print all the same.
const ALLOWANCES: Record<string, string> = { retired: 'retired', above_maximum: 'maximum' };

/// The address of a PDF in memory, for as long as it is shown. Nothing is stored.
function usePaperLink(paper: Paper | null): string {
  const [link, setLink] = useState('');
  useEffect(() => {
    if (!paper) {
      setLink('');
      return undefined;
    }
    const made = URL.createObjectURL(paper.pdf);
    setLink(made);
    return () => URL.revokeObjectURL(made);
  }, [paper]);
  return link;
}

function PaperReady({ paper }: { paper: Paper }) {
  const link = usePaperLink(paper);
  const open = useFocused<HTMLParagraphElement>();
  if (link === '') return null;
  return (
    <div class="notice info paper-ready">
      <p ref={open} tabIndex={-1} role="status">
        {t('paper_ready', { pages: paper.pages })} {paper.emission ? t('paper_emission', { mark: paper.emission }) : t('paper_draft')}
      </p>
      <a href={link} target="_blank" rel="noopener" role="button">
        {t('paper_open')}
      </a>{' '}
      {/* The name says nothing of the patient. */}
      <a href={link} download={`autocusto-${paper.emission || t('mark_draft')}.pdf`} role="button" class="secondary">
        {t('paper_download')}
      </a>
    </div>
  );
}

interface Order {
  start: string;
  months: string;
  dates: string;
  documents: string[];
}

function orderBody(key: string, order: Order, allow: string[]): object {
  return {
    key,
    start: order.start,
    ...(order.months === '' ? {} : { months: Number(order.months) }),
    ...(order.dates === '' ? {} : { dates: order.dates }),
    ...(order.documents.length === 0 ? {} : { documents: order.documents.join(',') }),
    ...(allow.length === 0 ? {} : { allow }),
  };
}

function usePrinting(act: PrintAct, key: string) {
  const [paper, setPaper] = useState<Paper | null>(null);
  const [problems, setProblems] = useState<FieldProblem[]>([]);
  const [failed, setFailed] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const print = async (order: Order, allow: string[]) => {
    setBusy(true);
    setPaper(null);
    setProblems([]);
    setFailed(null);
    try {
      setPaper(await callForPaper(`/api/process/${act}`, orderBody(key, order, allow)));
    } catch (e) {
      if (e instanceof CallError) setProblems(e.problems);
      setFailed(errorText(e));
    } finally {
      setBusy(false);
    }
  };
  return { paper, problems, failed, busy, print };
}

interface ChoiceProps {
  order: Order;
  act: PrintAct;
  set: (order: Order) => void;
}

function OrderInputs({ order, act, set }: ChoiceProps) {
  const usual = t(act === 'renew' ? 'as_last_time' : 'as_usual');
  return (
    <div class="fields">
      <div class="field">
        <label for="print-start">{t('print_start')}</label>
        <input id="print-start" type="date" required value={order.start} onInput={(e) => set({ ...order, start: e.currentTarget.value })} />
      </div>
      <div class="field">
        <label for="print-months">{t('print_months')}</label>
        <select id="print-months" value={order.months} onChange={(e) => set({ ...order, months: e.currentTarget.value })}>
          <option value="">{usual}</option>
          {['1', '2', '3', '4', '5', '6'].map((n) => (
            <option key={n} value={n}>
              {n}
            </option>
          ))}
        </select>
      </div>
      <div class="field">
        <label for="print-dates">{t('print_dates')}</label>
        <select id="print-dates" value={order.dates} onChange={(e) => set({ ...order, dates: e.currentTarget.value })}>
          <option value="">{usual}</option>
          {POLICIES.map((p) => (
            <option key={p} value={p}>
              {choiceText(p)}
            </option>
          ))}
        </select>
      </div>
      {act === 'print' && (
        <fieldset class="field">
          <legend>{t('print_documents')}</legend>
          {DOCUMENTS.map((d) => (
            <label key={d}>
              <input
                type="checkbox"
                checked={order.documents.includes(d)}
                onChange={(e) =>
                  set({ ...order, documents: DOCUMENTS.filter((x) => (x === d ? e.currentTarget.checked : order.documents.includes(x))) })
                }
              />
              {choiceText(d)}
            </label>
          ))}
        </fieldset>
      )}
    </div>
  );
}

function firstOrder(act: PrintAct, shown: RecordShown): Order {
  const more = (['relatorio', 'exames'] as const).filter((d) => (shown.fields[d] ?? '') !== '');
  return { start: todayIso(), months: '', dates: '', documents: act === 'print' ? ['lme', 'receita', ...more] : [] };
}

function PrintPanel({ shown, act }: { shown: RecordShown; act: PrintAct }) {
  const [order, setOrder] = useState(() => firstOrder(act, shown));
  const doing = usePrinting(act, shown.key);
  const allowable = [...new Set(doing.problems.flatMap((p) => ALLOWANCES[p.code ?? ''] ?? []))];
  const onlyAllowable = doing.problems.length > 0 && doing.problems.every((p) => (p.code ?? '') in ALLOWANCES);
  return (
    <section class="preview" aria-labelledby="print-title">
      <h2 id="print-title">{t(act === 'renew' ? 'renew_title' : 'print_title')}</h2>
      <p class="quiet">{t(act === 'renew' ? 'renew_text' : 'print_text')}</p>
      <form
        noValidate
        onSubmit={(e) => {
          e.preventDefault();
          void doing.print(order, []);
        }}
      >
        <OrderInputs order={order} act={act} set={setOrder} />
        <div class="actions">
          <button type="submit" disabled={doing.busy} aria-busy={doing.busy}>
            {t('make_pdf')}
          </button>
          {onlyAllowable && (
            <button type="button" class="danger" disabled={doing.busy} onClick={() => void doing.print(order, allowable)}>
              {t('print_anyway')}
            </button>
          )}
        </div>
      </form>
      {doing.failed && <Problem text={doing.failed} />}
      {doing.problems.length > 0 && <ProblemList problems={doing.problems} />}
      {doing.paper && <PaperReady paper={doing.paper} />}
    </section>
  );
}

function Emissions({ id }: { id: string }) {
  const revision = useStore(live)?.revision ?? 0;
  const { value } = useLoaded(() => call<{ items: Emission[] }>('/api/emission/list', { process: id }, true), revision);
  const [paper, setPaper] = useState<Paper | null>(null);
  const again = async (one: Emission) => {
    const cancelled = one.state === 'cancelada';
    if (cancelled && !(await ask({ text: t('reprint_cancelled'), yes: t('reprint') }))) return;
    setPaper(null);
    try {
      setPaper(await callForPaper('/api/emission/reprint', { emission: one.key, ...(cancelled ? { cancelled_too: true } : {}) }));
    } catch (e) {
      say(errorText(e), true);
    }
  };
  if (!value || value.items.length === 0) return null;
  return (
    <details class="emissions">
      <summary>{tn('emission_one', 'emission_many', value.items.length)}</summary>
      <ul class="plain-list">
        {value.items.map((one) => (
          <li key={one.key}>
            <strong>{formatDate(one.start)}</strong> {tn('months_one', 'months_many', Number(one.months))} ·{' '}
            <span class="quiet">{one.mark}</span> <Badge>{choiceText(one.state)}</Badge>{' '}
            <button
              type="button"
              class="secondary small"
              aria-label={t('reprint_of', { date: formatDate(one.start) })}
              onClick={() => void again(one)}
            >
              {t('reprint')}
            </button>{' '}
            <button type="button" class="plain" onClick={() => void go({ screen: 'record', kind: 'emission', key: one.key })}>
              {t('emission_state')}
            </button>
          </li>
        ))}
      </ul>
      {paper && <PaperReady paper={paper} />}
    </details>
  );
}

export function ProcessPaper({ shown, act }: { shown: RecordShown; act: PrintAct | undefined }) {
  const [panel, setPanel] = useState<PrintAct | null>(act ?? null);
  return (
    <>
      <div class="actions">
        {(['print', 'renew'] as const).map((each) => (
          <button
            type="button"
            key={each}
            class={each === 'print' ? '' : 'secondary'}
            aria-expanded={panel === each}
            onClick={() => setPanel(panel === each ? null : each)}
          >
            {t(each)}
          </button>
        ))}
        <button type="button" class="plain" onClick={() => void go({ screen: 'record', kind: 'patient', key: splitKey(shown.key)[0] })}>
          {t('see_patient')}
        </button>
      </div>
      {panel && <PrintPanel key={panel} shown={shown} act={panel} />}
      <Emissions id={shown.key} />
    </>
  );
}
