// What still keeps a process from being printed, by the numbers of the boxes.
import { useEffect, useState } from 'preact/hooks';
import { call, type Checked, type Fields, type FieldProblem } from '../api';
import { todayIso } from '../logic/format';
import { t, tn } from '../texts';

export function ProblemList({ problems }: { problems: FieldProblem[] }) {
  return (
    <ul>
      {problems.map((p) => (
        <li key={`${p.code ?? ''} ${p.field}`}>{p.message}</li>
      ))}
    </ul>
  );
}

/// Of what stands in the form now, saved or not.
export function LiveCheck({ id, fields }: { id: string; fields: Fields }) {
  const [found, setFound] = useState<Checked | null>(null);
  const text = JSON.stringify(fields);
  useEffect(() => {
    let current = true;
    const timer = setTimeout(() => {
      call<Checked>('/api/process/check', { key: id, start: todayIso(), fields: JSON.parse(text) as Fields }, true).then(
        (r) => current && setFound(r),
        // What is not right in a field is shown beside it.
        () => current && setFound(null),
      );
    }, 700);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [id, text]);
  if (!found) return null;
  const n = found.problems.length;
  return (
    <details class="live-check">
      <summary>
        <span role="status">{n === 0 ? t('check_fine') : tn('check_one', 'check_many', n)}</span>
      </summary>
      <ProblemList problems={[...found.problems, ...found.warnings]} />
    </details>
  );
}
