import { ignoreElements, map, merge, NEVER, type Observable, Subject, takeUntil, tap } from 'rxjs';
import { describe, it } from 'vitest';
import type { Host } from '../../src/plexum/host-connection.js';
import type { HostRequest } from '../../src/plexum/host-requests.js';
import { type Serve, serveWhenLoaded } from '../../src/server/serve-when-loaded.js';
import { marbles } from '../support/marbles.js';

const hostOf = (method$: Observable<string>, closed$: Observable<unknown> = NEVER): Host => ({
  requests$: method$.pipe(
    map(
      (method): HostRequest => ({
        id: method,
        method,
        params: {},
        cancelled$: NEVER,
        answer: () => undefined,
        refuse: () => undefined,
      }),
    ),
  ),
  closed$,
  ready$: NEVER,
  notify: () => undefined,
  call$: () => NEVER,
  log: () => undefined,
});

/** A server that ends with its host or at `terminate$`, and the requests that it gets. */
const fakeServer = () => {
  const seen$ = new Subject<string>();
  const serve: Serve = ({ requests$, closed$ }, terminate$) =>
    requests$.pipe(
      tap(({ method }) => seen$.next(method)),
      ignoreElements(),
      takeUntil(merge(closed$, terminate$)),
    );
  return { serve, seen$: seen$.asObservable() };
};

describe('serveWhenLoaded', () => {
  it(
    'gives a server that is loaded later the requests so far, in their order',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const { serve, seen$ } = fakeServer();
      const requests = hot(' -a-b-------c--');
      const requestSubs = '  ^-------------';
      const load = cold('    ------(s|)    ', { s: serve });
      const loadSubs = '     ^-----!       ';
      const seen = '         ------(ab)-c--';
      const expected = '     --------------';

      expectObservable(seen$).toBe(seen);
      expectObservable(serveWhenLoaded(hostOf(requests), NEVER, load)).toBe(expected);
      expectSubscriptions(requests.subscriptions).toBe(requestSubs);
      expectSubscriptions(load.subscriptions).toBe(loadSubs);
    }),
  );

  it.each([
    { of: 'the host has closed a pipe', closed: '--x', terminate: '---' },
    { of: 'a signal has come', closed: '---', terminate: '--x' },
  ])(
    'ends a server that is loaded when $of, after the requests before that',
    ({ closed, terminate }) =>
      marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
        const { serve, seen$ } = fakeServer();
        const requests = hot(' -a-------');
        const requestSubs = '  ^-----!  ';
        const load = cold('    ------s--', { s: serve });
        const loadSubs = '     ^-----!  ';
        const seen = '         ------a  ';
        const expected = '     ------|  ';

        expectObservable(seen$).toBe(seen);
        expectObservable(serveWhenLoaded(hostOf(requests, hot(closed)), hot(terminate), load)).toBe(
          expected,
        );
        expectSubscriptions(requests.subscriptions).toBe(requestSubs);
        expectSubscriptions(load.subscriptions).toBe(loadSubs);
      })(),
  );

  it(
    'fails when the server cannot be loaded',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const requests = hot(' -a-------');
      const requestSubs = '  ^--!     ';
      const load = cold<Serve>('---#  ');
      const expected = '     ---#     ';

      expectObservable(serveWhenLoaded(hostOf(requests), NEVER, load)).toBe(expected);
      expectSubscriptions(requests.subscriptions).toBe(requestSubs);
    }),
  );

  it(
    'unsubscribes from the requests and from the loading when unsubscribed',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const requests = hot(' -a-------');
      const load = cold<Serve>('---------');
      const unsub = '        ----!    ';
      const subs = '         ^---!    ';
      const expected = '     -----    ';

      expectObservable(serveWhenLoaded(hostOf(requests), NEVER, load), unsub).toBe(expected);
      expectSubscriptions(requests.subscriptions).toBe(subs);
      expectSubscriptions(load.subscriptions).toBe(subs);
    }),
  );
});
