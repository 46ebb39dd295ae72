import type { Asked } from '../permissions.js';

/** What a run of `codex exec` asks for, by the operator's arguments and by the turn. */
export const askedOf = (
  extraArgs: readonly string[],
  { model, cwd }: { readonly model: string | undefined; readonly cwd: readonly string[] },
): Asked => {
  const has = (pattern: RegExp): boolean => extraArgs.some((arg) => pattern.test(arg));
  return {
    sandbox: askedSandbox(extraArgs),
    approval: has(/approval|auto/) ? undefined : 'never',
    model: model ?? valueOf(extraArgs, /^(?:-m|--model)(?:=|$)/),
    cwd: has(/^(?:-C|--cd(?:=|$))/) ? undefined : cwd,
  };
};

/** The sandbox that is asked for; `undefined` when a permission profile is. */
const askedSandbox = (extraArgs: readonly string[]): string | undefined => {
  if (extraArgs.some((arg) => /default_permissions\s*=/.test(arg))) return undefined;
  if (extraArgs.some((arg) => /^--(?:yolo|dangerously-bypass-approvals-and-sandbox)$/.test(arg)))
    return NONE;
  const flag = valueOf(extraArgs, /^(?:-s|--sandbox)(?:=|$)|^-s(?=.)/);
  if (flag !== undefined) return flag;
  if (extraArgs.includes('--full-auto')) return 'workspace-write';
  const set = extraArgs.findLast((arg) => /sandbox_mode\s*=/.test(arg));
  return set === undefined ? NONE : /=\s*["']?([a-z-]+)["']?\s*$/.exec(set)?.[1];
};

/** Without a sandbox of the operator, the bypass flag is given. */
const NONE = 'danger-full-access';

/** The last value of a flag, joined to it or behind it. */
const valueOf = (args: readonly string[], flag: RegExp): string | undefined => {
  const at = args.findLastIndex((arg) => flag.test(arg));
  const arg = args[at];
  if (arg === undefined) return undefined;
  const joined = arg.replace(flag, '');
  return joined === '' ? args[at + 1] : joined;
};
