import { spawn } from 'node:child_process';
import { fromEvent, map, type Observable, take } from 'rxjs';
import { reasonOf } from '../text/explain.js';
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
    this.code = error instanceof Error && 'code' in error ? String(error.code) : '';
  }
}

export type Child = ReturnType<typeof startProcess>;

/**
 * Starts a program with pipes and in a session of its own, which identifies its descendants.
 * Returns a child without a pid when the system refuses; see `notStarted`. Throws `SpawnError` for
 * arguments that no process can have. Not execa: without free file descriptors it throws, and the
 * child's later `error` event would crash this process.
 */
export const startProcess = (
  { file, args, cwd, env }: Omit<ProcessRun, 'stdin'>,
  marker: string,
) => {
  try {
    const child = spawn(file, [...args], {
      cwd,
      env: { ...env, [MARKER]: marker },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    child.on('error', () => undefined);
    // The exit reports a process that does not read its stdin, not EPIPE.
    if (child.pid !== undefined) child.stdin.on('error', () => undefined);
    return child;
  } catch (error) {
    throw new SpawnError(error);
  }
};

/** Fails with the `SpawnError` of a child without a pid. */
export const notStarted = (child: Child): Observable<never> =>
  fromEvent(child, 'error').pipe(
    take(1),
    map((error) => {
      throw new SpawnError(error);
    }),
  );
