// Looking for a medicine in the reference catalogue while typing. Where there is none, the form takes any
// text.
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { findMedicines, type FoundMedicine } from '../logic/reference';
import { visibleText } from '../logic/entry';
import type { Row } from '../api';
import { t } from '../texts';

export function MedicineSearch({ cid, number, onTake }: { cid: string; number: number; onTake: (row: Row) => void }) {
  const id = useId();
  const [term, setTerm] = useState('');
  const [found, setFound] = useState<FoundMedicine[]>([]);
  const turn = useRef(0);
  useEffect(() => {
    const mine = (turn.current += 1);
    if (visibleText(term) === '') {
      setFound([]);
      return undefined;
    }
    const timer = setTimeout(() => {
      void findMedicines(term, cid).then((all) => {
        if (mine === turn.current) setFound(all);
      });
    }, 150);
    return () => clearTimeout(timer);
  }, [term, cid]);
  return (
    <div class="field wide medicine-search">
      <label for={id}>{t('medicine_search', { n: number })}</label>
      <input id={id} type="search" autocomplete="off" spellcheck={false} value={term} onInput={(e) => setTerm(e.currentTarget.value)} />
      {found.length > 0 && (
        <ul class="items" aria-label={t('search_results')}>
          {found.map((m) => (
            <li key={m.code}>
              <button
                type="button"
                class="plain"
                onClick={() => {
                  onTake({ codigo: m.code, nome: m.name, unidade: m.unit, controle: m.control });
                  setTerm('');
                }}
              >
                {m.name}
              </button>{' '}
              <span class="quiet">{m.code}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
