import path from 'node:path';
import { catchError, defer, finalize, map, mergeMap, type Observable, of, tap } from 'rxjs';
import { defaultBackground } from './background-work.js';
import { holdsLock, type LockOptions, takeLock } from './file-lock.js';
import { BusyError } from './lock-holder.js';
import { openFolder } from './open-folder.js';

const LOCK_FILE = '.plexum-codex-session.lock';
const NEW_THREAD_LOCK = '.plexum-codex-session.new.lock';

/**
 * Milliseconds after which the lock of a new thread no longer counts when its owner is in another
 * container, or of another user so that nobody can read it, and may have been killed: codex names
 * its thread within a few seconds.
 */
const UNSEEN_MS = 600_000;

/**
 * Locks the workspace against other plugin processes that would begin a thread in it.
 *
 * Emits the function that releases the lock once, and completes; `takeLock` says when it waits and
 * fails. Emits a function that does nothing where no file can be created, and where this process
 * has the lock already: the turns of one process have queues, one for each host.
 */
export const lockNewThread = (workspace: string): Observable<() => void> =>
  takeIn(workspace, NEW_THREAD_LOCK, {
    does: 'begins a thread in this workspace',
    unseenMs: UNSEEN_MS,
  }).pipe(
    catchError((error: unknown) => {
      if (holdsLock(path.join(workspace, NEW_THREAD_LOCK))) return of(() => undefined);
      throw error;
    }),
  );

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
  takeIn(workspace, LOCK_FILE, { does: 'runs a turn in this workspace' }).pipe(
    mergeMap((release) =>
      source$.pipe(
        tap({
          complete: release,
          error: release,
          unsubscribe: () =>
            runInBackground(workspace)(drained$(workspace).pipe(finalize(release))),
        }),
      ),
    ),
  );

/**
 * Takes a lock in the workspace, or none where no file can be created. Does not wait. The lock is
 * released in the folder in which it was taken, also when that was moved, or is behind a link that
 * leads elsewhere by then: this process would keep the lock until its end.
 */
const takeIn = (
  workspace: string,
  name: string,
  options: Omit<LockOptions, 'waitMs'>,
): Observable<() => void> =>
  defer(() => {
    const folder = openFolder(workspace);
    return takeLock(path.join(folder.path, name), { ...options, waitMs: 0 }).pipe(
      map((release) => () => {
        release();
        folder.close();
      }),
      catchError((error: unknown) => {
        folder.close();
        throw error instanceof BusyError
          ? new BusyError(error.message.replaceAll(folder.path, workspace))
          : error;
      }),
    );
  }).pipe(
    catchError((error: unknown) => {
      if (error instanceof BusyError) throw error;
      return of(() => undefined);
    }),
  );
