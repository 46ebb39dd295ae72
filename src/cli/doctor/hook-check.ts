import { isLeft } from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { HOOK_TRUST } from '../../codex/app-server/server-args.js';
import type { Answer } from './ask-app-server.js';
import { type Check, green, yellow } from './check.js';

/** The answer of codex to `hooks/list` (0.135.0 to 0.171.0), as far as it is read. */
const HooksList = t.type({
  data: t.array(
    t.type({
      hooks: t.array(
        t.type({
          key: t.string,
          eventName: t.string,
          sourcePath: t.string,
          enabled: t.boolean,
          trustStatus: t.string,
        }),
      ),
      warnings: t.array(t.string),
      errors: t.array(t.type({ message: t.string })),
    }),
  ),
});

/** Why a hook does not run, by codex's own word. A new word is a reason, too. */
const REASONS: Readonly<Record<string, string>> = {
  untrusted: 'nobody has trusted it',
  modified: 'it has changed since it was trusted',
};
const TRUSTED: ReadonlySet<string> = new Set(['trusted', 'managed']);

/**
 * Reports the hooks that codex skips without a word, and why. The answer is `undefined` when there
 * is no file that may configure one.
 */
export const checkHooks = (said: Answer, extraArgs: readonly string[]): Check => {
  const check = { id: 'hooks', title: 'hooks' };
  if (isLeft(said))
    return yellow(
      check.id,
      check.title,
      `this could not be checked: ${said.left}`,
      'fix what the reason says, and run doctor again',
    );
  const answer = said.right;
  if (answer === undefined) return green(check.id, check.title, 'there are none');
  if (!HooksList.is(answer))
    return yellow(
      check.id,
      check.title,
      'codex lists its hooks in a form that is not known',
      'run codex in a terminal, and look at /hooks',
    );
  const isBypassed = extraArgs.includes(HOOK_TRUST);
  const hooks = new Map(answer.data.flatMap((each) => each.hooks).map((hook) => [hook.key, hook]));
  const lines = [...hooks.values()].map(({ eventName, sourcePath, enabled, trustStatus }) => {
    const isTrusted = isBypassed || TRUSTED.has(trustStatus);
    const reason = enabled ? (REASONS[trustStatus] ?? trustStatus) : 'it is switched off';
    const runs = enabled && isTrusted;
    return {
      text: `${eventName} of ${sourcePath} ${runs ? 'runs' : `does not run: ${reason}`}`,
      runs,
    };
  });
  const problems = answer.data.flatMap((each) => [
    ...each.warnings,
    ...each.errors.map(({ message }) => message),
  ]);
  const detail = [...lines.map(({ text }) => text), ...new Set(problems)].join('\n');
  if (lines.every(({ runs }) => runs) && problems.length === 0)
    return green(check.id, check.title, detail || 'there are none');
  return yellow(
    check.id,
    check.title,
    detail,
    'trust them in codex (run it in a terminal in the workspace, /hooks), or take them out; "--dangerously-bypass-hook-trust" in extra_args runs all of them untested',
  );
};
