import path from 'node:path';
import { catchError, finalize, mergeMap, type Observable, of, tap } from 'rxjs';
import { defaultBackground } from './background-work.js';
import { takeLock } from './file-lock.js';
import { BusyError } from './lock-holder.js';

const LOCK_FILE = '.plexum-codex-session.lock';
const NEW_THREAD_LOCK = '.plexum-codex-session.new.lock';

/**
 * Locks the workspace against other plugin processes that would begin a thread in it.
 *
 * Emits the function that releases the lock once, and completes; `takeLock` says when it waits and
 * fails. Emits a function that does nothing where no file can be created.
 */
export const lockNewThread = (workspace: string): Observable<() => void> =>
  takeIn(workspace, NEW_THREAD_LOCK, 'begins a thread in this workspace');

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
  takeIn(workspace, LOCK_FILE, 'runs a turn in this workspace').pipe(
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

/** Takes a lock in the workspace, or none where no file can be created. Does not wait. */
const takeIn = (workspace: string, name: string, does: string): Observable<() => void> =>
  takeLock(path.join(workspace, name), { does, waitMs: 0 }).pipe(
    catchError((error: unknown) => {
      if (error instanceof BusyError) throw error;
      return of(() => undefined);
    }),
  );
