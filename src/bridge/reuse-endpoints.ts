import {
  concat,
  defer,
  finalize,
  merge,
  NEVER,
  type Observable,
  of,
  share,
  tap,
  timer,
} from 'rxjs';
import { answerLate } from './answer-call.js';
import type { EndpointEvent, Listening } from './endpoint.js';

/** An open endpoint. */
interface OpenEndpoint {
  readonly event$: Observable<EndpointEvent>;
  busy: boolean;
  listening?: Listening;
}

/**
 * Keeps endpoints open for `ms` after their turn, so that the next turn with the same key finds
 * codex still connected. `end$` emits, and replays, when no turn can come any more: none is kept
 * then.
 *
 * ```
 * open$   L---a------------!      L listening  a a call  ! closed, `ms` after the second turn
 * first   L---a-!
 * second  --------L----!
 * ```
 *
 * Returns a function that opens an endpoint by its key. The stream emits `listening` first, then
 * the calls; completes and fails with the endpoint. Unsubscribe releases the endpoint: a call that
 * comes before the next turn is answered with a tool error. Concurrent turns never share one, since
 * each call has one answer: the second turn gets an endpoint of its own, which closes with that
 * turn.
 */
export const createReusableEndpoints = (ms: number, end$: Observable<unknown> = NEVER) => {
  const endpoints = new Map<string, OpenEndpoint>();
  const openEndpoint = (key: string, open$: Observable<EndpointEvent>): OpenEndpoint => {
    const event$ = open$.pipe(
      tap((event) => {
        if (event.type === 'listening') endpoint.listening = event;
        else if (!endpoint.busy) answerLate(event);
      }),
      finalize(() => endpoints.delete(key)),
      share({ resetOnRefCountZero: () => merge(timer(ms), end$) }),
    );
    const endpoint: OpenEndpoint = { event$, busy: false };
    endpoints.set(key, endpoint);
    return endpoint;
  };
  return (key: string, open$: Observable<EndpointEvent>): Observable<EndpointEvent> =>
    defer(() => {
      const endpoint = endpoints.get(key) ?? openEndpoint(key, open$);
      if (endpoint.busy) return open$;
      endpoint.busy = true;
      const { event$, listening } = endpoint;
      return (listening === undefined ? event$ : concat(of(listening), event$)).pipe(
        finalize(() => {
          endpoint.busy = false;
        }),
      );
    });
};
