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
export const BYPASS = /^(--dangerously-bypass-approvals-and-sandbox|--yolo)$/;
/** Arguments without a meaning for the app-server. */
export const MEANINGLESS = /^(--json|--experimental-json|--skip-git-repo-check|--color(=.*)?)$/;

/**
 * Translates `extra_args`: passes overrides and features on, and takes the sandbox for the threads.
 * Stops at the first argument without a counterpart. Threads have no sandbox by default, like runs
 * of `codex exec`.
 */
export const serverArgs = (extraArgs: readonly string[]): ServerArgs => {
  const args: string[] = [];
  // codex takes this flag for `exec` and as the config of a thread only (0.135.0 to 0.171.0).
  const hooks = extraArgs.includes(HOOK_TRUST) ? { config: { bypass_hook_trust: true } } : {};
  let sandbox = 'danger-full-access';
  for (let i = 0; i < extraArgs.length; i += 1) {
    const arg = extraArgs[i] ?? '';
    const [flag = '', joined] = /^--[^=]+=/.test(arg)
      ? [arg.slice(0, arg.indexOf('=')), arg.slice(arg.indexOf('=') + 1)]
      : [arg];
    const value = (): string => {
      if (joined !== undefined) return joined;
      i += 1;
      return extraArgs[i] ?? '';
    };
    if (['-c', '--config'].includes(flag)) {
      const override = value();
      args.push('-c', override);
      // A resumed thread would keep its own sandbox: each thread is opened with this one.
      const [, mode] = /^\s*sandbox_mode\s*=\s*["']?([a-z-]+)["']?\s*$/.exec(override) ?? [];
      if (mode !== undefined) sandbox = mode;
      else if (/^\s*(sandbox_mode|default_permissions)\s*=/.test(override))
        return { args, sandbox, ...hooks, unfit: override };
    } else if (['--enable', '--disable'].includes(flag)) args.push(flag, value());
    else if (['-s', '--sandbox'].includes(flag)) sandbox = value();
    else if (flag === '--full-auto') sandbox = 'workspace-write';
    else if (arg !== HOOK_TRUST && !BYPASS.test(flag) && !MEANINGLESS.test(arg))
      return { args, sandbox, ...hooks, unfit: arg };
    else if (flag === '--color' && joined === undefined) i += 1;
  }
  return { args, sandbox, ...hooks };
};
