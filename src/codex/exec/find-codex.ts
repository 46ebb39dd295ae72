import { catchError, defer, EMPTY, ignoreElements, map, type Observable, of } from 'rxjs';
import { definedOnly, type Environment } from '../environment.js';
import { codexCan } from '../versions.js';
import { codexVersion, versionProblem } from './codex-version.js';
import { foreignProblem } from './foreign-program.js';
import { packagedVersion } from './packaged-version.js';
import { type Binary, resolveBinary } from './resolve-binary.js';

/** The codex program of this machine. */
export interface CodexProgram {
  readonly binary: Binary;
  readonly version: string | undefined;
}

/**
 * Finds the program for `name`, and its version: its package says it, or the program itself.
 *
 * Emits the program once and completes. Fails with `BinaryError` when there is none, when its
 * version is too old, or when it prints none and is made for another machine. Unsubscribe kills the
 * process that prints the version.
 */
export const findCodex$ = (name: string, environment: Environment): Observable<CodexProgram> =>
  defer(() => {
    const binary = resolveBinary(name, environment);
    const packaged = packagedVersion(binary.file);
    const version$ = packaged === undefined ? codexVersion(binary, environment) : of(packaged);
    return version$.pipe(
      map((version) => {
        const problem =
          version === undefined
            ? foreignProblem(binary.file)
            : versionProblem(binary.file, version);
        if (problem !== undefined) throw problem;
        return { binary, version };
      }),
    );
  });

/**
 * Finds codex and its version in advance, so that the first turn does not wait for the version.
 * Completes without a value, and never fails: a turn reports what is wrong.
 */
export const warmUp = (name: string, env: NodeJS.ProcessEnv): Observable<never> =>
  defer(() => findCodex$(name, definedOnly(env))).pipe(
    ignoreElements(),
    catchError(() => EMPTY),
  );

/** Whether the plugin has to keep two processes of this version from one thread. */
export const needsLock = (version: string | undefined): boolean => !codexCan(version, 'writerLock');
