// State shared by the screens: a value, those who watch it, and hooks for it. In memory only.
import { useEffect, useState } from 'preact/hooks';
import type { Kind, Live, Session } from './api';

export class Store<T> {
  private watchers = new Set<(value: T) => void>();
  constructor(private value: T) {}
  get(): T {
    return this.value;
  }
  set(value: T): void {
    this.value = value;
    for (const each of [...this.watchers]) each(value);
  }
  watch(watcher: (value: T) => void): () => void {
    this.watchers.add(watcher);
    return () => {
      this.watchers.delete(watcher);
    };
  }
}

export function useStore<T>(store: Store<T>): T {
  const [value, setValue] = useState<T>(() => store.get());
  useEffect(() => {
    setValue(() => store.get());
    return store.watch((next) => setValue(() => next));
  }, [store]);
  return value;
}

/// What keeps the whole page from being shown, besides the lock. `ended`: the doctor has quit.
export type Trouble = 'unlinked' | 'gone' | 'ended' | null;

export const session = new Store<Session | null>(null);
export const live = new Store<Live | null>(null);
export const trouble = new Store<Trouble>(null);
/// Answers that come while the program ends change nothing of what is shown once the doctor has quit.
export function tellTrouble(next: Trouble): void {
  if (trouble.get() !== 'ended') trouble.set(next);
}

export const kinds = new Store<Kind[]>([]);
/// Grows when the language changes, so that everything is drawn again.
export const drawn = new Store(0);

export function kindOf(name: string): Kind {
  const found = kinds.get().find((each) => each.kind === name);
  if (!found) throw new Error('an unknown kind of record');
  return found;
}
