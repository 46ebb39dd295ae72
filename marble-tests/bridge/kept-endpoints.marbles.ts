import { NEVER } from 'rxjs';
import { describe, it } from 'vitest';
import type { EndpointEvent } from '../../src/bridge/endpoint.js';
import { createKeptEndpoints } from '../../src/bridge/kept-endpoints.js';
import { marbles } from '../support/marbles.js';

const events: Record<string, EndpointEvent> = {
  L: { type: 'listening', access: { server: {}, env: {} } },
  a: {
    type: 'call',
    name: 'a',
    arguments: {},
    cancelled$: NEVER,
    progress: () => undefined,
    answer: () => undefined,
  },
  b: {
    type: 'call',
    name: 'b',
    arguments: {},
    cancelled$: NEVER,
    progress: () => undefined,
    answer: () => undefined,
  },
};

describe('createKeptEndpoints', () => {
  it(
    'gives the next turn the endpoint of the one before, and closes it some time after the last',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -L--a-------b---------', events);
      const first = '        ^-----!              ';
      const firstGets = '    -L--a                ';
      const second = '       ---------^-----!     ';
      const secondGets = '   ---------L--b        ';
      const subs = '         ^-------------------!';
      const kept = createKeptEndpoints(5);

      expectObservable(kept('k', source), first).toBe(firstGets, events);
      expectObservable(kept('k', source), second).toBe(secondGets, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'opens a new one when the time is over',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -L--a---', events);
      const first = '        ^-----!               ';
      const firstGets = '    -L--a                 ';
      const second = '       ------------^-----!   ';
      const secondGets = '   -------------L--a     ';
      const subs = [
        '                    ^----------!          ',
        '                    ------------^----------!',
      ];
      const kept = createKeptEndpoints(5);

      expectObservable(kept('k', source), first).toBe(firstGets, events);
      expectObservable(kept('k', source), second).toBe(secondGets, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'gives nobody an endpoint that another turn has: a call is answered once',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -L--a---', events);
      const first = '        ^-------!         ';
      const firstGets = '    -L--a             ';
      const second = '       --^-----!         ';
      const secondGets = '   ---L--a           ';
      const subs = [
        '                    ^------------!    ',
        '                    --^-----!         ',
      ];
      const kept = createKeptEndpoints(5);

      expectObservable(kept('k', source), first).toBe(firstGets, events);
      expectObservable(kept('k', source), second).toBe(secondGets, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'has one for each key',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -L--a---', events);
      const unsub = '        ^-----!     ';
      const expected = '     -L--a       ';
      const subs = '         ^----------!';
      const kept = createKeptEndpoints(5);

      expectObservable(kept('k', source), unsub).toBe(expected, events);
      expectObservable(kept('l', source), unsub).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe([subs, subs]);
    }),
  );

  it(
    'waits with an endpoint that does not listen, and calls it off',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --------', events);
      const unsub = '        ^-----!     ';
      const expected = '     --------    ';
      const subs = '         ^----------!';

      expectObservable(createKeptEndpoints(5)('k', source), unsub).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails with the endpoint, and opens another one then',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -L-#', events);
      const first = '        -L-#           ';
      const second = '       ------^        ';
      const secondGets = '   -------L-#      ';
      const subs = ['                    ^--!           ', '                    ------^--!     '];
      const kept = createKeptEndpoints(5);

      expectObservable(kept('k', source)).toBe(first, events);
      expectObservable(kept('k', source), second).toBe(secondGets, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'passes on an endpoint that says all at once, and completes',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  (Lab|)', events);
      const expected = '     (Lab|)';
      const subs = '         (^!)  ';

      expectObservable(createKeptEndpoints(5)('k', source)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});
