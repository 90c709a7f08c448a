// Small pieces that several screens use.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { CallError } from '../api';
import { go, type Route } from '../nav';
import { t } from '../texts';

export function errorText(e: unknown): string {
  if (e instanceof CallError && e.message !== '') return e.message;
  return t('error_generic');
}

/// What carries the ref takes the focus when it appears, so that the keyboard and screen readers are where
/// the eyes are.
export function useFocused<T extends HTMLElement>() {
  const target = useRef<T>(null);
  useEffect(() => {
    target.current?.focus();
  }, []);
  return target;
}

/// The heading of a screen.
export function Title({ children }: { children: ComponentChildren }) {
  const heading = useFocused<HTMLHeadingElement>();
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children}
    </h1>
  );
}

export function Problem({ text, onRetry }: { text: string; onRetry?: () => void }) {
  return (
    <div class="notice bad" role="alert">
      <p>{text}</p>
      {onRetry && (
        <button type="button" class="secondary" onClick={onRetry}>
          {t('try_again')}
        </button>
      )}
    </div>
  );
}

export function Badge({ children, tone = '' }: { children: ComponentChildren; tone?: string }) {
  return <span class={`badge ${tone}`}>{children}</span>;
}

export function LinkTo({ to, children, current }: { to: Route; children: ComponentChildren; current?: boolean }) {
  return (
    <a
      href={`#/${to.screen}`}
      {...(current ? { 'aria-current': 'page' as const } : {})}
      onClick={(event) => {
        event.preventDefault();
        void go(to);
      }}
    >
      {children}
    </a>
  );
}

/// Loads something when `again` changes; keeps showing the old until the new is there.
export function useLoaded<T>(load: () => Promise<T>, again: string | number): {
  value: T | null;
  problem: string | null;
  reload: () => void;
} {
  const [value, setValue] = useState<T | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [turn, setTurn] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  useEffect(() => {
    let current = true;
    latest.current().then(
      (loaded) => {
        if (!current) return;
        setValue(() => loaded);
        setProblem(null);
      },
      (e: unknown) => {
        if (current) setProblem(errorText(e));
      },
    );
    return () => {
      current = false;
    };
  }, [again, turn]);
  return { value, problem, reload: () => setTurn((n) => n + 1) };
}
