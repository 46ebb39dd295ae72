import type { Usage } from '../../canonical/turn-event.js';

/** The last known token totals of threads, by thread id. */
export interface ThreadTotals {
  readonly get: (threadId: string) => Usage | undefined;
  readonly set: (threadId: string, total: Usage) => void;
}

/** Remembers the totals of the `limit` threads that reported last. */
export const createThreadTotals = (limit = 1_000): ThreadTotals => {
  const totals = new Map<string, Usage>();
  return {
    get: (threadId) => totals.get(threadId),
    set: (threadId, total) => {
      totals.delete(threadId);
      totals.set(threadId, total);
      const [oldest] = totals.keys();
      if (totals.size > limit && oldest !== undefined) totals.delete(oldest);
    },
  };
};
