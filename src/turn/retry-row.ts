import type { CodexSignal } from '../codex/events/signal.js';

/** The row of retries that codex is in. */
export interface RetryRow {
  /** When the first one came, in ms of the process; undefined when the last signal was none. */
  since: number | undefined;
}

/**
 * Signals that may come between two retries without an end of the row: a command in the background
 * goes on writing while the model is away.
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
