import { type CodexArgument, codexArguments, isRepeated, overrideOf } from './codex-arguments.js';
import { sandboxOf } from './sandbox-argument.js';

/**
 * The operator's arguments for a turn of a model id: those of `extra_args`, then those of the
 * model. An argument of the model replaces the arguments of `extra_args` for the same thing,
 * because codex refuses a flag that is given twice.
 */
export const withModelArgs = (
  extraArgs: readonly string[],
  modelArgs: readonly string[] = [],
): readonly string[] => {
  if (modelArgs.length === 0) return extraArgs;
  const chosen = new Set(codexArguments(modelArgs).map(subjectOf));
  const kept = codexArguments(extraArgs).filter((argument) => {
    const subject = subjectOf(argument);
    return subject === undefined || !chosen.has(subject);
  });
  return [...kept.flatMap(({ words }) => words), ...modelArgs];
};

/** What an argument decides; `undefined` for one that may be repeated. */
const subjectOf = (argument: CodexArgument): string | undefined => {
  const { flag } = argument;
  const [key] = overrideOf(argument) ?? [];
  if (sandboxOf(argument) !== undefined) return 'the sandbox';
  if (flag === '--model' || key === 'model') return 'the model';
  if (key !== undefined) return `-c ${key}`;
  if (isRepeated(flag)) return undefined;
  // A flag that is not known has its value behind it or behind "=".
  return flag.split('=')[0];
};
