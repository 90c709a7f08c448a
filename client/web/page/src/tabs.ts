// Another tab of the same browser: the doctor opens a link of the page in a new tab. It has no secret and
// asks the tabs of this origin for a token; one that is open gets it from the program. The channel reaches
// this origin only, port included.
import { call } from './api';
import { session } from './store';
import { randomName } from './tab';

const CHANNEL = 'autocusto.tab';
/// A tab answers within one request to the program on this laptop.
const PATIENCE = 1500;

interface Asking {
  ask: string;
}
interface Giving {
  to: string;
  token: string;
}
type Message = Asking | Giving;

/// A token from a tab that is open; null when there is none.
export function askOtherTabs(): Promise<string | null> {
  return new Promise((resolve) => {
    const channel = new BroadcastChannel(CHANNEL);
    const mine = randomName();
    const end = (token: string | null) => {
      clearTimeout(timer);
      channel.close();
      resolve(token);
    };
    const timer = setTimeout(() => end(null), PATIENCE);
    channel.onmessage = (event: MessageEvent<Message>) => {
      if ('to' in event.data && event.data.to === mine) end(event.data.token);
    };
    channel.postMessage({ ask: mine } satisfies Asking);
  });
}

/// Answers other tabs from now on, while this one is open.
export function answerOtherTabs(): () => void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = (event: MessageEvent<Message>) => {
    if (!('ask' in event.data) || session.get()?.state !== 'open') return;
    const to = event.data.ask;
    call<{ token: string }>('/api/tab', {}).then(
      ({ token }) => channel.postMessage({ to, token } satisfies Giving),
      () => undefined,
    );
  };
  return () => channel.close();
}
