import { isOlder } from '../version.js';

/**
 * With goals a model can make its thread go on by itself, for turns that nobody asked for: nothing
 * would be left to end them (measured on the app-server of every version).
 */
export const NO_GOALS = 'features.goals=false';

/** From this version on `codex exec` ends with its turn all the same. */
const ENDS_SINCE = '0.150.0';

/** The `-c` override for an older `codex exec`, which would go on. */
export const goalsOverride = (version: string | undefined): string[] =>
  version !== undefined && isOlder(version, ENDS_SINCE) ? ['-c', NO_GOALS] : [];
