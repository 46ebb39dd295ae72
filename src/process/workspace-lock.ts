import path from 'node:path';
import { catchError, finalize, mergeMap, type Observable, of, tap } from 'rxjs';
import { defaultBackground } from './background-work.js';
import { takeLock } from './file-lock.js';
import { BusyError } from './lock-holder.js';

const LOCK_FILE = '.plexum-codex-session.lock';

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
  takeLock(path.join(workspace, LOCK_FILE), {
    does: 'runs a turn in this workspace',
    waitMs: 0,
  }).pipe(
    catchError((error: unknown) => {
      if (error instanceof BusyError) throw error;
      return of(() => undefined);
    }),
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
