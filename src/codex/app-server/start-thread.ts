import { catchError, defer, EMPTY, mergeMap, type Observable, shareReplay, tap } from 'rxjs';
import { OpenedThread } from './accept-thread.js';
import type { AppServer } from './app-server.js';
import type { ThreadParams } from './resume-thread.js';
import { unloadThread } from './unload-thread.js';

/**
 * Starts a new thread.
 *
 * Emits the answer once and completes. Fails with `AppServerError` when codex refuses. The request
 * outlives an unsubscribe, since only its answer names the thread, which is unloaded in the
 * background then.
 */
export const startThread = (server: AppServer, params: ThreadParams): Observable<unknown> =>
  defer(() => {
    const answer$ = server
      .request$('thread/start', params)
      .pipe(shareReplay({ bufferSize: 1, refCount: false }));
    const unload$ = answer$.pipe(
      mergeMap((answer) =>
        OpenedThread.is(answer) ? unloadThread(server, answer.thread.id) : EMPTY,
      ),
      catchError(() => EMPTY),
    );
    return answer$.pipe(tap({ unsubscribe: () => server.runInBackground(unload$) }));
  });
