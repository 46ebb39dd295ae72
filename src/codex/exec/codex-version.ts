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
import { isOlder, OLDEST, parseVersion } from '../version.js';
import { type Binary, BinaryError } from './resolve-binary.js';

/**
 * Milliseconds for `codex --version`, which takes about 10, and what a program may say in answer.
 */
const VERSION_TIMEOUT_MS = 3_000;
const MAX_VERSION_TEXT = 4_096;
const known = new Map<string, string | undefined>();

/**
 * Asks a program for its version with `--version`, once for each state of its file.
 *
 * Emits the version, or undefined when the program does not tell one in 3 s, and completes. Fails
 * only when the file is gone. Nothing of the program is left when it completes; unsubscribe ends it
 * as it ends a turn.
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
    const late$ = timer(VERSION_TIMEOUT_MS).pipe(
      map((): Cancel => ({ reason: 'host', graceMs: 100 })),
    );
    return spawnProcess(run, late$).pipe(
      scan(
        (said, signal) =>
          signal.type === 'stdout' ? said + Buffer.from(signal.chunk).toString('latin1') : said,
        '',
      ),
      takeWhile((said) => said.length < MAX_VERSION_TEXT, true),
      catchError(() => of('')),
      last(null, ''),
      map(parseVersion),
      tap((version) => known.set(key, version)),
    );
  });

/** The refusal of a version that is too old, nothing for one that is not, or is not known. */
export const versionProblem = (
  file: string,
  version: string | undefined,
): BinaryError | undefined =>
  version !== undefined && isOlder(version, OLDEST)
    ? new BinaryError(
        `${file} is codex ${version}, and this plugin needs ${OLDEST} or newer; update it with "npm install -g @openai/codex@latest" or set "binary" in config.json to a newer one`,
      )
    : undefined;
