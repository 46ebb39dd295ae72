import { mergeMap, Observable, of, Subscription } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { idleThreads, type ThreadUse } from '../../../src/codex/app-server/idle-threads.js';
import { marbles } from '../../support/marbles.js';
import { synchronous } from '../../support/synchronous.js';

/** A capital letter starts a turn of the thread of that letter, a small one ends it. */
const uses: Record<string, ThreadUse> = {
  A: { threadId: 'a', busy: true },
  a: { threadId: 'a', busy: false },
  B: { threadId: 'b', busy: true },
  b: { threadId: 'b', busy: false },
};

describe('idleThreads', () => {
  it(
    'emits a thread that has had no turn for that long',
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
    'times each thread by itself',
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
    'emits a thread once after each turn',
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
    'does not emit a thread during a turn that is longer than that',
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
    'takes several turns in one moment in their order',
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
    'completes once the source has completed and the last thread is emitted',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('  -a-|      ', uses);
      const subs = '        ^--!      ';
      const expected = '    ------(a|)';

      expectObservable(source.pipe(idleThreads(() => 5))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'completes with an empty source',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(' --|', uses);
      const subs = '        ^-!';
      const expected = '    --|';

      expectObservable(source.pipe(idleThreads(() => 5))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'waits for a source that emits nothing',
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
    'stops the timers when unsubscribed, and starts again with each subscription',
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

  it(
    'keeps the unsubscription chain',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot(' -a-b-a- ', uses);
      const cancel = '     ----!  ';
      const subs = '       ^---!  ';
      const expected = '   --a----';
      const chain$ = source.pipe(
        mergeMap((value) => of(value)),
        idleThreads(() => 1),
        mergeMap((value) => of(value)),
      );

      expectObservable(chain$, cancel).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it('stops a synchronous source when unsubscribed', () => {
    const { source$, emitted } = synchronous<ThreadUse>([
      { threadId: 'a', busy: false },
      { threadId: 'b', busy: false },
      { threadId: 'c', busy: false },
    ]);
    const subscription = new Subscription();
    const ms = (): number => {
      if (emitted.length === 2) subscription.unsubscribe();
      return 5;
    };
    const thread$ = new Observable((subscriber) => {
      subscription.add(subscriber);
      source$.pipe(idleThreads(ms)).subscribe(subscriber);
    });
    thread$.subscribe();

    expect(emitted.map(({ threadId }) => threadId)).toEqual(['a', 'b']);
  });
});
