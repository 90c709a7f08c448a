// Which screen is shown. The address names the screen only: which record it is about stays in memory, so
// that no key of a patient stands in an address or in the browser's history. The program keeps the place of each
// tab in its memory, so that loading the page again leads there; a lock forgets it.
import { call, type ListFilter, type UnsavedEdit } from './api';
import { Store } from './store';
import { tabName } from './tab';

export type PrintAct = 'print' | 'renew';

export type Route =
  | { screen: 'home' | 'conflicts' | 'sync' | 'settings' | 'help' }
  | { screen: 'list'; filter?: ListFilter }
  /// `about`: whose process it is.
  | { screen: 'new'; kind: string; resume?: UnsavedEdit; about?: string }
  /// `act`: which panel of a process is open at first.
  | { screen: 'record'; kind: string; key: string; resume?: UnsavedEdit; act?: PrintAct };

export const route = new Store<Route>({ screen: 'home' });

const visited: Route[] = [{ screen: 'home' }];
let at = 0;
/// Set by a form with unsaved edits: answers whether it may be left.
let guard: (() => Promise<boolean>) | null = null;

export function guardLeaving(ask: (() => Promise<boolean>) | null): void {
  guard = ask;
}

function address(to: Route): string {
  return to.screen === 'home' ? '/' : `/#/${to.screen}`;
}

async function mayLeave(): Promise<boolean> {
  if (!guard) return true;
  const leave = await guard();
  if (leave) guard = null;
  return leave;
}

/// What leads there again; what was typed is kept elsewhere.
function placeOf(to: Route): Route {
  if (to.screen === 'new') return { screen: 'new', kind: to.kind, ...(to.about === undefined ? {} : { about: to.about }) };
  return to.screen === 'record' ? { screen: 'record', kind: to.kind, key: to.key } : to;
}

/// After the page was loaded again.
export async function returnToPlace(): Promise<void> {
  try {
    const { place } = await call<{ place: Route | null }>('/api/place', { tab: tabName() }, true);
    if (place && place.screen !== 'home' && route.get().screen === 'home') await go(place);
  } catch {
    // Home is as good a place.
  }
}

function show(to: Route): void {
  route.set(to);
  call('/api/place', { tab: tabName(), place: placeOf(to) }, true).catch(() => undefined);
  window.scrollTo(0, 0);
}

export async function go(to: Route): Promise<void> {
  if (!(await mayLeave())) return;
  at = visited.length;
  visited.push(to);
  history.pushState({ at }, '', address(to));
  show(to);
}

export function startNavigation(): void {
  // After a reload the record that was shown is not known any more.
  history.replaceState({ at: 0 }, '', location.hash.startsWith('#/') ? '/' : null);
  window.addEventListener('popstate', (event: PopStateEvent) => {
    const next = (event.state as { at?: number } | null)?.at ?? 0;
    const to = visited[next] ?? { screen: 'home' };
    if (!guard) {
      at = next;
      show(to);
      return;
    }
    // Stay until the doctor has decided.
    const here = visited[at] ?? { screen: 'home' };
    history.pushState({ at }, '', address(here));
    void mayLeave().then((leave) => {
      if (leave) void go(to);
    });
  });
  window.addEventListener('beforeunload', (event) => {
    if (guard) event.preventDefault();
  });
}

/// After a lock nothing of the former work may be reached by the back button.
export function forgetRoutes(): void {
  guard = null;
  visited.length = 0;
  visited.push({ screen: 'home' });
  at = 0;
  history.replaceState({ at: 0 }, '', '/');
  route.set({ screen: 'home' });
}
