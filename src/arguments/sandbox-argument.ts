import { BYPASS, type CodexArgument, codexArguments, overrideOf } from './codex-arguments.js';

/** The mode without a sandbox. */
export const NO_SANDBOX = 'danger-full-access';

/** How an argument chooses the sandbox. */
interface SandboxChoice {
  /** `undefined` where only codex knows: for a permission profile, and for what is no mode. */
  readonly mode: string | undefined;
  /** A flag counts before the `-c` of any place. */
  readonly isFlag: boolean;
}

/** The sandbox that an argument chooses; `undefined` for an argument about something else. */
export const sandboxOf = (argument: CodexArgument): SandboxChoice | undefined => {
  const { flag, value } = argument;
  if (flag === BYPASS) return { mode: NO_SANDBOX, isFlag: true };
  if (flag === '--full-auto') return { mode: 'workspace-write', isFlag: true };
  // Of later versions than 0.150.1. It also has approvals reviewed, which only `codex exec` knows.
  if (flag === '--approve-for-me') return { mode: undefined, isFlag: true };
  if (flag === '--sandbox') return { mode: value, isFlag: true };
  const [key, setting = ''] = overrideOf(argument) ?? [];
  if (key === 'default_permissions') return { mode: undefined, isFlag: false };
  if (key !== 'sandbox_mode') return undefined;
  return { mode: /^["']?([a-z-]+)["']?$/.exec(setting)?.[1], isFlag: false };
};

/** Whether arguments choose the sandbox. */
export const choosesSandbox = (args: readonly string[]): boolean =>
  codexArguments(args).some((argument) => sandboxOf(argument) !== undefined);
