import { mergeMap, NEVER, of, Subject, take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { errorResult } from '../../src/bridge/call-result.js';
import type { EndpointEvent, ToolCall } from '../../src/bridge/endpoint.js';
import { createReusableEndpoints } from '../../src/bridge/reuse-endpoints.js';
import { marbles } from '../support/marbles.js';
import { synchronous } from '../support/synchronous.js';

const call = (name: string, answer: ToolCall['answer'] = () => undefined): ToolCall => ({
  type: 'call',
  name,
  arguments: {},
  cancelled$: NEVER,
  progress: () => undefined,
  answer,
});

const events: Record<string, EndpointEvent> = {
  L: { type: 'listening', access: { server: {}, env: {} } },
  a: call('a'),
  b: call('b'),
};

describe('createReusableEndpoints', () => {
  it(
    'gives the next turn the open endpoint, and closes it `ms` after the last turn',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -L--a-------b---------', events);
      const first = '        ^-----!              ';
      const firstGets = '    -L--a                ';
      const second = '       ---------^-----!     ';
      const secondGets = '   ---------L--b        ';
      const subs = '         ^-------------------!';
      const open = createReusableEndpoints(5);

      expectObservable(open('k', source), first).toBe(firstGets, events);
      expectObservable(open('k', source), second).toBe(secondGets, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'answers a call between two turns with a tool error',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const answer$ = new Subject<unknown>();
      const answered = { ...events, c: call('c', (result) => answer$.next(result)) };
      const source = cold('  -L--c-c---c---         ', answered);
      const first = '        ^----!                 ';
      const firstGets = '    -L--c                  ';
      const second = '       --------^-----!        ';
      const secondGets = '   --------L-c            ';
      const late = '         ------x---             ';
      const subs = '         ^------------------!   ';
      const open = createReusableEndpoints(5);

      expectObservable(answer$).toBe(late, { x: errorResult('the turn is over') });
      expectObservable(open('k', source), first).toBe(firstGets, answered);
      expectObservable(open('k', source), second).toBe(secondGets, answered);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'closes a free endpoint when no turn can come any more',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const source = cold('  -L--a---', events);
      const unsub = '        ^-----!      ';
      const expected = '     -L--a        ';
      const end$ = hot('     --------x    ');
      const endSubs = '      ------^-!    ';
      const subs = '         ^-------!    ';

      expectObservable(createReusableEndpoints(5, end$)('k', source), unsub).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(end$.subscriptions).toBe(endSubs);
    }),
  );

  it(
    'closes it with its turn when that ends later',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -L--a---', events);
      const unsub = '        ^-----!  ';
      const expected = '     -L--a    ';
      const subs = '         ^-----!  ';
      const open = createReusableEndpoints(5, of(true));

      expectObservable(open('k', source), unsub).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'opens a new endpoint once `ms` has passed',
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
      const open = createReusableEndpoints(5);

      expectObservable(open('k', source), first).toBe(firstGets, events);
      expectObservable(open('k', source), second).toBe(secondGets, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'opens a second endpoint for a concurrent turn',
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
      const open = createReusableEndpoints(5);

      expectObservable(open('k', source), first).toBe(firstGets, events);
      expectObservable(open('k', source), second).toBe(secondGets, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'opens one endpoint per key',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -L--a---', events);
      const unsub = '        ^-----!     ';
      const expected = '     -L--a       ';
      const subs = '         ^----------!';
      const open = createReusableEndpoints(5);

      expectObservable(open('k', source), unsub).toBe(expected, events);
      expectObservable(open('l', source), unsub).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe([subs, subs]);
    }),
  );

  it(
    'closes an endpoint that never listens',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --------', events);
      const unsub = '        ^-----!     ';
      const expected = '     --------    ';
      const subs = '         ^----------!';

      expectObservable(createReusableEndpoints(5)('k', source), unsub).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails with the endpoint and opens a new one for the next turn',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -L-#', events);
      const first = '        -L-#           ';
      const second = '       ------^        ';
      const secondGets = '   -------L-#      ';
      const subs = ['                    ^--!           ', '                    ------^--!     '];
      const open = createReusableEndpoints(5);

      expectObservable(open('k', source)).toBe(first, events);
      expectObservable(open('k', source), second).toBe(secondGets, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits a synchronous burst and completes with the endpoint',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  (Lab|)', events);
      const expected = '     (Lab|)';
      const subs = '         (^!)  ';

      expectObservable(createReusableEndpoints(5)('k', source)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it('stops the synchronous endpoint of a concurrent turn when unsubscribed', () => {
    const { source$, emitted } = synchronous(['L', 'a', 'b'].flatMap((key) => events[key] ?? []));
    const open = createReusableEndpoints(5);
    const first = open('k', NEVER).subscribe();
    open('k', source$).pipe(take(2)).subscribe();
    first.unsubscribe();

    expect(emitted).toEqual([events.L, events.a]);
  });

  it(
    'keeps the unsubscription chain',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -L--a--b---', events);
      const unsub = '        ^-----!    ';
      const subs = '         ^----------!';
      const expected = '     -L--a      ';
      const chain$ = of('k').pipe(
        mergeMap((key) => open(key, source)),
        mergeMap((event) => of(event)),
      );
      const open = createReusableEndpoints(5);

      expectObservable(chain$, unsub).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});
