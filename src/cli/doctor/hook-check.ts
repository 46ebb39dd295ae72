import { isLeft } from 'fp-ts/lib/Either.js';
import { TRUST_STEP } from '../../codex/app-server/hook-watch.js';
import { HooksList, hooksIn } from '../../codex/app-server/hooks-list.js';
import { HOOK_TRUST } from '../../codex/app-server/server-args.js';
import type { Answer } from './ask-app-server.js';
import { type Check, checkOf } from './check.js';

const { green, yellow } = checkOf('hooks');

/**
 * Reports the hooks that codex skips without a word, and why. The answer is `undefined` when there
 * is no file that may configure one.
 */
export const checkHooks = (said: Answer, extraArgs: readonly string[]): Check => {
  if (isLeft(said))
    return yellow(
      `this could not be checked: ${said.left}`,
      'fix what the reason says, and run doctor again',
    );
  const answer = said.right;
  if (answer === undefined) return green('there are none');
  if (!HooksList.is(answer))
    return yellow(
      'codex lists its hooks in a form that is not known',
      'run codex in a terminal, and look at /hooks',
    );
  const hooks = hooksIn(answer, extraArgs.includes(HOOK_TRUST));
  const lines = hooks.map(({ name, reason }) => ({
    text: `${name} ${reason === undefined ? 'runs' : `does not run: ${reason}`}`,
    runs: reason === undefined,
  }));
  const problems = answer.data.flatMap((each) => [
    ...each.warnings,
    ...each.errors.map(({ message }) => message),
  ]);
  const detail = [...lines.map(({ text }) => text), ...new Set(problems)].join('\n');
  if (lines.every(({ runs }) => runs) && problems.length === 0)
    return green(detail || 'there are none');
  return yellow(detail, TRUST_STEP);
};
