import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import * as t from 'io-ts';
import { defer, finalize, type Observable, tap } from 'rxjs';
import { defaultBackground } from './background-work.js';
import { readSmallFile } from './files.js';
import { bootId, isRunning } from './process-table.js';
import { rootOf } from './process-tree.js';

/** Another plugin process runs a turn in this workspace. */
export class BusyError extends Error {
  override readonly name = 'BusyError';
}

const LOCK_FILE = '.plexum-codex-session.lock';
/** More than a lock has; the file may be anybody's. */
const MAX_BYTES = 1_024;
const Owner = t.type({ boot: t.string, pid: t.number, startTime: t.number });

/**
 * Locks the workspace against other plugin processes while a source lives.
 *
 * Emits, completes and fails with the source; fails with `BusyError` and does not subscribe while
 * another running process holds the lock. Takes over the lock of a process that is gone; runs
 * without a lock where no file can be created. The lock is released before the completion or the
 * error is passed on; after an unsubscribe, once the background work of the workspace is drained.
 */
export const withWorkspaceLock = <T>(
  workspace: string,
  source$: Observable<T>,
  { runInBackground, drained$ } = defaultBackground,
): Observable<T> =>
  defer(() => {
    const release = lock(path.join(workspace, LOCK_FILE));
    return source$.pipe(
      tap({
        complete: release,
        error: release,
        unsubscribe: () => runInBackground(workspace)(drained$(workspace).pipe(finalize(release))),
      }),
    );
  });

const lock = (file: string): (() => void) => {
  const { pid, startTime } = rootOf(process.pid, '');
  const own = JSON.stringify({ boot: bootId(), pid, startTime });
  for (let attempt = 0; ; attempt += 1) {
    try {
      createLock(file, own);
      return () => {
        removeLock(file);
      };
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST'))
        return () => undefined;
      const owner = ownerOf(file);
      if (attempt > 0 || (owner !== undefined && owner.boot === bootId() && isRunning(owner)))
        throw new BusyError(
          `another plugin (process ${owner?.pid ?? 'unknown'}) runs a turn in this workspace; try again when it has ended`,
        );
      if (!removeLock(file)) return () => undefined;
    }
  }
};

/** Creates the lock, completely or not at all. */
const createLock = (file: string, own: string): void => {
  const descriptor = openSync(file, 'wx', 0o600);
  try {
    writeSync(descriptor, own);
  } catch (error) {
    removeLock(file);
    throw error;
  } finally {
    closeSync(descriptor);
  }
};

/** Whether the file is gone. */
const removeLock = (file: string): boolean => {
  try {
    rmSync(file, { force: true });
    return true;
  } catch {
    return false;
  }
};

const ownerOf = (file: string): t.TypeOf<typeof Owner> | undefined => {
  try {
    const owner: unknown = JSON.parse(readSmallFile(file, MAX_BYTES));
    return Owner.is(owner) ? owner : undefined;
  } catch {
    return undefined;
  }
};
