// The whole page: begins the session from the start link, follows the server's events, and shows the
// screen that fits. Nothing of a record is kept when the page locks.
import { useEffect } from 'preact/hooks';
import { call, listen, onSessionEnd, type Live } from './api';
import { forgetRoutes, returnToPlace, route, startNavigation } from './nav';
import { dismissAll, DialogHost } from './parts/dialog';
import { Frame } from './parts/frame';
import { Keys } from './parts/keys';
import { ConflictsScreen } from './screens/conflicts';
import { EnrollScreen, GoneScreen, UnlinkedScreen, UnlockScreen } from './screens/entry';
import { HelpScreen } from './screens/help';
import { HomeScreen } from './screens/home';
import { ListScreen } from './screens/list';
import { NewScreen, RecordScreen } from './screens/record';
import { SettingsScreen } from './screens/settings';
import { SyncScreen } from './screens/sync';
import { loadSession } from './session';
import { drawn, live, session, tellTrouble, trouble, useStore } from './store';
import { keepSecret, secret } from './tab';
import { answerOtherTabs, askOtherTabs } from './tabs';
import { t } from './texts';
import { watchForLeaving } from './typing';

const START_LINK = /^#inicio=([\w-]+)$/;

async function redeem(token: string): Promise<void> {
  try {
    keepSecret((await call<{ secret: string }>('/api/start', { token })).secret);
  } catch {
    // A link that was used before: perhaps this tab has its session already.
  }
}

/// Begins this tab's session: from the start link, or else through another tab that is open.
async function beginSession(): Promise<void> {
  const token = START_LINK.exec(location.hash)?.[1];
  if (token) {
    history.replaceState(null, '', '/');
    await redeem(token);
  }
  if (secret()) return;
  const given = await askOtherTabs();
  if (given) await redeem(given);
}

function closeRecords(): void {
  dismissAll();
  forgetRoutes();
}

function follow(now: Live): void {
  const known = session.get();
  live.set(now);
  if (!known || known.state === now.state) return;
  if (now.state !== 'open') closeRecords();
  session.set({ ...known, state: now.state });
  // Perhaps the server had everything here erased: the program knows why.
  if (now.state === 'not_enrolled') void loadSession();
}

/// Follows the server while the page is in sight. A page in the background holds no connection (a browser
/// has only six for all its windows) and shows nothing until the server has said how things stand: it
/// may be locked by now.
function followWhileSeen(): () => void {
  const place = document.getElementById('app');
  let stop: (() => void) | null = null;
  const seen = () => place?.classList.remove('away');
  const turn = () => {
    stop?.();
    stop = null;
    if (document.visibilityState === 'hidden') {
      place?.classList.add('away');
      return;
    }
    stop = listen(
      (now) => {
        follow(now);
        seen();
      },
      () => {
        onSessionEnd.tell('gone');
        seen();
      },
    );
  };
  document.addEventListener('visibilitychange', turn);
  turn();
  return () => {
    document.removeEventListener('visibilitychange', turn);
    stop?.();
  };
}

/// Tells the server that somebody is there, at most once in half a minute, while the doctor types
/// without anything being sent.
function reportPresence(): () => void {
  let told = Date.now();
  const tell = () => {
    if (session.get()?.state !== 'open' || Date.now() - told < 30000) return;
    told = Date.now();
    call('/api/present', {}).catch(() => undefined);
  };
  const kinds_ = ['keydown', 'pointerdown', 'scroll'] as const;
  for (const kind of kinds_) window.addEventListener(kind, tell, { passive: true });
  return () => {
    for (const kind of kinds_) window.removeEventListener(kind, tell);
  };
}

function Screen() {
  const at = useStore(route);
  switch (at.screen) {
    case 'home':
      return <HomeScreen />;
    case 'list':
      return <ListScreen key={JSON.stringify(at.filter ?? {})} filter={at.filter ?? {}} />;
    case 'conflicts':
      return <ConflictsScreen />;
    case 'sync':
      return <SyncScreen />;
    case 'settings':
      return <SettingsScreen />;
    case 'help':
      return <HelpScreen />;
    case 'new':
      return <NewScreen key={at.kind} kind={at.kind} resume={at.resume} about={at.about} />;
    case 'record':
      return <RecordScreen key={`${at.kind} ${at.key}`} kind={at.kind} id={at.key} resume={at.resume} act={at.act} />;
  }
}

function Shown() {
  const now = useStore(session);
  const wrong = useStore(trouble);
  if (wrong === 'gone' || wrong === 'ended') return <GoneScreen />;
  if (wrong === 'unlinked') return <UnlinkedScreen />;
  if (!now) return <p class="center" aria-busy="true">{t('loading')}</p>;
  if (now.state === 'not_enrolled') return <EnrollScreen />;
  if (now.state === 'locked') return <UnlockScreen />;
  return (
    <Frame>
      <Screen />
      <Keys />
    </Frame>
  );
}

export function App() {
  const turn = useStore(drawn);
  useEffect(() => {
    let stop: () => void = () => undefined;
    const quiet = reportPresence();
    const alone = answerOtherTabs();
    const kept = watchForLeaving();
    onSessionEnd.tell = (code) => {
      const known = session.get();
      if (code !== 'locked') tellTrouble(code);
      if (known?.state === 'open') {
        closeRecords();
        session.set({ ...known, state: 'locked' });
      }
    };
    const begin = async () => {
      await beginSession();
      await loadSession();
      if (session.get()?.state === 'open') await returnToPlace();
      if (!session.get()) return;
      stop();
      stop = followWhileSeen();
    };
    startNavigation();
    void begin();
    // A new start link in a window that shows the page already changes only what stands behind the #.
    const relinked = () => {
      if (!START_LINK.test(location.hash)) return;
      trouble.set(null);
      void begin();
    };
    window.addEventListener('hashchange', relinked);
    return () => {
      stop();
      quiet();
      alone();
      kept();
      window.removeEventListener('hashchange', relinked);
    };
  }, []);
  return (
    <div key={turn}>
      <Shown />
      <DialogHost />
    </div>
  );
}
