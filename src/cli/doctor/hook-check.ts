import { isLeft } from 'fp-ts/lib/Either.js';
import { TRUST_OR_BYPASS, TRUST_STEP } from '../../codex/app-server/hook-watch.js';
import { HooksList, hooksIn } from '../../codex/app-server/hooks-list.js';
import { HOOK_TRUST } from '../../codex/app-server/server-args.js';
import { codexCan } from '../../codex/versions.js';
import type { Config } from '../../plexum/config.js';
import type { CodexSays } from './ask-app-server.js';
import { type Check, checkOf } from './check.js';

const { green, yellow } = checkOf('hooks');

/** Reports the hooks that codex skips without a word in turns with this config, and why. */
export const checkHooks = (
  { hooks: said, version }: Pick<CodexSays, 'hooks' | 'version'>,
  { extraArgs, transport }: Pick<Config, 'extraArgs' | 'transport'>,
): Check => {
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
  const canBypass = transport === 'app-server' || codexCan(version, 'bypassesHookTrust');
  const hooks = hooksIn(answer, canBypass && extraArgs.includes(HOOK_TRUST));
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
  return yellow(detail, canBypass ? TRUST_OR_BYPASS : TRUST_STEP);
};
