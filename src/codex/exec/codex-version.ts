import { statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import {
  catchError,
  defer,
  last,
  map,
  type Observable,
  of,
  scan,
  takeWhile,
  tap,
  timer,
} from 'rxjs';
import type { Cancel, ProcessRun } from '../../process/run.js';
import { spawnProcess } from '../../process/spawn.js';
import { isOlder, parseVersion } from '../version.js';
import { OLDEST } from '../versions.js';
import { type Binary, BinaryError } from './resolve-binary.js';

/** `codex --version` takes about 10 ms. */
const VERSION_TIMEOUT_MS = 3_000;
/** Characters of output after which the program is stopped. */
const MAX_VERSION_TEXT = 4_096;
/** Versions by the state of their file. */
const known = new Map<string, string | undefined>();

/**
 * Runs a program with `--version`, once per state of its file (inode, size and time).
 *
 * Emits the version, or undefined when the program prints none within 3 s, and completes after its
 * process tree is gone. Fails only when the file is missing. Unsubscribe kills the process tree.
 */
export const codexVersion = (
  { file, env }: Binary,
  environment: Readonly<Record<string, string>>,
): Observable<string | undefined> =>
  defer(() => {
    const { size, mtimeMs, ino } = statSync(file);
    const key = [file, ino, size, mtimeMs].join(':');
    if (known.has(key)) return of(known.get(key));
    const run: ProcessRun = {
      file,
      args: ['--version'],
      cwd: tmpdir(),
      env: { ...environment, ...env },
      stdin: '',
    };
    const timeout$ = timer(VERSION_TIMEOUT_MS).pipe(
      map((): Cancel => ({ reason: 'host', graceMs: 100 })),
    );
    return spawnProcess(run, timeout$).pipe(
      scan(
        (text, signal) =>
          signal.type === 'stdout' ? text + Buffer.from(signal.chunk).toString('latin1') : text,
        '',
      ),
      takeWhile((text) => text.length < MAX_VERSION_TEXT, true),
      catchError(() => of('')),
      last(null, ''),
      map(parseVersion),
      tap((version) => known.set(key, version)),
    );
  });

/** The error for a version that is too old. A version that is unknown is accepted. */
export const versionProblem = (
  file: string,
  version: string | undefined,
): BinaryError | undefined =>
  version !== undefined && isOlder(version, OLDEST)
    ? new BinaryError(
        `${file} is codex ${version}, and this plugin needs ${OLDEST} or newer; update it with "npm install -g @openai/codex@latest" or set "binary" in config.json to a newer one`,
      )
    : undefined;
