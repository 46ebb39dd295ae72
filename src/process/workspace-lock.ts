import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import * as t from 'io-ts';
import { defer, EMPTY, type Observable, tap } from 'rxjs';
import { bootId, isRunning, rootOf } from './process-tree.js';
import { readSmall } from './small-file.js';

/** Another plugin process works in this workspace. */
export class BusyError extends Error {
  override readonly name = 'BusyError';
}

const LOCK_FILE = '.plexum-codex-session.lock';
/** Of a lock of ours; a workspace may be hostile. */
const MAX_BYTES = 1_024;
const Owner = t.type({ boot: t.string, pid: t.number, startTime: t.number });

/**
 * Holds the workspace for the life of a source, against other plugin processes.
 *
 * Emits, completes and fails as the source does; fails with `BusyError`, and does not subscribe,
 * when a living process holds the workspace. The lock of a dead one is taken over. A workspace in
 * which no file can be made is not locked. The lock is released when the source ends, before that
 * is passed on, or, when it is unsubscribed, as soon as `drained$` completes.
 */
export const withWorkspaceLock = <T>(
  workspace: string,
  source$: Observable<T>,
  drained$: Observable<unknown> = EMPTY,
): Observable<T> =>
  defer(() => {
    const release = lock(path.join(workspace, LOCK_FILE));
    const runInBackground = (): void => {
      drained$.subscribe({ error: release, complete: release });
    };
    return source$.pipe(tap({ complete: release, error: release, unsubscribe: runInBackground }));
  });

const lock = (file: string): (() => void) => {
  const { pid, startTime } = rootOf(process.pid, '');
  const own = JSON.stringify({ boot: bootId(), pid, startTime });
  for (let attempt = 0; ; attempt += 1) {
    try {
      takeLock(file, own);
      return () => {
        removed(file);
      };
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST'))
        return () => undefined;
      const owner = ownerOf(file);
      if (attempt > 0 || (owner !== undefined && owner.boot === bootId() && isRunning(owner)))
        throw new BusyError(
          `another plugin (process ${owner?.pid ?? 'unknown'}) runs a turn in this workspace; try again when it has ended`,
        );
      if (!removed(file)) return () => undefined;
    }
  }
};

/** Makes the lock; one that cannot be written is none. */
const takeLock = (file: string, own: string): void => {
  const descriptor = openSync(file, 'wx', 0o600);
  try {
    writeSync(descriptor, own);
  } catch (error) {
    removed(file);
    throw error;
  } finally {
    closeSync(descriptor);
  }
};

const removed = (file: string): boolean => {
  try {
    rmSync(file, { force: true });
    return true;
  } catch {
    return false;
  }
};

const ownerOf = (file: string): t.TypeOf<typeof Owner> | undefined => {
  try {
    const owner: unknown = JSON.parse(readSmall(file, MAX_BYTES));
    return Owner.is(owner) ? owner : undefined;
  } catch {
    return undefined;
  }
};
