import {
  concat,
  endWith,
  ignoreElements,
  merge,
  type Observable,
  Subject,
  takeUntil,
  tap,
} from 'rxjs';
import { describe, expect, it } from 'vitest';
import { endOnSignals } from '../../src/library/end-on-signals.js';
import { marbles } from '../support/marbles.js';

const numbers = { s: 2, t: 15 };

describe('endOnSignals', () => {
  it(
    'mirrors a source without a signal, and then leaves the signals to others',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const signals$ = hot('  -------s', numbers);
      const source = cold('   -a-b-|');
      const subs = '          ^----!';
      const expected = '      -a-b-|';
      const exit = (): void => expect.fail('it exits');

      expectObservable(endOnSignals(() => source, { signals$, exit })).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(signals$.subscriptions).toBe(subs);
    }),
  );

  it(
    'hands the signal to its source, and listens until that has ended',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const signals$ = hot('  ---s-----', numbers);
      const source = cold('   -a-----b-', { a: 1, b: 2 });
      const last = cold('        --(z|)', { z: 9 });
      const sourceSubs = '    ^--!     ';
      const subs = '          ^----!   ';
      const expected = '      -a---(z|)';
      const run = (signal$: Observable<number>) => concat(source.pipe(takeUntil(signal$)), last);
      const exit = (): void => undefined;

      expectObservable(endOnSignals(run, { signals$, exit })).toBe(expected, { a: 1, z: 9 });
      expectSubscriptions(source.subscriptions).toBe(sourceSubs);
      expectSubscriptions(signals$.subscriptions).toBe(subs);
    }),
  );

  it('exits with the first signal at a second one, and otherwise after the last source', async () => {
    const signals$ = new Subject<number>();
    const ends = [new Subject<never>(), new Subject<never>()];
    const codes: number[] = [];
    const exit = (code: number): void => {
      codes.push(code);
    };
    for (const end$ of ends) endOnSignals(() => end$, { signals$, exit }).subscribe();
    signals$.next(2);
    ends[0]?.complete();
    await new Promise(setImmediate);
    expect(codes).toEqual([]);

    signals$.next(15);
    expect(codes).toEqual([130]);
    ends[1]?.complete();
    await new Promise(setImmediate);
    expect(codes).toEqual([130, 130]);
  });

  it('hands the signal to a source that is subscribed after it, and exits after that', async () => {
    const signals$ = new Subject<number>();
    const [early$, late$] = [new Subject<never>(), new Subject<never>()];
    const handed: number[] = [];
    const codes: number[] = [];
    const exit = (code: number): void => {
      codes.push(code);
    };
    endOnSignals(() => early$, { signals$, exit }).subscribe();
    signals$.next(2);
    const late = (signal$: Observable<number>): Observable<number> =>
      merge(
        signal$.pipe(
          tap((number) => handed.push(number)),
          takeUntil(late$.pipe(ignoreElements(), endWith(0))),
        ),
        late$,
      );
    endOnSignals(late, { signals$, exit }).subscribe();
    expect(handed).toEqual([2]);

    early$.complete();
    await new Promise(setImmediate);
    expect(codes).toEqual([]);
    late$.complete();
    await new Promise(setImmediate);
    expect(codes).toEqual([130]);
  });
});
