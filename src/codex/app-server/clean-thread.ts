import { catchError, concat, defer, EMPTY, ignoreElements, type Observable, takeUntil, timer } from 'rxjs';
import { sweep } from '../exec/process-tree.js';
import type { AppServer } from './app-server.js';
import { THREAD_MARKER } from './open-thread.js';

/** Ends what the turn of a thread has left running: the background terminals that codex knows, then whoever carries the marker of the thread. Emits nothing; completes when nothing is alive. Does not fail. */
export const cleanThread = (server: AppServer, threadId: string): Observable<never> =>
  concat(
    server.request$('thread/backgroundTerminals/clean', { threadId }).pipe(
      catchError(() => EMPTY),
      ignoreElements(),
      takeUntil(timer(CLEAN_MS)),
    ),
    defer(() => {
      const marker = server.threads.get(threadId)?.marker;
      return marker === undefined
        ? EMPTY
        : sweep({ pid: -1, startTime: server.root.startTime, marker: `${THREAD_MARKER}=${marker}`, seen: new Map() });
    }),
  );

/** Milliseconds that codex may take to end its background terminals; then they are killed. */
const CLEAN_MS = 1_000;
