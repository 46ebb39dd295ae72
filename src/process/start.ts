import { spawn } from 'node:child_process';
import { fromEvent, map, type Observable, take } from 'rxjs';
import { reasonOf } from '../text/explain.js';
import type { ProcessRun } from './run.js';

/**
 * Everything that codex starts inherits this variable, so that it can be found when its parents are
 * gone.
 */
export const MARKER = 'PLEXUM_CODEX_RUN';
/** The variable with its value. */
export const MARKED = /^PLEXUM_CODEX_RUN=[0-9a-f-]{36}$/;

/** The process could not be started; `code` is the system's, for instance ENOENT or EACCES. */
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
 * Starts a program in a session of its own, by which codex's MCP servers are found, with pipes. It
 * has no pid when the system refuses: see `notStarted`. Throws `SpawnError` when it cannot even be
 * asked. Not by execa: that throws where there are no file descriptors for the pipes, and the
 * refusal that follows would end the plugin.
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
    // A codex that exits before it has read all is told by its exit, not by EPIPE.
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
