import { mergeMap, of, take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { signalGrowth } from '../../../src/codex/app-server/signal-growth.js';
import type { CodexSignal } from '../../../src/codex/events/signal.js';
import { marbles } from '../../support/marbles.js';
import { synchronous } from '../../support/synchronous.js';

const signals: Record<string, CodexSignal> = {
  S: { type: 'turn.started' },
  i: { type: 'item.started', item: { type: 'command_execution' } },
  I: { type: 'item.completed', item: { type: 'command_execution' } },
  M: { type: 'item.completed', item: { type: 'agent_message', text: '' } },
  R: { type: 'item.completed', item: { type: 'reasoning', text: '' } },
  p: { type: 'item.piece', item: 'agent_message', text: 'hi', first: true },
  C: { type: 'turn.completed', usage: undefined },
  // The number of completed messages and reasoning items.
  '0': { type: 'rollout.grew', completed: 0 },
  '1': { type: 'rollout.grew', completed: 1 },
  '2': { type: 'rollout.grew', completed: 2 },
};

describe('signalGrowth', () => {
  it(
    'announces growth before each start and end of an item',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  S-i---I---pC|   ', signals);
      const subs = '         ^-----------!   ';
      const expected = '     S-(0i)(0I)pC|   ';

      expectObservable(source.pipe(signalGrowth())).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'counts completed messages and reasoning items',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  R---p---M---i---I---C|', signals);
      const subs = '         ^--------------------!';
      const expected = '     (1R)p---(2M)(2i)(2I)C|';

      expectObservable(source.pipe(signalGrowth())).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'announces growth again 50 and 500 ms after the last item',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  I 499ms -----|', signals);
      const subs = '         ^ 499ms -----!';
      const expected = '     (0I) 46ms 0 449ms 0----|';

      expectObservable(source.pipe(signalGrowth())).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'starts that time again with each item',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  i--- 30ms I--- 60ms |', signals);
      const subs = '         ^--- 30ms ---- 60ms !';
      const expected = '     (0i) 30ms (0I) 46ms 0 13ms |';

      expectObservable(source.pipe(signalGrowth())).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'completes with an empty source',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  ---|', signals);
      const subs = '         ^--!';
      const expected = '     ---|';

      expectObservable(source.pipe(signalGrowth())).toBe(expected, signals);
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

      expectObservable(source.pipe(signalGrowth()), unsub).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails with the source, and stops its timers',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  i----# 90ms -', signals);
      const subs = '         ^----!       ';
      const expected = '     (0i)-# 90ms -';

      expectObservable(source.pipe(signalGrowth())).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'keeps the order of signals in one moment',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  (SiIMpC|)      ', signals);
      const subs = '         (^!)           ';
      const expected = '     (S0i0I1MpC|)   ';

      expectObservable(source.pipe(signalGrowth())).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'unsubscribes from the source and stops its timers when unsubscribed',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('   i-----I---- 90ms -', signals);
      const unsub = '        ----------! ';
      const subs = '         ^---------! ';
      const expected = '     (0i)--(0I)- 90ms -';

      expectObservable(source.pipe(signalGrowth()), unsub).toBe(expected, signals);
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
      const grown$ = source.pipe(signalGrowth());

      expectObservable(grown$).toBe(first, signals);
      expectObservable(grown$, later).toBe(second, signals);
      expectSubscriptions(source.subscriptions).toBe([firstSubs, laterSubs]);
    }),
  );

  it(
    'keeps the unsubscription chain',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('  -S-S-S-', signals);
      const cancel = '     ----!  ';
      const subs = '       ^---!  ';
      const expected = '   -S-S---';
      const chain$ = source.pipe(
        mergeMap((value) => of(value)),
        signalGrowth(),
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
    source$.pipe(signalGrowth(), take(1)).subscribe();

    expect(emitted).toEqual([signals.S]);
  });
});
