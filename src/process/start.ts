import type { Readable, Writable } from 'node:stream';
import { catchError, defer, from, fromEvent, map, mergeMap, type Observable, of, take } from 'rxjs';
import { codeOf, reasonOf } from '../text/explain.js';
import { guardStart } from './guard-start.js';
import type { ProcessRun } from './run.js';

/**
 * All descendants of a process inherit this variable; it identifies them when their parents are
 * gone.
 */
export const MARKER = 'PLEXUM_CODEX_RUN';
/** `NAME=value` of the variable. */
export const MARKED = /^PLEXUM_CODEX_RUN=[0-9a-f-]{36}$/;

/** The process could not be started. `code` is the system's, for instance ENOENT. */
export class SpawnError extends Error {
  override readonly name = 'SpawnError';
  readonly code: string;
  constructor(error: unknown) {
    super(reasonOf(error));
    this.code = codeOf(error);
  }
}

export interface ExitStatus {
  /** Null when a signal ended the process. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A started process. An error of its stdin is ignored: the exit reports it. */
export interface Child {
  readonly pid: number;
  readonly stdin: Writable;
  /** Paused. */
  readonly stdout: Readable;
  /** Paused. */
  readonly stderr: Readable;
  /** Emits once when the process exits, at once when it has, and completes. */
  readonly exit$: Observable<ExitStatus>;
  /** Emits once when the process has exited and its pipes are closed, and completes. */
  readonly close$: Observable<ExitStatus>;
}

type Execa = typeof import('execa').execa;
let loadedExeca: Execa | undefined;

/** Loads execa at the first start of a process: no other command waits for its 250 KB. */
const execa$ = defer(() =>
  loadedExeca === undefined
    ? from(import('execa')).pipe(
        map(({ execa }) => (loadedExeca = execa)),
        catchError((error: unknown) => failWith(of(error))),
      )
    : of(loadedExeca),
);

/**
 * Starts a program with pipes and in a session of its own, which identifies its descendants.
 *
 * Emits the process once it is started, and completes. Fails with `SpawnError` when the system
 * refuses, and for arguments that no process can have. Unsubscribe before the emission starts
 * nothing; after it, the process belongs to the subscriber.
 */
export const startProcess = (run: Omit<ProcessRun, 'stdin'>, marker: string): Observable<Child> =>
  execa$.pipe(mergeMap((execa) => startByExeca(execa, run, marker)));

const startByExeca = (
  execa: Execa,
  { file, args, cwd, env }: Omit<ProcessRun, 'stdin'>,
  marker: string,
): Observable<Child> => {
  const { result, created } = guardStart(() =>
    execa(file, args, {
      cwd,
      env: { ...env, [MARKER]: marker },
      extendEnv: false,
      stdin: 'pipe',
      stdout: 'pipe',
      stderr: 'pipe',
      // Bytes are read from the streams: `lines` and `iterable` are 20 times slower.
      buffer: false,
      encoding: 'buffer',
      detached: true,
      // The whole tree is ended by `bindProcess`.
      cleanup: false,
      reject: false,
      verbose: 'none',
    }),
  );
  if ('thrown' in result)
    return created === undefined
      ? failWith(of(result.thrown))
      : failWith(fromEvent(created, 'error'));
  const subprocess = result.returned;
  const ended = subprocess.catch((error: unknown) => ({ cause: error }));
  const { pid, stdin, stdout, stderr } = subprocess;
  if (pid === undefined) return failWith(from(ended).pipe(map(({ cause }) => cause)));
  stdin.on('error', () => undefined);
  // execa lets a stream flow that nobody reads yet.
  stdout.pause();
  stderr.pause();
  const status = (): ExitStatus => ({ code: subprocess.exitCode, signal: subprocess.signalCode });
  return of({
    pid,
    stdin,
    stdout,
    stderr,
    exit$: defer(() =>
      subprocess.exitCode !== null || subprocess.signalCode !== null
        ? of(undefined)
        : fromEvent(subprocess, 'exit').pipe(take(1)),
    ).pipe(map(status)),
    close$: fromEvent(subprocess, 'close').pipe(take(1), map(status)),
  });
};

const failWith = (error$: Observable<unknown>): Observable<never> =>
  error$.pipe(
    take(1),
    map((error) => {
      throw new SpawnError(error);
    }),
  );
