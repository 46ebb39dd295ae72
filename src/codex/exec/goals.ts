import { codexCan } from '../versions.js';

/**
 * Disables goals. With goals a model can continue its thread in turns without a request, and
 * nothing would end these turns (measured on the app-server of every version).
 */
export const NO_GOALS = 'features.goals=false';

/** The `-c` override for a `codex exec` that would continue. */
export const goalsOverride = (version: string | undefined): string[] =>
  codexCan(version, 'endsDespiteGoals') ? [] : ['-c', NO_GOALS];
