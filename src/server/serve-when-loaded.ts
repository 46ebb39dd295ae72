import {
  defer,
  delayWhen,
  EMPTY,
  ignoreElements,
  merge,
  type Observable,
  ReplaySubject,
  Subject,
  tap,
} from 'rxjs';
import type { Host } from '../plexum/host-connection.js';
import type { HostRequest } from '../plexum/host-requests.js';
import { during } from '../streams/during.js';
import { replayDuring } from '../streams/replay-during.js';

/** A server of a host; it subscribes to the host's requests at once. */
export type Serve = (host: Host, terminate$: Observable<unknown>) => Observable<never>;

/**
 * Reads the requests of a host at once, and serves them when the server is loaded: the MCP server
 * answers `initialize` meanwhile.
 *
 * ```
 * requests$  --a-b-----c---
 * load$      -----s|             s the server
 * its own    -----(ab)-c---
 * ```
 *
 * Emits nothing. Once it is loaded, the server gets the requests so far, in their order, and only
 * then learns whether the host has closed a pipe or `terminate$` has emitted. Completes with the
 * server, or when `load$` and the requests complete without one; fails when either fails.
 * Unsubscribe unsubscribes from the server, then from the requests.
 */
export const serveWhenLoaded = (
  host: Host,
  terminate$: Observable<unknown>,
  load$: Observable<Serve>,
): Observable<never> =>
  replayDuring(host.closed$, (closed$) =>
    replayDuring(terminate$, (end$) =>
      defer(() => {
        const isLoaded$ = new ReplaySubject<true>(1);
        const requests$ = new Subject<HostRequest>();
        const held$ = host.requests$.pipe(
          delayWhen(() => isLoaded$),
          tap(requests$),
          ignoreElements(),
        );
        const afterHeld = <T>(each$: Observable<T>): Observable<T> =>
          each$.pipe(delayWhen(() => isLoaded$));
        return during(merge(held$, load$), (serve) =>
          merge(
            serve(
              { ...host, closed$: afterHeld(closed$), requests$: requests$.asObservable() },
              afterHeld(end$),
            ),
            defer(() => {
              isLoaded$.next(true);
              return EMPTY;
            }),
          ),
        );
      }),
    ),
  );
