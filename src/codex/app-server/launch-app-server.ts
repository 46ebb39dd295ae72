import { defer, map, mergeMap, type Observable, tap } from 'rxjs';
import type { Log } from '../../canonical/notice.js';
import { isDirectory } from '../../process/files.js';
import { ANY_FOLDER, type ProcessRun } from '../../process/run.js';
import { codexHome, type Environment, withoutProxy } from '../environment.js';
import type { CodexProgram } from '../exec/find-codex.js';
import type { Binary } from '../exec/resolve-binary.js';
import type { AppServer } from './app-server.js';
import { AppServerError } from './rpc.js';
import type { ServerArgs } from './server-args.js';
import type { StartedServer } from './server-lease.js';

export interface LaunchOptions {
  readonly serverArgs: ServerArgs;
  /** The plugin's overrides for a version of codex; see `startOverrides`. */
  readonly overrides: (version: string | undefined) => readonly string[];
  readonly environment: Environment;
  readonly log: Log;
  /** Emits the codex of this machine. */
  readonly findCodex$: Observable<CodexProgram>;
  /** Starts a process; see `startAppServer`. */
  readonly start$: (run: ProcessRun, version: string | undefined) => Observable<AppServer>;
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
  overrides,
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
      start$(appServerRun(binary, overrides(version), args, environment), version).pipe(
        tap(() => log('info', 'codex app-server is started', { codex: version })),
        map((server) => ({ server, version })),
      ),
    ),
  );

/** The process of an app-server: `overrides` are the plugin's, `args` the operator's. */
export const appServerRun = (
  binary: Binary,
  overrides: readonly string[],
  args: readonly string[],
  environment: Environment,
): ProcessRun => {
  const home = codexHome(environment);
  return {
    file: binary.file,
    args: ['app-server', ...overrides.flatMap((each) => ['-c', each]), ...args],
    // codex says what is wrong with a folder that does not exist, or creates it.
    cwd: isDirectory(home) ? home : ANY_FOLDER,
    env: { ...environment, ...binary.env, ...withoutProxy(environment) },
    stdin: '',
  };
};
