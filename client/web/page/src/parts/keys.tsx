// Single keys while nobody types, and the list of what can be done (Ctrl+K), which also tells the keys.
import { useEffect, useRef, useState } from 'preact/hooks';
import { visibleText } from '../logic/entry';
import { go, route } from '../nav';
import { t, type TextKey } from '../texts';
import { lockPage } from '../typing';

interface Command {
  text: TextKey;
  keys: string;
  run: () => void;
}

function press(selector: string): void {
  document.querySelector<HTMLElement>(selector)?.click();
}
function focusSearch(): void {
  const box = document.getElementById('search');
  if (box) box.focus();
  // The first screen gives its search the focus.
  else void go({ screen: 'home' });
}
function focusForm(): void {
  press('[data-tab=form]');
  requestAnimationFrame(() => document.querySelector<HTMLElement>('form .field input, form .field select')?.focus());
}

const COMMANDS: Command[] = [
  { text: 'key_search', keys: '/', run: focusSearch },
  { text: 'new_patient', keys: 'n', run: () => void go({ screen: 'new', kind: 'patient' }) },
  { text: 'key_edit', keys: 'e', run: focusForm },
  { text: 'key_history', keys: 'h', run: () => press('[data-tab=history]') },
  { text: 'home', keys: 'g i', run: () => void go({ screen: 'home' }) },
  { text: 'list', keys: 'g l', run: () => void go({ screen: 'list' }) },
  { text: 'conflicts', keys: 'g c', run: () => void go({ screen: 'conflicts' }) },
  { text: 'sync', keys: 'g s', run: () => void go({ screen: 'sync' }) },
  { text: 'settings', keys: 'g a', run: () => void go({ screen: 'settings' }) },
  { text: 'new_clinic', keys: '', run: () => void go({ screen: 'new', kind: 'clinic' }) },
  { text: 'help', keys: '', run: () => void go({ screen: 'help' }) },
  { text: 'lock', keys: '', run: () => void lockPage() },
];

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]') !== null;
}

function Palette({ close }: { close: () => void }) {
  const box = useRef<HTMLDialogElement>(null);
  const [term, setTerm] = useState('');
  useEffect(() => box.current?.showModal(), []);
  const wanted = visibleText(term).toLowerCase();
  const shown = COMMANDS.filter((c) => t(c.text).toLowerCase().includes(wanted));
  const run = (command: Command | undefined) => {
    if (!command) return;
    close();
    command.run();
  };
  return (
    <dialog ref={box} aria-labelledby="palette-title" onCancel={close}>
      <article class="palette">
        <h2 id="palette-title">{t('palette_title')}</h2>
        <form
          onSubmit={(e) => {
            e.preventDefault();
            run(shown[0]);
          }}
        >
          <label for="palette">{t('palette_label')}</label>
          <input id="palette" type="text" autocomplete="off" value={term} onInput={(e) => setTerm(e.currentTarget.value)} />
        </form>
        <ul class="plain-list">
          {shown.map((c) => (
            <li key={c.text}>
              <button type="button" class="plain" onClick={() => run(c)}>
                {t(c.text)}
              </button>{' '}
              {c.keys !== '' && <kbd>{c.keys}</kbd>}
            </li>
          ))}
        </ul>
        <p class="quiet">{t('palette_more')}</p>
        <footer>
          <button type="button" class="secondary" onClick={close}>
            {t('close')}
          </button>
        </footer>
      </article>
    </dialog>
  );
}

export function Keys() {
  const [open, setOpen] = useState(false);
  /// `g` was pressed, and when.
  const led = useRef(0);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (document.querySelector('dialog[open]')) return;
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        setOpen(true);
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (event.key === '?') {
        event.preventDefault();
        setOpen(true);
        return;
      }
      const after = event.timeStamp - led.current < 1500;
      led.current = event.key === 'g' ? event.timeStamp : -Infinity;
      const command = COMMANDS.find((c) => c.keys === (after ? `g ${event.key}` : event.key));
      if (!command) return;
      event.preventDefault();
      command.run();
    };
    led.current = -Infinity;
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
  useEffect(() => route.watch(() => setOpen(false)), []);
  return open ? <Palette close={() => setOpen(false)} /> : null;
}
