import { catchError, defer, EMPTY, ignoreElements, type Observable, tap, timeout } from 'rxjs';
import type { Log } from '../../canonical/notice.js';
import { HooksList, hooksIn } from './hooks-list.js';
import type { Rpc } from './rpc.js';

/** What to do about a hook that codex skips. */
export const TRUST_STEP =
  'trust them in codex (run it in a terminal in the workspace, /hooks), or remove them';

/** The same, where codex takes the flag. */
export const TRUST_OR_BYPASS = `${TRUST_STEP}; "--dangerously-bypass-hook-trust" in extra_args runs all hooks without that check`;

/** Milliseconds for the answer, which takes 2 to 6. */
const ANSWER_MS = 5_000;

/** Workspaces whose last question and warning are remembered. */
const MAX_WORKSPACES = 1_000;

/** What a turn says of the hooks that run in it. */
export interface HookPlace {
  readonly cwd: string;
  /** The state of the files that codex reads for it; see `filesOf`. */
  readonly files: string;
  /** The config of its thread: `bypass_hook_trust` runs all hooks untested. */
  readonly config: Readonly<Record<string, unknown>>;
}

/**
 * Creates the watch for hooks that codex skips silently, because nobody has trusted them.
 *
 * The returned function asks the app-server for the hooks of a workspace, once, and again when its
 * files have changed. Emits nothing. Logs a warning, unless it repeats the last one of the
 * workspace, and completes with the answer; at once when there is nothing to ask. Does not fail.
 * Unsubscribe drops the answer, and the next turn asks again.
 */
export const createHookWatch = (mayHaveHooks: (cwd: string) => boolean) => {
  const asked = new Map<string, string>();
  const told = new Map<string, string>();
  return (
    { request$ }: Pick<Rpc, 'request$'>,
    { cwd, files, config }: HookPlace,
    log: Log,
  ): Observable<never> =>
    defer(() => {
      if (config['bypass_hook_trust'] === true || asked.get(cwd) === files) return EMPTY;
      remember(asked, cwd, files);
      if (!mayHaveHooks(cwd)) return EMPTY;
      return request$('hooks/list', { cwds: [cwd] }).pipe(
        timeout(ANSWER_MS),
        tap((answer) => {
          const hooks = HooksList.is(answer) ? hooksIn(answer, false) : [];
          const skipped = hooks.filter(({ isOn, reason }) => isOn && reason !== undefined);
          const names = skipped.map(({ name, reason }) => `${name} (${reason})`).join(', ');
          if (names === '' || names === told.get(cwd)) return;
          remember(told, cwd, names);
          log(
            'warning',
            `codex does not run hooks that it does not trust: ${names}; ${TRUST_OR_BYPASS}`,
          );
        }),
        ignoreElements(),
        catchError(() => EMPTY),
        tap({ unsubscribe: () => asked.delete(cwd) }),
      );
    });
};

const remember = (map: Map<string, string>, cwd: string, value: string): void => {
  map.delete(cwd);
  map.set(cwd, value);
  for (const [oldest] of map) if (map.size > MAX_WORKSPACES) map.delete(oldest);
};
