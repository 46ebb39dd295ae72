import * as t from 'io-ts';
import {
  defer,
  EMPTY,
  identity,
  ignoreElements,
  type MonoTypeOperatorFunction,
  map,
  merge,
  type Observable,
  take,
  tap,
  timer,
} from 'rxjs';
import { always$ } from '../../lines/readable.js';
import { emitAll } from '../../streams/emit-all.js';
import { whileTrue } from '../../streams/while-true.js';

/** The app-server refused a request, cannot start, or has exited. The message is codex's own. */
export class AppServerError extends Error {
  override readonly name = 'AppServerError';
}

/**
 * codex did not answer a request. It never answers a frame that it cannot read; the other turns of
 * the app-server run on.
 */
export class UnansweredError extends AppServerError {}

/** The client's side of JSON-RPC with the app-server. */
export interface Rpc {
  /**
   * Sends a request on subscribe. Emits its result once and completes; fails with
   * `AppServerError`, and with `UnansweredError` unless the method is one of `OPEN_ENDED`.
   * Unsubscribe drops the answer.
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

/**
 * Requests whose answers may take long, because codex starts MCP servers first or writes what they
 * carry, or which outlive their subscribers. Their callers watch the time.
 */
const OPEN_ENDED: ReadonlySet<string> = new Set([
  'initialize',
  'thread/start',
  'thread/resume',
  'thread/inject_items',
  'turn/start',
]);

const ServerRequest = t.type({ id: t.unknown, method: t.string });
const Refusal = t.type({ error: t.type({ message: t.string }) });
const Answer = t.intersection([t.type({ id: t.number }), t.partial({ result: t.unknown })]);

/**
 * JSON-RPC over a pair of pipes. `frame$` is the output of the app-server, hot. `broken$` emits the
 * reason once no open request can be answered any more. While `ready$` is false no answer is read.
 */
export const createRpc = (
  frame$: Observable<unknown>,
  write: (frame: object) => void,
  broken$: Observable<string>,
  ready$ = always$,
): Rpc => {
  let nextId = 0;
  return {
    request$: (method, params) =>
      defer(() => {
        const id = nextId;
        nextId += 1;
        return merge(
          frame$.pipe(
            emitAll((frame) =>
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
        ).pipe(take(1), OPEN_ENDED.has(method) ? identity : answerInTime(method, ready$));
      }),
    notify: (method) => {
      write({ method });
    },
    refusals$: frame$.pipe(
      tap((frame) => {
        if (ServerRequest.is(frame))
          write({
            id: frame.id,
            error: {
              code: -32601,
              message: `${frame.method} is not answered here`,
            },
          });
      }),
      ignoreElements(),
    ),
  };
};

/** Milliseconds in which codex answers a request; it takes 1 to 50. */
const ANSWER_MS = 10_000;

/**
 * Emits the answer to a request and completes. Fails with the source, and with `UnansweredError`
 * when there is no answer within `ms`; back-pressure starts that time again. Unsubscribe drops the
 * answer.
 */
export const answerInTime =
  <T>(method: string, ready$: Observable<boolean>, ms = ANSWER_MS): MonoTypeOperatorFunction<T> =>
  (answer$) =>
    merge(
      answer$,
      ready$.pipe(
        whileTrue(timer(ms)),
        map(() => {
          throw new UnansweredError(
            `codex app-server did not answer ${method} within ${ms} ms; other turns go on`,
          );
        }),
      ),
    ).pipe(take(1));

const resultOf = (answer: t.TypeOf<typeof Answer>): unknown => {
  if (Refusal.is(answer)) throw new AppServerError(answer.error.message);
  return answer.result;
};
