import { existsSync } from 'node:fs';
import path from 'node:path';
import { defer, mergeMap, type Observable, of, take } from 'rxjs';
import { startAppServer } from '../../codex/app-server/start-app-server.js';
import { startOverrides } from '../../codex/app-server/start-overrides.js';
import { codexHome, type Environment } from '../../codex/environment.js';
import { findCodex$ } from '../../codex/exec/find-codex.js';
import { always$ } from '../../lines/readable.js';
import { MAX_LINE_BYTES } from '../../lines/split-lines.js';
import { defaultBackground } from '../../process/background-work.js';
import { readOrEmpty } from '../../process/files.js';

/** The folder of an administrator's own config of codex. */
const MANAGED = '/etc/codex';

/**
 * Asks codex which hooks it has in the workspaces, and whether it runs them.
 *
 * Emits the answer of `hooks/list` once and completes; `undefined`, without a start of codex, when
 * no file may configure a hook. Fails when the app-server cannot start, or refuses. Unsubscribe
 * ends it.
 */
export const listHooks = (
  binary: string,
  workspaces: readonly string[],
  environment: Environment,
): Observable<unknown> =>
  defer(() => {
    const home = codexHome(environment);
    const hasHooks =
      existsSync(path.join(home, 'hooks.json')) ||
      /\bhooks\b|^\[plugins/m.test(readOrEmpty(path.join(home, 'config.toml'))) ||
      [MANAGED, ...workspaces.map((each) => path.join(each, '.codex'))].some(existsSync);
    if (!hasHooks) return of(undefined);
    return findCodex$(binary, environment).pipe(
      mergeMap(({ binary: program, version }) =>
        startAppServer(
          {
            file: program.file,
            args: [
              'app-server',
              ...startOverrides(version, { home, reconnectMs: 0, extraArgs: [] }).flatMap(
                (each) => ['-c', each],
              ),
            ],
            cwd: home,
            env: { ...environment, ...program.env },
            stdin: '',
          },
          {
            version: '1',
            ready$: always$,
            maxLineBytes: MAX_LINE_BYTES,
            recordsFolder: undefined,
            log: () => undefined,
            runInBackground: defaultBackground.runInBackground(home),
          },
        ),
      ),
      mergeMap((server) =>
        server.request$('hooks/list', { cwds: workspaces.length === 0 ? [home] : workspaces }),
      ),
      take(1),
    );
  });
