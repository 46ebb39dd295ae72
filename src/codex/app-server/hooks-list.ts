import { existsSync } from 'node:fs';
import path from 'node:path';
import * as t from 'io-ts';
import { readOrEmpty } from '../../process/files.js';
import { projectOf } from '../project.js';
import { SYSTEM_FOLDER } from './file-state.js';

/**
 * Whether a file may configure a hook for turns in these folders. codex takes the `.codex` of each
 * folder from a workspace up to the root of its repository (0.135.0 to 0.171.0).
 */
export const mayHaveHooks = (home: string, workspaces: readonly string[]): boolean =>
  existsSync(path.join(home, 'hooks.json')) ||
  /\bhooks\b|^\[plugins/m.test(readOrEmpty(path.join(home, 'config.toml'))) ||
  existsSync(SYSTEM_FOLDER) ||
  workspaces.flatMap(projectOf).some((folder) => existsSync(path.join(folder, '.codex')));

/** The answer of codex to `hooks/list` (0.135.0 to 0.171.0), as far as it is read. */
export const HooksList = t.type({
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

/** A hook, and why it does not run; `undefined` for one that does. */
export interface ListedHook {
  readonly name: string;
  readonly isOn: boolean;
  readonly reason: string | undefined;
}

/** Why a hook does not run, by codex's own word. A new word is a reason, too. */
const REASONS: Readonly<Record<string, string>> = {
  untrusted: 'nobody has trusted it',
  modified: 'it has changed since it was trusted',
};
const TRUSTED: ReadonlySet<string> = new Set(['trusted', 'managed']);

/** The hooks of an answer, each once. `isBypassed`: codex runs all of them untested. */
export const hooksIn = (answer: t.TypeOf<typeof HooksList>, isBypassed: boolean): ListedHook[] => {
  const hooks = new Map(answer.data.flatMap((each) => each.hooks).map((hook) => [hook.key, hook]));
  return [...hooks.values()].map(({ eventName, sourcePath, enabled: isOn, trustStatus }) => {
    const isTrusted = isBypassed || TRUSTED.has(trustStatus);
    const why = isOn ? (REASONS[trustStatus] ?? trustStatus) : 'it is switched off';
    const name = `${eventName} of ${sourcePath}`;
    return { name, isOn, reason: isOn && isTrusted ? undefined : why };
  });
};
