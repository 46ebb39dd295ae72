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
import type { Cancel, CodexRun } from './codex-run.js';
import { type Binary, BinaryError } from './resolve-binary.js';
import { spawnCodex } from './spawn-codex.js';

/** The oldest codex whose streams, flags and rollouts were measured. */
export const OLDEST = '0.135.0';
/** The newest one of which the same is true. */
export const NEWEST = '0.169.0';

/**
 * Milliseconds for `codex --version`, which takes about 10, and what a program may say in answer.
 */
const VERSION_TIMEOUT_MS = 3_000;
const MAX_VERSION_TEXT = 4_096;

/** `0.169.0` in `codex-cli 0.169.0`; nothing where there is no version. */
export const parseVersion = (text: string): string | undefined =>
  /\b(\d+\.\d+\.\d+)/.exec(text)?.[1];

/** Whether `version` comes before `than`; both are `major.minor.patch`. */
export const isOlder = (version: string, than: string): boolean => {
  const parts = (text: string): number[] => text.split('.').map(Number);
  const [a, b] = [parts(version), parts(than)];
  const i = a.findIndex((part, at) => part !== (b[at] ?? 0));
  return i !== -1 && (a[i] ?? 0) < (b[i] ?? 0);
};

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
    const run: CodexRun = {
      file,
      args: ['--version'],
      cwd: tmpdir(),
      env: { ...environment, ...env },
      stdin: '',
    };
    const late$ = timer(VERSION_TIMEOUT_MS).pipe(
      map((): Cancel => ({ reason: 'host', graceMs: 100 })),
    );
    return spawnCodex(run, late$).pipe(
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
