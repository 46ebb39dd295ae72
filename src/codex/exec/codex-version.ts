import { statSync } from 'node:fs';
import {
  catchError,
  concat,
  defer,
  EMPTY,
  filter,
  finalize,
  map,
  mergeMap,
  type Observable,
  of,
  shareReplay,
  takeWhile,
  tap,
  timer,
} from 'rxjs';
import { asProbe } from '../../process/parent-death.js';
import { ANY_FOLDER, type Cancel, type ProcessRun } from '../../process/run.js';
import { spawnProcess } from '../../process/spawn.js';
import { isOlder, parseVersion } from '../version.js';
import { OLDEST } from '../versions.js';
import { foreignPlatform } from './foreign-program.js';
import { type Binary, BinaryError } from './resolve-binary.js';

/** `codex --version` takes about 10 ms. */
const VERSION_TIMEOUT_MS = 3_000;
/** Characters of output after which the program is stopped. */
const MAX_VERSION_TEXT = 4_096;
/** Versions by the state of their file, and those that are being asked for. */
const known = new Map<string, string | undefined>();
const asked = new Map<string, Observable<string | undefined>>();

/**
 * Runs a program with `--version`, once per state of its file (inode, size and time); one for
 * another machine that prints none is asked again.
 *
 * Emits the version as soon as it is printed, or undefined when the program prints none within 3 s,
 * and completes after its process tree is gone. Fails only when the file is missing. Several
 * subscribers share one process, which the last unsubscribe kills with its tree.
 */
export const codexVersion = (
  { file, env }: Binary,
  environment: Readonly<Record<string, string>>,
): Observable<string | undefined> =>
  defer(() => {
    const { size, mtimeMs, ino } = statSync(file);
    const key = [file, ino, size, mtimeMs].join(':');
    if (known.has(key)) return of(known.get(key));
    const running = asked.get(key);
    if (running !== undefined) return running;
    const version$ = askVersion({
      file,
      args: ['--version'],
      cwd: ANY_FOLDER,
      env: { ...environment, ...env },
      stdin: '',
    }).pipe(
      tap((version) => {
        // An emulator may start too slowly once; a turn fails where it prints none.
        if (version !== undefined || foreignPlatform(file) === undefined) known.set(key, version);
      }),
      finalize(() => asked.delete(key)),
      shareReplay({ bufferSize: 1, refCount: true }),
    );
    asked.set(key, version$);
    return version$;
  });

/**
 * Asks through setpriv, if nobody knows yet whether that works: the answer of codex says so, and
 * no turn needs a probe of its own.
 */
const askVersion = (run: ProcessRun): Observable<string | undefined> =>
  defer(() => {
    const probe = asProbe(run);
    if (probe === undefined) return printedVersion(run).pipe(map(({ version }) => version));
    return printedVersion(probe.tied).pipe(
      mergeMap(({ version, isLate }) => {
        if (version !== undefined) probe.learn(true);
        if (version !== undefined || isLate) return of(version);
        return printedVersion(run).pipe(
          map((bare) => bare.version),
          tap((bare) => bare !== undefined && probe.learn(false)),
        );
      }),
    );
  });

/**
 * Emits the version that a program prints once its line is complete, or what there is at the end
 * of the program. `isLate`: it was stopped.
 */
const printedVersion = (
  run: ProcessRun,
): Observable<{ readonly version: string | undefined; readonly isLate: boolean }> =>
  defer(() => {
    let [text, isFound, isLate] = ['', false, false];
    const timeout$ = timer(VERSION_TIMEOUT_MS).pipe(
      map((): Cancel => {
        isLate = true;
        return { reason: 'host', graceMs: 100 };
      }),
    );
    const found = () => ({ version: parseVersion(text), isLate });
    return concat(
      spawnProcess(run, timeout$).pipe(
        map((signal) => {
          if (signal.type === 'stdout') text += Buffer.from(signal.chunk).toString('latin1');
          return text;
        }),
        takeWhile(({ length }) => length < MAX_VERSION_TEXT, true),
        catchError(() => EMPTY),
        filter(
          () => !isFound && parseVersion(text.slice(0, text.lastIndexOf('\n') + 1)) !== undefined,
        ),
        map(() => {
          isFound = true;
          return found();
        }),
      ),
      defer(() => (isFound ? EMPTY : of(found()))),
    );
  });

/** The error for a version that is too old. */
export const versionProblem = (file: string, version: string): BinaryError | undefined =>
  isOlder(version, OLDEST)
    ? new BinaryError(
        `${file} is codex ${version}, and this plugin needs ${OLDEST} or newer`,
        'update it with "npm install -g @openai/codex@latest" or set "binary" in config.json to a newer one',
      )
    : undefined;
