import { defer, map, mergeMap, type Observable, tap } from 'rxjs';
import type { Log } from '../../canonical/notice.js';
import type { ProcessRun } from '../../process/run.js';
import { codexHome, type Environment, withoutProxy } from '../environment.js';
import type { CodexProgram } from '../exec/find-codex.js';
import { NO_GOALS } from '../exec/goals.js';
import type { AppServer } from './app-server.js';
import { AppServerError } from './rpc.js';
import type { ServerArgs } from './server-args.js';
import type { StartedServer } from './share-app-server.js';

export interface LaunchOptions {
  readonly serverArgs: ServerArgs;
  readonly environment: Environment;
  readonly log: Log;
  /** Emits the codex of this machine. */
  readonly findCodex$: Observable<CodexProgram>;
  /** Starts a process; see `startAppServer`. */
  readonly start$: (run: ProcessRun) => Observable<AppServer>;
}

/**
 * Finds codex and starts its app-server.
 *
 * Emits the app-server with the version of codex once it is initialized, and logs that; completes
 * when it exits. Fails with `AppServerError` when `extra_args` has an argument that only `codex
 * exec` takes, or with the error of either step. Unsubscribe ends the process.
 */
export const launchAppServer = ({
  serverArgs: { args, unfit },
  environment,
  log,
  findCodex$,
  start$,
}: LaunchOptions): Observable<StartedServer> =>
  defer(() => {
    if (unfit !== undefined)
      throw new AppServerError(`${unfit} in extra_args has no counterpart there`);
    return findCodex$;
  }).pipe(
    mergeMap(({ binary, version }) =>
      start$({
        file: binary.file,
        // An unsubscribed thread is closed at once. 0.135 ignores the key, and has no writer lock.
        args: ['app-server', '-c', 'thread_unload_delay_secs=0', '-c', NO_GOALS, ...args],
        cwd: codexHome(environment),
        env: { ...environment, ...binary.env, ...withoutProxy(environment) },
        stdin: '',
      }).pipe(
        tap(() => log('info', 'codex app-server is started', { codex: version })),
        map((server) => ({ server, version })),
      ),
    ),
  );
