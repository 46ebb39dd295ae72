import { type CodexSettings, readSettings } from '../config-toml.js';
import { NO_GOALS } from '../exec/goals.js';
import { type RetryOptions, retryOverrides } from '../exec/retries.js';
import { codexCan } from '../versions.js';

/**
 * The default of codex. An older app-server that starts with earlier threads and without a
 * personality writes this line into the operator's config.toml; named as an override, it is only
 * used. The requests to the model are the same (src/codex/README.md, the app-server).
 */
const PERSONALITY = 'personality="pragmatic"';

export interface OverridesOptions extends RetryOptions {
  /** The folder of codex's own config. */
  readonly home: string;
}

/** The plugin's `-c` overrides for an app-server of this version. */
export const startOverrides = (
  version: string | undefined,
  { home, ...retries }: OverridesOptions,
): string[] => [
  // An unsubscribed thread is closed at once. 0.135 ignores the key, and has no writer lock.
  'thread_unload_delay_secs=0',
  NO_GOALS,
  ...retryOverrides(version, retries),
  ...(migrates(version, readSettings(home)) ? [PERSONALITY] : []),
];

const migrates = (version: string | undefined, settings: CodexSettings | undefined): boolean =>
  !codexCan(version, 'keepsPersonality') &&
  settings !== undefined &&
  settings.personality === undefined;
