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
import { whileTrue } from '../../streams/while-true.js';
import type { AppServer } from './app-server.js';
import { cleanThread, rememberCommands } from './clean-thread.js';
import { turnOf } from './notification.js';
import { answerInTime, UnansweredError } from './rpc.js';

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
 * Interrupts a turn that codex has not accepted in time, should it begin it after all. Nothing
 * waits for that: it belongs to the app-server, and ends with it.
 */
export const interruptLate = (
  server: AppServer,
  threadId: string,
  turnId$: Observable<string>,
): void =>
  server.runInBackground(interruptTurn(server, threadId, turnId$).pipe(catchError(() => EMPTY)));

/**
 * Ends a turn that was unsubscribed, then its commands.
 *
 * Emits nothing. Completes when no command of the thread is alive; does not fail. If a turn that
 * codex has accepted is not interrupted within 5 s, kills the app-server; back-pressure starts that
 * time again. Does not wait for codex to accept the turn longer than for any answer.
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
  const killed$ = turnId$.pipe(
    catchError(() => NEVER),
    switchMap(() => server.ready$),
    whileTrue(timer(ABANDONED_MS)),
    tap(server.kill),
    ignoreElements(),
  );
  return concat(
    interruptTurn(server, threadId, turnId$.pipe(answerInTime('turn/start', server.ready$))).pipe(
      catchError((error: unknown) => {
        if (error instanceof UnansweredError) interruptLate(server, threadId, turnId$);
        return EMPTY;
      }),
      takeUntil(merge(completed$, killed$)),
    ),
    cleanThread(server, threadId),
  );
};
