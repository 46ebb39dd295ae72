import * as t from 'io-ts';
import {
  defer,
  EMPTY,
  ignoreElements,
  map,
  merge,
  mergeMap,
  type Observable,
  take,
  tap,
} from 'rxjs';

/** The app-server refused a request, cannot start, or has exited. The message is codex's own. */
export class AppServerError extends Error {
  override readonly name = 'AppServerError';
}

/** The client's side of JSON-RPC with the app-server. */
export interface Rpc {
  /**
   * Sends a request on subscribe. Emits its result once and completes; fails with
   * `AppServerError`. Unsubscribe drops the answer.
   */
  readonly request$: (
    method: string,
    params: Readonly<Record<string, unknown>>,
  ) => Observable<unknown>;
  readonly notify: (method: string) => void;
  /**
   * Refuses each request of the app-server while subscribed. Emits nothing. With our settings the
   * app-server sends none.
   */
  readonly refusals$: Observable<never>;
}

const ServerRequest = t.type({ id: t.unknown, method: t.string });
const Refusal = t.type({ error: t.type({ message: t.string }) });
const Answer = t.intersection([t.type({ id: t.number }), t.partial({ result: t.unknown })]);

/**
 * JSON-RPC over a pair of pipes. `frame$` is the output of the app-server, hot. `broken$` emits the
 * reason once no open request can be answered any more.
 */
export const createRpc = (
  frame$: Observable<unknown>,
  write: (frame: object) => void,
  broken$: Observable<string>,
): Rpc => {
  let nextId = 0;
  return {
    request$: (method, params) =>
      defer(() => {
        const id = nextId;
        nextId += 1;
        return merge(
          frame$.pipe(
            mergeMap((frame) =>
              Answer.is(frame) && frame.id === id && !ServerRequest.is(frame)
                ? [resultOf(frame)]
                : [],
            ),
          ),
          broken$.pipe(
            map((reason) => {
              throw new AppServerError(reason);
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
        if (ServerRequest.is(frame))
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
