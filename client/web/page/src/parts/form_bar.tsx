// The bar at the bottom of a form, always in sight: what can be done with it, and what came of it.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../texts';

export interface Answer {
  text: string;
  bad?: boolean;
  /// Whether it takes the focus; a wrong field may have it instead.
  focus?: boolean;
  action?: { label: string; run: () => void };
}

/// Ctrl+S saves the form that is in sight, whatever has the focus.
function useSaveKey(box: { current: HTMLElement | null }): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.key.toLowerCase() !== 's') return;
      event.preventDefault();
      const form = box.current?.closest('form');
      if (!form || form.closest('[hidden]') || document.querySelector('dialog[open]')) return;
      const at = document.activeElement;
      // A field is put in order when it is left.
      if (at instanceof HTMLElement && form.contains(at)) {
        at.blur();
        at.focus();
      }
      requestAnimationFrame(() => form.requestSubmit());
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [box]);
}

export function FormBar({ answer, children }: { answer: Answer | null; children: ComponentChildren }) {
  const box = useRef<HTMLDivElement>(null);
  const said = useRef<HTMLDivElement>(null);
  useSaveKey(box);
  useEffect(() => {
    if (answer?.focus) said.current?.focus();
  }, [answer]);
  return (
    <div ref={box} class="form-bar" role="region" aria-label={t('form_bar')}>
      <div ref={said} class={`answer ${answer?.bad ? 'bad' : ''}`} tabIndex={-1} role={answer?.bad ? 'alert' : 'status'} {...(answer ? { 'data-answer': '' } : {})}>
        {answer && <span>{answer.text}</span>}
        {answer?.action && (
          <button type="button" class="secondary small" onClick={answer.action.run}>
            {answer.action.label}
          </button>
        )}
      </div>
      <div class="actions">{children}</div>
    </div>
  );
}
