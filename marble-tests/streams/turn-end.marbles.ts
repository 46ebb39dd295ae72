import { concat, defer, lastValueFrom, mergeMap, of, Subject, tap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { onceInTurn, turnEnd$ } from '../../src/streams/turn-end.js';
import { marbles } from '../support/marbles.js';
import { testUnsubscription } from '../support/unsubscription.js';

/** Returns 1, 2, 3, … and emits each of them, so that a diagram shows the calls. */
const counting = () => {
  const call$ = new Subject<string>();
  let calls = 0;
  const read = (): string => {
    calls += 1;
    call$.next(String(calls));
    return String(calls);
  };
  return { call$, read };
};

describe('turnEnd$', () => {
  it('emits after what is at hand, before a later end, and completes', async () => {
    const seen: string[] = [];
    const ended = lastValueFrom(turnEnd$.pipe(tap(() => seen.push('end'))));
    await Promise.resolve();
    seen.push('at hand');
    await ended;

    expect(seen).toEqual(['at hand', 'end']);
  });

  it('emits nothing once it is unsubscribed', async () => {
    const seen: string[] = [];
    turnEnd$
      .pipe(tap(() => seen.push('unsubscribed')))
      .subscribe()
      .unsubscribe();
    await lastValueFrom(turnEnd$);

    expect(seen).toEqual([]);
  });
});

describe('onceInTurn', () => {
  it(
    'calls the function once for all who subscribe in the same turn, at its end',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const end = cold('   ----t|      ');
      const ends = '       ^---!       ';
      const { call$, read } = counting();
      const calls = '      ----1       ';
      const first = '      ^           ';
      const second = '     --^         ';
      const expected = '   ----(1|)    ';

      const result$ = onceInTurn(read, end);
      expectObservable(call$).toBe(calls);
      expectObservable(result$, first).toBe(expected);
      expectObservable(result$, second).toBe(expected);
      expectSubscriptions(end.subscriptions).toBe(ends);
    }),
  );

  it(
    'calls it anew for the next turn, also for who subscribes while a result is emitted',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const end = cold('   --t|        ');
      const ends = ['      ^-!         ', '--^-!', '-------^-!'];
      const { call$, read } = counting();
      const calls = '      --1-2----3  ';
      const twice = '      --1-(2|)    ';
      const later = '      -------^    ';
      const expected = '   ---------(3|)';

      const result$ = onceInTurn(read, end);
      expectObservable(call$).toBe(calls);
      expectObservable(
        result$.pipe(
          mergeMap((result) =>
            concat(
              of(result),
              defer(() => result$),
            ),
          ),
        ),
      ).toBe(twice);
      expectObservable(result$, later).toBe(expected);
      expectSubscriptions(end.subscriptions).toBe(ends);
    }),
  );

  it(
    'does not call it when the last of them has unsubscribed, and begins again',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const end = cold('   ---t|       ');
      const ends = ['      ^-!         ', '----^--!'];
      const { call$, read } = counting();
      const calls = '      -------1    ';
      const unsub = '      ^-!         ';
      const none = '       ---         ';
      const later = '      ----^       ';
      const expected = '   -------(1|) ';

      const result$ = onceInTurn(read, end);
      expectObservable(call$).toBe(calls);
      expectObservable(result$, unsub).toBe(none);
      expectObservable(result$, later).toBe(expected);
      expectSubscriptions(end.subscriptions).toBe(ends);
    }),
  );

  it(
    'fails when the function throws, and calls it again in the next turn',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const end = cold('   --t|        ');
      const ends = ['      ^-!         ', '---^-!'];
      const results = ['!', 'r'].values();
      const later = '      ---^        ';
      const failing = '    --#         ';
      const expected = '   -----(r|)   ';
      const failure = new Error('no descriptor');

      const result$ = onceInTurn(() => {
        const { value } = results.next();
        if (value === '!') throw failure;
        return value;
      }, end);
      expectObservable(result$).toBe(failing, undefined, failure);
      expectObservable(result$, later).toBe(expected);
      expectSubscriptions(end.subscriptions).toBe(ends);
    }),
  );

  testUnsubscription('abc', { a: 'a', b: 'b', c: 'c' }, (end$) => onceInTurn(() => 'r', end$), {
    takesOne: true,
  });
});
