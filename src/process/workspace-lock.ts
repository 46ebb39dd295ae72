import path from 'node:path';
import { catchError, finalize, mergeMap, type Observable, of, tap } from 'rxjs';
import { defaultBackground } from './background-work.js';
import { type LockOptions, takeLock } from './file-lock.js';
import { BusyError } from './lock-holder.js';

const LOCK_FILE = '.plexum-codex-session.lock';
const NEW_THREAD_LOCK = '.plexum-codex-session.new.lock';

/**
 * Milliseconds after which the lock of a new thread no longer counts when its owner is in another
 * container, which may have been killed: codex names its thread within a few seconds.
 */
const UNSEEN_MS = 600_000;

/**
 * Locks the workspace against other plugin processes that would begin a thread in it.
 *
 * Emits the function that releases the lock once, and completes; `takeLock` says when it waits and
 * fails. Emits a function that does nothing where no file can be created.
 */
export const lockNewThread = (workspace: string): Observable<() => void> =>
  takeIn(workspace, NEW_THREAD_LOCK, {
    does: 'begins a thread in this workspace',
    unseenMs: UNSEEN_MS,
  });

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

/** Takes a lock in the workspace, or none where no file can be created. Does not wait. */
const takeIn = (
  workspace: string,
  name: string,
  options: Omit<LockOptions, 'waitMs'>,
): Observable<() => void> =>
  takeLock(path.join(workspace, name), { ...options, waitMs: 0 }).pipe(
    catchError((error: unknown) => {
      if (error instanceof BusyError) throw error;
      return of(() => undefined);
    }),
  );
