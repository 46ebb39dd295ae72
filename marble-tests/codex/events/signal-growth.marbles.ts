import { mergeMap, of, take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { CodexSignal } from '../../../src/codex/events/signal.js';
import { signalGrowth } from '../../../src/codex/events/signal-growth.js';
import { always$ } from '../../../src/lines/readable.js';
import { marbles } from '../../support/marbles.js';
import { synchronous } from '../../support/synchronous.js';

const signals: Record<string, CodexSignal> = {
  S: { type: 'turn.started' },
  i: { type: 'item.started', item: { type: 'command_execution' } },
  I: { type: 'item.completed', item: { type: 'command_execution' } },
  u: { type: 'item.updated', item: { type: 'todo_list' } },
  w: { type: 'item.completed', item: { type: 'error', message: 'a warning' } },
  M: { type: 'item.completed', item: { type: 'agent_message', text: '' } },
  R: { type: 'item.completed', item: { type: 'reasoning', text: '', streamed: 'hm' } },
  // Reasoning without a summary.
  r: { type: 'item.completed', item: { type: 'reasoning', text: '', streamed: ' ' } },
  p: { type: 'item.piece', item: 'agent_message', text: 'hi', first: true },
  C: { type: 'turn.completed', usage: undefined },
  o: { type: 'response.over' },
  // The number of completed texts.
  '0': { type: 'rollout.grew', completed: 0 },
  '1': { type: 'rollout.grew', completed: 1 },
  '2': { type: 'rollout.grew', completed: 2 },
};

const growth = signalGrowth({ inPieces: true, ready$: always$ });

describe('signalGrowth', () => {
  it(
    'announces growth before each start and end of an item',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  S-i---I---|', signals);
      const subs = '         ^---------!';
      const expected = '     S-(0i)(0I)|';

      expectObservable(source.pipe(growth)).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'announces growth before each update of a plan',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  u---u---|', signals);
      const subs = '         ^-------!';
      const expected = '     (0u)(0u)|';

      expectObservable(source.pipe(growth)).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'announces growth before the end of a response, and 5 ms later',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  So--------|   ', signals);
      const subs = '         ^---------!   ';
      const expected = '     S(0o)-0---|   ';

      expectObservable(source.pipe(growth)).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'counts completed messages, and reasoning items with a summary',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  (RprMiI|)     ', signals);
      const subs = '         (^!)          ';
      const expected = '     (1Rp1r2M2i2I|)';

      expectObservable(source.pipe(growth)).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'announces growth again 5 and 25 ms after the last item, and then each 100 ms',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  I 250ms |', signals);
      const subs = '         ^ 250ms !';
      const expected = '     (0I)-0 19ms 0 74ms 0 99ms 0 50ms |';

      expectObservable(source.pipe(growth)).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'starts that time again with each item',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  i--- 10ms  I---- 9ms |', signals);
      const subs = '         ^--- 10ms  ----- 9ms !';
      const expected = '     (0i)-0 8ms (0I)-0 8ms |';

      expectObservable(source.pipe(growth)).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'announces growth only with items while the host does not read',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  I--- 34ms |   ', signals);
      const ready = cold('   n---------r---', { n: false, r: true });
      const subs = '         ^--- 34ms !   ';
      const readySubs = '    ^--- 34ms !   ';
      const expected = '     (0I) 11ms 0 19ms 0--|';
      const grown$ = source.pipe(signalGrowth({ inPieces: true, ready$: ready }));

      expectObservable(grown$).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(ready.subscriptions).toBe(readySubs);
    }),
  );

  it(
    'completes with an empty source',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  ---|', signals);
      const subs = '         ^--!';
      const expected = '     ---|';

      expectObservable(source.pipe(growth)).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'waits for a source that emits nothing',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  1s   ', signals);
      const unsub = '        1s ! ';
      const subs = '         ^ 999ms ! ';
      const expected = '     1s - ';

      expectObservable(source.pipe(growth), unsub).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails with the source, and stops its timers',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  i---# 90ms -', signals);
      const subs = '         ^---!       ';
      const expected = '     (0i)# 90ms -';

      expectObservable(source.pipe(growth)).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'keeps the order of signals in one moment',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  (SiIMpC|)   ', signals);
      const subs = '         (^!)        ';
      const expected = '     (S0i0I1MpC|)';

      expectObservable(source.pipe(growth)).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'unsubscribes from the source and stops its timers when unsubscribed',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('   i-----I---- 90ms -', signals);
      const unsub = '        ----------!       ';
      const subs = '         ^---------!       ';
      const expected = '     (0i)-0(0I)- 90ms -';

      expectObservable(source.pipe(growth), unsub).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'counts from 0 with each subscription',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  M---i---|         ', signals);
      const first = '        (1M)(1i)|         ';
      const firstSubs = '    ^-------!         ';
      const later = '        ----------^       ';
      const laterSubs = '    ----------^-------!';
      const second = '       ----------(1M)(1i)|';
      const grown$ = source.pipe(growth);

      expectObservable(grown$).toBe(first, signals);
      expectObservable(grown$, later).toBe(second, signals);
      expectSubscriptions(source.subscriptions).toBe([firstSubs, laterSubs]);
    }),
  );

  it(
    'keeps the unsubscription chain',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot(' -S-S-S- ', signals);
      const cancel = '     ----!  ';
      const subs = '       ^---!  ';
      const expected = '   -S-S---';
      const chain$ = source.pipe(
        mergeMap((value) => of(value)),
        growth,
        mergeMap((value) => of(value)),
      );

      expectObservable(chain$, cancel).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it('stops a synchronous source when unsubscribed', () => {
    const { source$, emitted } = synchronous(
      ['S', 'M', 'S', 'C'].flatMap((letter) => signals[letter] ?? []),
    );
    source$.pipe(growth, take(1)).subscribe();

    expect(emitted).toEqual([signals.S]);
  });
});

describe('signalGrowth, where text comes whole', () => {
  const whole = signalGrowth({ inPieces: false, ready$: always$ });

  it(
    'announces growth each 500 ms while codex says nothing of a turn',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  S 1200ms |               ', signals);
      const subs = '         ^ 1200ms !               ';
      const expected = '     S 499ms 0 499ms 0 200ms |';

      expectObservable(source.pipe(whole)).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'announces growth before the first text of a moment, and 5, 25 and 500 ms later',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  S(MR) 600ms |                  ', signals);
      const subs = '         ^---- 600ms !                  ';
      const expected = '     S(0MR)2 19ms 2 474ms 2 103ms |';

      expectObservable(source.pipe(whole)).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'announces growth before a text more than 10 ms after another',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  M 10ms M---|     ', signals);
      const subs = '         ^ 10ms ----!     ';
      const expected = '     (0M)-1 5ms (1M)|';

      expectObservable(source.pipe(whole)).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'announces growth before the first tool and every later item, and counts the texts before it',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  (SMiMI|)    ', signals);
      const subs = '         (^!)        ';
      const expected = '     (S0M1i1M2I|)';

      expectObservable(source.pipe(whole)).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'counts a text that has been emitted 5 ms after it',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  u---M---------|', signals);
      const subs = '         ^-------------!';
      const expected = '     (0u)(0M)-1----|';

      expectObservable(source.pipe(whole)).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});
