import { describe, it } from 'vitest';
import { idleThreads, type ThreadUse } from '../../../src/codex/app-server/idle-threads.js';
import { marbles } from '../../support/marbles.js';

/** Capital letters begin a turn of the thread of their letter, small ones are its end. */
const uses: Record<string, ThreadUse> = {
  A: { threadId: 'a', busy: true },
  a: { threadId: 'a', busy: false },
  B: { threadId: 'b', busy: true },
  b: { threadId: 'b', busy: false },
};

describe('idleThreads', () => {
  it(
    'tells of a thread of which no turn has run for that long',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('  -A--a--A-----a-------', uses);
      const unsub = '       --------------------!';
      const subs = '        ^-------------------!';
      const expected = '    ------------------a--';

      expectObservable(source.pipe(idleThreads(() => 5)), unsub).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'knows each thread by itself',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('  -A-Ba-------b-------', uses);
      const unsub = '       -------------------!';
      const subs = '        ^------------------!';
      const expected = '    ---------a-------b--';

      expectObservable(source.pipe(idleThreads(() => 5)), unsub).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'tells of it once for each time',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('  -a---------A-a--------', uses);
      const unsub = '       ---------------------!';
      const subs = '        ^--------------------!';
      const expected = '    ------a-----------a---';

      expectObservable(source.pipe(idleThreads(() => 5)), unsub).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'counts a turn that is longer than that as use',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('  -A 1s a------', uses);
      const unsub = '       -- 1s ------!';
      const subs = '        ^- 1s ------!';
      const expected = '    -- 1s -----a-';

      expectObservable(source.pipe(idleThreads(() => 5)), unsub).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'takes several uses at once in their order',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('  -(AaAa)-----', uses);
      const unsub = '       -----------!';
      const subs = '        ^----------!';
      const expected = '    ------a-----';

      expectObservable(source.pipe(idleThreads(() => 5)), unsub).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'completes with the source, when those that were used last are told',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('  -a-|      ', uses);
      const subs = '        ^--!      ';
      const expected = '    ------(a|)';

      expectObservable(source.pipe(idleThreads(() => 5))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'of nothing is nothing',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(' --|', uses);
      const subs = '        ^-!';
      const expected = '    --|';

      expectObservable(source.pipe(idleThreads(() => 5))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'waits with a source that says nothing',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(' -------', uses);
      const unsub = '       ------!';
      const subs = '        ^-----!';
      const expected = '    -------';

      expectObservable(source.pipe(idleThreads(() => 5)), unsub).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails with the source',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(' -a-#    ', uses);
      const subs = '        ^--!    ';
      const expected = '    ---#    ';

      expectObservable(source.pipe(idleThreads(() => 5))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'tells nothing once it is unsubscribed, and begins anew',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('  -a----a-------', uses);
      const first = '       ^--!          ';
      const firstSubs = '   ^--!          ';
      const second = '      ----^--------!';
      const secondSubs = '  ----^--------!';

      expectObservable(source.pipe(idleThreads(() => 5)), first).toBe('--------------');
      expectObservable(source.pipe(idleThreads(() => 5)), second).toBe('-----------a--');
      expectSubscriptions(source.subscriptions).toBe([firstSubs, secondSubs]);
    }),
  );
});
