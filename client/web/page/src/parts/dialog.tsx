// Questions that must be answered, in the browser's own modal dialog; and short messages.
import { useEffect, useRef } from 'preact/hooks';
import { Store, useStore } from '../store';
import { t } from '../texts';

interface Question {
  title: string;
  text: string;
  yes: string;
  no: string;
  danger: boolean;
  answer: (yes: boolean) => void;
}

const question = new Store<Question | null>(null);
interface Message {
  text: string;
  bad: boolean;
  /// Undoes the save that the message reports.
  undo: (() => void) | undefined;
}
const message = new Store<Message | null>(null);

export function ask(what: { title?: string; text: string; yes: string; no?: string; danger?: boolean }): Promise<boolean> {
  return new Promise((resolve) => {
    question.get()?.answer(false);
    question.set({
      title: what.title ?? what.yes,
      text: what.text,
      yes: what.yes,
      no: what.no ?? t('cancel'),
      danger: what.danger ?? false,
      answer: resolve,
    });
  });
}

/// Says something for a few seconds; screen readers hear it.
export function say(text: string, bad = false, undo?: () => void): void {
  message.set({ text, bad, undo });
}

export function dismissAll(): void {
  question.get()?.answer(false);
  question.set(null);
  message.set(null);
}

function Asked({ what }: { what: Question }) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    box.current?.showModal();
  }, []);
  const done = (yes: boolean) => {
    question.set(null);
    what.answer(yes);
  };
  return (
    <dialog ref={box} aria-labelledby="asked-title" onCancel={() => done(false)}>
      <article>
        <h2 id="asked-title">{what.title}</h2>
        <p>{what.text}</p>
        <footer>
          <button type="button" class="secondary" onClick={() => done(false)}>
            {what.no}
          </button>
          <button type="button" class={what.danger ? 'danger' : ''} onClick={() => done(true)}>
            {what.yes}
          </button>
        </footer>
      </article>
    </dialog>
  );
}

export function DialogHost() {
  const asked = useStore(question);
  const said = useStore(message);
  useEffect(() => {
    if (!said) return undefined;
    const timer = setTimeout(() => message.set(null), said.bad || said.undo ? 12000 : 6000);
    return () => clearTimeout(timer);
  }, [said]);
  return (
    <>
      {asked && <Asked what={asked} />}
      <div class="said" role="status" aria-live="polite">
        {said && (
          <p class={said.bad ? 'bad' : 'good'}>
            {said.text}{' '}
            {said.undo && (
              <button
                type="button"
                class="plain"
                onClick={() => {
                  message.set(null);
                  said.undo?.();
                }}
              >
                {t('undo')}
              </button>
            )}{' '}
            <button type="button" class="plain" onClick={() => message.set(null)} aria-label={t('close')}>
              ×
            </button>
          </p>
        )}
      </div>
    </>
  );
}
