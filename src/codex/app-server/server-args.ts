import { type CodexArgument, codexArguments } from '../../arguments/codex-arguments.js';
import { NO_SANDBOX, sandboxOf } from '../../arguments/sandbox-argument.js';
import { askedSandbox } from '../exec/asked.js';

/** An operator's `extra_args` for `codex exec`, translated for the app-server. */
export interface ServerArgs {
  readonly args: readonly string[];
  /** The sandbox of every thread. */
  readonly sandbox: string;
  /** The config of every thread. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** The first argument that only `codex exec` takes. */
  readonly unfit?: string;
}

export const HOOK_TRUST = '--dangerously-bypass-hook-trust';
/** Flags without a meaning for the app-server. */
const MEANINGLESS: ReadonlySet<string> = new Set([
  ...['--json', '--skip-git-repo-check', '--color'],
]);

/** What becomes of an argument of `codex exec` on an app-server. */
type Counterpart = 'override' | 'feature' | 'sandbox' | 'hook-trust' | 'none';

/** `undefined` for an argument without a counterpart. */
export const counterpartOf = (argument: CodexArgument): Counterpart | undefined => {
  const { flag } = argument;
  const sandbox = sandboxOf(argument);
  if (sandbox !== undefined) return sandbox.mode === undefined ? undefined : 'sandbox';
  if (flag === '--config') return 'override';
  if (flag === '--enable' || flag === '--disable') return 'feature';
  if (flag === HOOK_TRUST) return 'hook-trust';
  return MEANINGLESS.has(flag) ? 'none' : undefined;
};

/** The arguments before the first one without a counterpart, which is `unfit`. */
export const fitArguments = (
  args: readonly string[],
): { readonly fit: readonly CodexArgument[]; readonly unfit?: string } => {
  const all = codexArguments(args);
  const nth = all.findIndex((argument) => counterpartOf(argument) === undefined);
  const unfit = all[nth];
  return unfit === undefined
    ? { fit: all }
    : { fit: all.slice(0, nth), unfit: unfit.words.join(' ') };
};

/**
 * Translates `extra_args`: passes overrides and features on, and takes the sandbox for the threads.
 * Stops at the first argument without a counterpart. Threads have no sandbox by default, like runs
 * of `codex exec`.
 */
export const serverArgs = (extraArgs: readonly string[]): ServerArgs => {
  const { fit, ...rest } = fitArguments(extraArgs);
  const args = fit.flatMap((argument) => {
    const { flag, value } = argument;
    const counterpart = counterpartOf(argument);
    if (counterpart === 'override' || (counterpart === 'sandbox' && flag === '--config'))
      return ['-c', value];
    return counterpart === 'feature' ? [flag, value] : [];
  });
  return {
    args,
    // A resumed thread would keep its own sandbox: each thread is opened with this one.
    sandbox: askedSandbox(fit.flatMap(({ words }) => words)) ?? NO_SANDBOX,
    // codex takes this flag for `exec` and as the config of a thread only (0.135.0 to 0.171.0).
    ...(fit.some(({ flag }) => flag === HOOK_TRUST) ? { config: { bypass_hook_trust: true } } : {}),
    ...rest,
  };
};
