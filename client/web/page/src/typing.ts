// What is typed and not handed to the program yet: before the page locks, ends or goes out of sight, it is.
import { call } from './api';

type HandOver = () => Promise<unknown>;
const waiting = new Set<HandOver>();

/// A form tells how its last key strokes are handed over; the answer takes it back.
export function onHandOver(hand: HandOver): () => void {
  waiting.add(hand);
  return () => {
    waiting.delete(hand);
  };
}

export async function handOverTyping(): Promise<void> {
  await Promise.all([...waiting].map((hand) => hand()));
}

export function watchForLeaving(): () => void {
  const leaving = () => {
    if (document.visibilityState === 'hidden') void handOverTyping();
  };
  document.addEventListener('visibilitychange', leaving);
  return () => document.removeEventListener('visibilitychange', leaving);
}

export async function lockPage(): Promise<void> {
  await handOverTyping();
  await call('/api/lock', {}).catch(() => undefined);
}
