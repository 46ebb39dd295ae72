import {
  catchError,
  concat,
  EMPTY,
  filter,
  ignoreElements,
  merge,
  mergeMap,
  NEVER,
  type Observable,
  retry,
  switchMap,
  takeUntil,
  tap,
  timer,
  withLatestFrom,
} from 'rxjs';
import type { AppServer } from './app-server.js';
import { cleanThread, rememberCommands } from './clean-thread.js';
import { turnOf } from './notification.js';

/**
 * Milliseconds between two tries to interrupt: codex refuses the request until the turn has
 * started (src/codex/README.md, turns of the app-server).
 */
const RETRY_MS = 20;

/** Milliseconds that an abandoned turn may run on: the next turn of its thread has to wait. */
const ABANDONED_MS = 5_000;

/**
 * Interrupts a turn once its id is known, and tries again every 20 ms while codex refuses.
 *
 * Emits nothing; completes when codex has accepted the interrupt, or when the app-server has
 * exited. Fails when `turnId$` fails. Unsubscribe stops trying.
 */
export const interruptTurn = (
  server: AppServer,
  threadId: string,
  turnId$: Observable<string>,
): Observable<never> =>
  turnId$.pipe(
    tap(() => rememberCommands(server, threadId)),
    mergeMap((turnId) =>
      server.request$('turn/interrupt', { threadId, turnId }).pipe(retry({ delay: RETRY_MS })),
    ),
    ignoreElements(),
    takeUntil(server.exited$),
  );

/**
 * Ends a turn that was unsubscribed, then its commands.
 *
 * Emits nothing. Completes when no command of the thread is alive; does not fail. If the turn is
 * not interrupted within 5 s, kills the app-server; back-pressure starts that time again.
 */
export const abandonTurn = (
  server: AppServer,
  threadId: string,
  turnId$: Observable<string>,
): Observable<never> => {
  const completed$ = server.notification$.pipe(
    filter(({ method, params }) => method === 'turn/completed' && params.threadId === threadId),
    withLatestFrom(turnId$.pipe(catchError(() => NEVER))),
    filter(([notification, turnId]) => turnOf(notification) === turnId),
  );
  const killed$ = server.ready$.pipe(
    switchMap((ready) => (ready ? timer(ABANDONED_MS) : NEVER)),
    tap(server.kill),
    ignoreElements(),
  );
  return concat(
    interruptTurn(server, threadId, turnId$).pipe(
      catchError(() => EMPTY),
      takeUntil(merge(completed$, killed$)),
    ),
    cleanThread(server, threadId),
  );
};
