import { type CodexArgument, codexArguments, overrideOf } from '../../arguments/codex-arguments.js';
import { NO_SANDBOX, sandboxOf } from '../../arguments/sandbox-argument.js';
import type { Asked } from '../permissions.js';
import { choiceOf } from './model-flag.js';

/** What a run of `codex exec` asks for, by the operator's arguments and by the turn. */
export const askedOf = (
  extraArgs: readonly string[],
  { model, cwd }: { readonly model: string | undefined; readonly cwd: readonly string[] },
): Asked => {
  const split = codexArguments(extraArgs);
  return {
    sandbox: askedSandbox(extraArgs),
    approval: split.some(isOfApproval) ? undefined : 'never',
    model: model ?? choiceOf(extraArgs).model,
    cwd: split.some(({ flag }) => flag === '--cd') ? undefined : cwd,
  };
};

const isOfApproval = (argument: CodexArgument): boolean =>
  /approv|^--full-auto$/.test(overrideOf(argument)?.[0] ?? argument.flag);

/**
 * The sandbox that the operator's arguments ask for, none without a word of it; `undefined` when
 * only codex knows. Of two flags the bypass counts, as the one that codex obeys; else the last.
 */
export const askedSandbox = (extraArgs: readonly string[]): string | undefined => {
  const choices = codexArguments(extraArgs).flatMap((argument) => sandboxOf(argument) ?? []);
  if (choices.some(({ mode }) => mode === undefined)) return undefined;
  const flags = choices.filter(({ isFlag }) => isFlag);
  if (flags.some(({ mode }) => mode === NO_SANDBOX)) return NO_SANDBOX;
  return (flags.at(-1) ?? choices.at(-1) ?? { mode: NO_SANDBOX }).mode;
};
