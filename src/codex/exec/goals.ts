import { isOlder } from '../version.js';

/**
 * Disables goals. With goals a model can continue its thread in turns without a request, and
 * nothing would end these turns (measured on the app-server of every version).
 */
export const NO_GOALS = 'features.goals=false';

/** From this version on, `codex exec` exits after its turn despite goals. */
const ENDS_SINCE = '0.150.0';

/** The `-c` override for an older `codex exec`, which would continue. */
export const goalsOverride = (version: string | undefined): string[] =>
  version !== undefined && isOlder(version, ENDS_SINCE) ? ['-c', NO_GOALS] : [];
