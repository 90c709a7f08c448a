// Asks the server how the session stands.
import { call, CallError, type Kind, type Session } from './api';
import { kinds, session, tellTrouble } from './store';

export async function loadSession(): Promise<void> {
  try {
    const now = await call<Session>('/api/session', undefined, true);
    if (kinds.get().length === 0) {
      kinds.set((await call<{ kinds: Kind[] }>('/api/kinds', undefined, true)).kinds);
    }
    tellTrouble(null);
    session.set(now);
  } catch (e) {
    // What is wrong was told by `onSessionEnd`.
    if (!(e instanceof CallError)) throw e;
  }
}
