import { describe, it } from 'vitest';
import { signalGrowth } from '../../../src/codex/app-server/signal-growth.js';
import type { CodexSignal } from '../../../src/codex/events/signal.js';
import { marbles } from '../../support/marbles.js';

const signals: Record<string, CodexSignal> = {
  S: { type: 'turn.started' },
  i: { type: 'item.started', item: { type: 'command_execution' } },
  I: { type: 'item.completed', item: { type: 'command_execution' } },
  M: { type: 'item.completed', item: { type: 'agent_message', text: '' } },
  R: { type: 'item.completed', item: { type: 'reasoning', text: '' } },
  p: { type: 'item.piece', item: 'agent_message', text: 'hi', first: true },
  C: { type: 'turn.completed', usage: undefined },
  // How many messages and reasoning items were said.
  '0': { type: 'rollout.grew', completed: 0 },
  '1': { type: 'rollout.grew', completed: 1 },
  '2': { type: 'rollout.grew', completed: 2 },
};

describe('signalGrowth', () => {
  it(
    'tells of it at the begin and the end of each item',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  S-i---I---pC|   ', signals);
      const subs = '         ^-----------!   ';
      const expected = '     S-(0i)(0I)pC|   ';

      expectObservable(source.pipe(signalGrowth())).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'counts what was said whole',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  R---p---M---i---I---C|', signals);
      const subs = '         ^--------------------!';
      const expected = '     (1R)p---(2M)(2i)(2I)C|';

      expectObservable(source.pipe(signalGrowth())).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'tells of it again a little after the last item, and once more',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  I 499ms -----|', signals);
      const subs = '         ^ 499ms -----!';
      const expected = '     (0I) 46ms 0 449ms 0----|';

      expectObservable(source.pipe(signalGrowth())).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'counts that time anew from each item',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  i--- 30ms I--- 60ms |', signals);
      const subs = '         ^--- 30ms ---- 60ms !';
      const expected = '     (0i) 30ms (0I) 46ms 0 13ms |';

      expectObservable(source.pipe(signalGrowth())).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'tells nothing of an empty source',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  ---|', signals);
      const subs = '         ^--!';
      const expected = '     ---|';

      expectObservable(source.pipe(signalGrowth())).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'waits with a source that says nothing',
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
    'fails with the source, and tells nothing after that',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  i----# 90ms -', signals);
      const subs = '         ^----!       ';
      const expected = '     (0i)-# 90ms -';

      expectObservable(source.pipe(signalGrowth())).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'keeps the order of a burst',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  (SiIMpC|)      ', signals);
      const subs = '         (^!)           ';
      const expected = '     (S0i0I1MpC|)   ';

      expectObservable(source.pipe(signalGrowth())).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'lets the source go when it is unsubscribed, and tells nothing after that',
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
    'counts anew when it is subscribed again',
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
});
