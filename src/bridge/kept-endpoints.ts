import { concat, defer, finalize, type Observable, of, share, tap, timer } from 'rxjs';
import type { EndpointEvent, Listening } from './endpoint.js';

/** An endpoint that is open. */
interface Kept {
  readonly event$: Observable<EndpointEvent>;
  busy: boolean;
  listening?: Listening;
}

/**
 * Endpoints that stay open for `ms` after they were used, for the next turn that needs the same
 * one: codex is connected to it already.
 *
 * ```
 * open$   L---a------------x      L listening  a a call  x closed, ms after the second turn
 * first   L---a-!
 * second  --------L----!
 * ```
 *
 * Returns what opens one by its key: emits `listening` first, then the calls, and fails as the
 * endpoint does. Unsubscribe gives it back. Two at a time never share one, since each call is
 * answered once: the second one has an endpoint of its own, which is not kept.
 */
export const createKeptEndpoints = (ms: number) => {
  const all = new Map<string, Kept>();
  const opened = (key: string, open$: Observable<EndpointEvent>): Kept => {
    const event$ = open$.pipe(
      tap((event) => {
        if (event.type === 'listening') kept.listening = event;
      }),
      finalize(() => all.delete(key)),
      share({ resetOnRefCountZero: () => timer(ms) }),
    );
    const kept: Kept = { event$, busy: false };
    all.set(key, kept);
    return kept;
  };
  return (key: string, open$: Observable<EndpointEvent>): Observable<EndpointEvent> =>
    defer(() => {
      const kept = all.get(key) ?? opened(key, open$);
      if (kept.busy) return open$;
      kept.busy = true;
      const again$ =
        kept.listening === undefined ? kept.event$ : concat(of(kept.listening), kept.event$);
      return again$.pipe(
        finalize(() => {
          kept.busy = false;
        }),
      );
    });
};
