// Which disease a CID stands for, and looking for one by name.
import { useEffect, useRef, useState } from 'preact/hooks';
import { visibleText } from '../logic/entry';
import { findDiseases, type FoundDisease } from '../logic/reference';
import { t } from '../texts';

export function DiseaseName({ typed, onTake }: { typed: string; onTake: (cid: string) => void }) {
  const [found, setFound] = useState<FoundDisease[]>([]);
  const turn = useRef(0);
  useEffect(() => {
    const mine = (turn.current += 1);
    if (visibleText(typed) === '') {
      setFound([]);
      return undefined;
    }
    const timer = setTimeout(() => {
      void findDiseases(typed).then((all) => {
        if (mine === turn.current) setFound(all.slice(0, 6));
      });
    }, 150);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <div class="field" role="status" aria-label={t('diagnosis')}>
      {found.map((d) => (
        <p key={d.cid} class="found-disease">
          {d.cid === typed.trim().toUpperCase() ? (
            <strong>
              {d.cid} · {d.name}
            </strong>
          ) : (
            <button type="button" class="plain" onClick={() => onTake(d.cid)}>
              {d.cid} · {d.name}
            </button>
          )}
        </p>
      ))}
    </div>
  );
}
