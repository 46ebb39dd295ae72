import * as t from 'io-ts';
import {
  defer,
  EMPTY,
  ignoreElements,
  map,
  merge,
  mergeMap,
  type Observable,
  ReplaySubject,
  take,
  tap,
} from 'rxjs';

/** The app-server refused a request, or is gone. The message is its own. */
export class AppServerError extends Error {
  override readonly name = 'AppServerError';
}

/** What is said to the app-server. */
export interface Rpc {
  /**
   * Sends a request with each subscription. Emits its result once and completes; fails with
   * `AppServerError`. Unsubscribe forgets the answer.
   */
  readonly request$: (
    method: string,
    params: Readonly<Record<string, unknown>>,
  ) => Observable<unknown>;
  readonly notify: (method: string) => void;
  /**
   * Refuses what the app-server asks, while it is subscribed; emits nothing. With our settings
   * there is nothing that it could ask.
   */
  readonly refusals$: Observable<never>;
}

const Question = t.type({ id: t.unknown, method: t.string });
const Refusal = t.type({ error: t.type({ message: t.string }) });
const Answer = t.intersection([t.type({ id: t.number }), t.partial({ result: t.unknown })]);

/**
 * JSON-RPC with the app-server. `frame$` is what it writes, hot. `broken$` emits why no open
 * request can be answered any more; how it went, also to who comes later.
 */
export const createRpc = (
  frame$: Observable<unknown>,
  write: (frame: object) => void,
  broken$: Observable<string>,
): Rpc => {
  let next = 0;
  return {
    request$: (method, params) =>
      defer(() => {
        const id = next;
        next += 1;
        return merge(
          frame$.pipe(
            mergeMap((frame) =>
              Answer.is(frame) && frame.id === id && !Question.is(frame) ? [resultOf(frame)] : [],
            ),
          ),
          broken$.pipe(
            map((how) => {
              throw new AppServerError(how);
            }),
          ),
          defer(() => {
            write({ id, method, params });
            return EMPTY;
          }),
        ).pipe(take(1));
      }),
    notify: (method) => {
      write({ method });
    },
    refusals$: frame$.pipe(
      tap((frame) => {
        if (Question.is(frame))
          write({
            id: frame.id,
            error: { code: -32601, message: `${frame.method} is not answered here` },
          });
      }),
      ignoreElements(),
    ),
  };
};

const resultOf = (answer: t.TypeOf<typeof Answer>): unknown => {
  if (Refusal.is(answer)) throw new AppServerError(answer.error.message);
  return answer.result;
};

/**
 * Sends a request now, once. Its answer is kept for whoever subscribes later; unsubscribe does not
 * lose it.
 */
export const sent = (request$: Observable<unknown>): Observable<unknown> => {
  const answer$ = new ReplaySubject<unknown>(1);
  request$.subscribe(answer$);
  return answer$;
};
