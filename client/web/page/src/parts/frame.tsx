// What stands around every screen: menu and status line.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Live } from '../api';
import { formatAgo, formatCount, formatTime } from '../logic/format';
import { route } from '../nav';
import { live, useStore } from '../store';
import { t, tn } from '../texts';
import { lockPage } from '../typing';
import { LinkTo } from './common';

function useMinute(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 20000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

export function connection(now: Live | null): 'online' | 'offline' | 'stopped' | 'connecting' {
  if (!now?.sync) return 'connecting';
  if (now.sync.online) return now.sync.why ? 'stopped' : 'online';
  if (!now.sync.why) return 'connecting';
  return now.sync.why.code === 'unreachable' || now.sync.why.code === 'timeout' ? 'offline' : 'stopped';
}

function StatusLine() {
  const now = useStore(live);
  const clock = useMinute();
  const state = connection(now);
  const busy = now?.sync && (now.sync.phase === 'sending' || now.sync.phase === 'receiving') && now.sync.done > 0;
  /// Right after the unlock the page does not know yet, and claims nothing.
  const known = now?.pending !== undefined;
  const pending = now?.pending ?? 0;
  const conflicts = now?.conflicts ?? 0;
  const refused = now?.refused ?? 0;
  const notices = now?.notices ?? 0;
  return (
    <div class="status" role="region" aria-label={t('status_label')}>
      <span class={`dot ${state}`} aria-hidden="true" />
      <span aria-live="polite">
        {t(state)}
        {busy && now?.sync ? `, ${t(now.sync.phase)}` : ''}
      </span>
      {known && (
        <LinkTo to={{ screen: 'sync' }}>
          {pending === 0 ? t('waits_none') : tn('waits_one', 'waits_many', pending, formatCount(pending))}
        </LinkTo>
      )}
      {conflicts > 0 && (
        <LinkTo to={{ screen: 'conflicts' }}>{tn('conflict_one', 'conflict_many', conflicts, formatCount(conflicts))}</LinkTo>
      )}
      {refused > 0 && (
        <LinkTo to={{ screen: 'sync' }}>{tn('refused_one', 'refused_many', refused, formatCount(refused))}</LinkTo>
      )}
      {notices > 0 && (
        <LinkTo to={{ screen: 'sync' }}>{tn('notice_one', 'notice_many', notices, formatCount(notices))}</LinkTo>
      )}
      {known && (
        <span class="quiet" title={formatTime(now?.last_sync)}>
          {now?.last_sync ? t('last_sync', { ago: formatAgo(now.last_sync, clock) }) : t('last_sync_never')}
        </span>
      )}
    </div>
  );
}

/// A newer program has written what this one does not know.
function UpdateBanner() {
  const now = useStore(live);
  if (!now?.update_needed) return null;
  const unknown = now.unknown ?? [];
  return (
    <p class="notice info update" role="status">
      {t('update_needed')} {unknown.length > 0 && <span class="quiet">({unknown.slice(0, 5).join(', ')})</span>}
    </p>
  );
}

/// The number of conflicts stands in the title of the window; no name does.
function useTitle(): void {
  const conflicts = useStore(live)?.conflicts ?? 0;
  useEffect(() => {
    // eslint-disable-next-line no-restricted-syntax -- a number, and nothing of anybody
    document.title = conflicts > 0 ? `(${conflicts}) AutoCusto` : 'AutoCusto';
    return () => {
      // eslint-disable-next-line no-restricted-syntax -- as it was
      document.title = 'AutoCusto';
    };
  }, [conflicts]);
}

export function Frame({ children }: { children: ComponentChildren }) {
  const here = useStore(route).screen;
  useTitle();
  return (
    <>
      <a class="skip" href="#main" onClick={(e) => { e.preventDefault(); document.getElementById('main')?.focus(); }}>
        {t('skip')}
      </a>
      <header class="top">
        <nav aria-label={t('menu')}>
          <span class="brand" aria-hidden="true">AutoCusto</span>
          <ul>
            {(['home', 'list', 'conflicts', 'sync', 'settings', 'help'] as const).map((screen) => (
              <li key={screen}>
                <LinkTo to={{ screen }} current={here === screen}>
                  {t(screen)}
                </LinkTo>
              </li>
            ))}
            <li>
              <button type="button" class="outline small" onClick={() => void lockPage()}>
                {t('lock')}
              </button>
            </li>
          </ul>
        </nav>
        <StatusLine />
      </header>
      <main id="main" tabIndex={-1}>
        <UpdateBanner />
        {children}
      </main>
    </>
  );
}
