import { combineLatest, filter, map, type Observable, switchMap, take, timer } from 'rxjs';
import { whileTrue } from '../../streams/while-true.js';
import type { AppServer } from './app-server.js';
import { AppServerError } from './rpc.js';

/** Milliseconds after `idle` in which `turn/completed` would have come: both come together. */
const LOST_END_MS = 2_000;

/**
 * Notices that the end of a turn was lost with a line that could not be read.
 *
 * Emits nothing. Fails with `AppServerError` 2 s after the thread became idle and a line was lost,
 * in either order; back-pressure starts that time again. Completes when either source completes
 * without it. Unsubscribe stops the time.
 */
export const lostEnd$ = (
  { unreadable$, idleThread$, ready$ }: Pick<AppServer, 'unreadable$' | 'idleThread$' | 'ready$'>,
  threadId: string,
): Observable<never> =>
  combineLatest([unreadable$, idleThread$.pipe(filter((idle) => idle === threadId))]).pipe(
    take(1),
    switchMap(([reason]) =>
      ready$.pipe(
        whileTrue(timer(LOST_END_MS)),
        map(() => {
          throw new AppServerError(reason);
        }),
      ),
    ),
  );
