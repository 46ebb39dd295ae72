import { codexCan } from '../versions.js';

/** The default of `reconnect_timeout_ms`; codex's own retries take about 25 s. */
const DEFAULT_MS = 30_000;

const FEATURE = 'features.unbounded_connection_retries';

export interface RetryOptions {
  /** The setting `reconnect_timeout_ms`; 0 means no limit. */
  readonly reconnectMs: number;
  /** The operator's arguments for codex. */
  readonly extraArgs: readonly string[];
}

/**
 * The overrides with which codex gives up by itself after its own number of retries. None when the
 * operator allows more time than these take, or decides about the feature himself.
 */
export const retryOverrides = (
  version: string | undefined,
  { reconnectMs, extraArgs }: RetryOptions,
): string[] => {
  const isBounded = reconnectMs > 0 && reconnectMs <= DEFAULT_MS;
  const isEndless = codexCan(version, 'endlessRetries');
  const isDecided = extraArgs.some((arg) => arg.includes('unbounded_connection_retries'));
  return isBounded && isEndless && !isDecided ? [`${FEATURE}=false`] : [];
};
