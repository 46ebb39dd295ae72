import type { CodexSignal } from '../codex/events/signal.js';

/** Consecutive retries of codex to reconnect. */
export interface RetryRow {
  /** The time of the first one, in ms of the process; undefined while codex does not retry. */
  since: number | undefined;
}

/**
 * Signals that may come between two retries and do not end the row: a command in the background
 * writes on while codex has no connection.
 */
const BESIDE: ReadonlySet<CodexSignal['type']> = new Set(['alive', 'rollout.grew']);

/** Begins a row at a retry, and ends it at any signal that shows the model. */
export const trackRetries = (retries: RetryRow, { type }: CodexSignal): void => {
  if (type === 'error') retries.since ??= performance.now();
  else if (retries.since !== undefined && !BESIDE.has(type)) retries.since = undefined;
};

/** Milliseconds since the first retry of the row. */
export const retryMs = ({ since }: RetryRow): number => {
  const now = performance.now();
  return now - (since ?? now);
};
