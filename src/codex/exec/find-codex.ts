import { catchError, defer, EMPTY, ignoreElements, map, type Observable } from 'rxjs';
import { definedOnly, type Environment } from '../environment.js';
import { isOlder } from '../version.js';
import { codexVersion, versionProblem } from './codex-version.js';
import { type Binary, resolveBinary } from './resolve-binary.js';

/** The codex of this machine. */
export interface CodexProgram {
  readonly binary: Binary;
  readonly version: string | undefined;
}

/**
 * Emits the codex that `name` stands for, once it is known which it is, and completes. Fails with
 * `BinaryError`, also for one that is too old.
 */
export const findCodex$ = (name: string, environment: Environment): Observable<CodexProgram> =>
  defer(() => {
    const binary = resolveBinary(name, environment);
    return codexVersion(binary, environment).pipe(
      map((version) => {
        const problem = versionProblem(binary.file, version);
        if (problem !== undefined) throw problem;
        return { binary, version };
      }),
    );
  });

/**
 * Finds codex and its version before the first turn asks, so that it does not wait for that. Emits
 * nothing and does not fail: a turn says what is wrong.
 */
export const warmUp = (name: string, env: NodeJS.ProcessEnv): Observable<never> =>
  defer(() => findCodex$(name, definedOnly(env))).pipe(
    ignoreElements(),
    catchError(() => EMPTY),
  );

/** From this version on codex lets one process write a thread, and says so to another. */
const LOCKS_SINCE = '0.150.0';

/** Whether nothing but us keeps two processes of this codex from one thread. */
export const needsLock = (version: string | undefined): boolean =>
  version !== undefined && isOlder(version, LOCKS_SINCE);
