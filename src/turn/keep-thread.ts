import {
  catchError,
  defer,
  EMPTY,
  type MonoTypeOperatorFunction,
  Observable,
  takeWhile,
} from 'rxjs';
import type { CodexSignal } from '../codex/events/signal.js';
import { isThreadId } from '../codex/thread-id.js';
import type { Ports } from '../ports.js';

/**
 * Keeps the thread's id in the workspace's session file when it differs from the `resumed` one.
 *
 * Emits the signals as they come; `thread.started` once its id is stored. A file that cannot be
 * written costs continuity, with a warning, never the turn. Completes, fails and is unsubscribed
 * with the source.
 */
export const keepThread =
  (
    workspace: string,
    resumed: string | undefined,
    ports: Pick<Ports, 'writeSession$' | 'log'>,
  ): MonoTypeOperatorFunction<CodexSignal> =>
  (signal$) =>
    defer(() => {
      let threadId = resumed;
      return signal$.pipe(
        passAfter((signal) => {
          if (signal.type !== 'thread.started' || signal.thread_id === threadId) return undefined;
          threadId = signal.thread_id;
          return store(workspace, resumed, threadId, ports);
        }),
      );
    });

const store = (
  workspace: string,
  resumed: string | undefined,
  threadId: string,
  { writeSession$, log }: Pick<Ports, 'writeSession$' | 'log'>,
): Observable<never> => {
  if (resumed !== undefined)
    log('warning', 'codex began another thread than the one it was asked to resume', {
      thread_id: threadId,
      asked: resumed,
    });
  if (!isThreadId(threadId)) {
    log(
      'warning',
      'codex gave its thread an id that is no UUID; the next turn will not resume it',
      { thread_id: threadId.slice(0, 80) },
    );
    return EMPTY;
  }
  return writeSession$(workspace, threadId).pipe(
    catchError((error: unknown) => {
      log('warning', 'the thread id could not be stored; the next turn will not resume it', {
        thread_id: threadId,
        error: String(error),
      });
      return EMPTY;
    }),
  );
};

/**
 * Lets values pass in order, and makes one wait for work where there is some: `concatMap` with an
 * inner Observable only where it is needed, since one a value costs as much as reading the value's
 * JSON.
 *
 * Emits each value once the work for it completed, at once where `work` gives none. Completes with
 * the source and the last work, fails with either; unsubscribe unsubscribes from both and drops
 * what waits.
 */
export const passAfter =
  <T>(work: (value: T) => Observable<never> | undefined): MonoTypeOperatorFunction<T> =>
  (source$) =>
    new Observable((subscriber) => {
      const waiting: T[] = [];
      let busy = false;
      let ended = false;
      const error = (reason: unknown): void => {
        subscriber.error(reason);
      };
      const pass = (value: T): void => {
        const before$ = work(value);
        if (before$ === undefined) {
          subscriber.next(value);
          return;
        }
        busy = true;
        const complete = (): void => {
          busy = false;
          subscriber.next(value);
          goOn();
        };
        subscriber.add(before$.subscribe({ error, complete }));
      };
      const goOn = (): void => {
        while (!busy && waiting.length > 0) waiting.splice(0, 1).forEach(pass);
        if (ended && !busy) subscriber.complete();
      };
      const next = (value: T): void => {
        if (busy) waiting.push(value);
        else pass(value);
      };
      const complete = (): void => {
        ended = true;
        goOn();
      };
      // A source that emits in a burst has to notice that nobody listens any more.
      // eslint-disable-next-line rxjs-x/no-ignored-takewhile-value
      const listened$ = source$.pipe(takeWhile(() => !subscriber.closed));
      subscriber.add(listened$.subscribe({ next, error, complete }));
    });
