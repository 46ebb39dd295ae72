import {
  BehaviorSubject,
  ignoreElements,
  merge,
  mergeMap,
  type Observable,
  of,
  Subject,
  take,
  tap,
} from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  type Holding,
  holdBack,
  MAX_HELD,
  MAX_TRICKLED,
  RELEASED,
} from '../../src/lines/hold-back.js';
import { marbles } from '../support/marbles.js';
import { synchronous } from '../support/synchronous.js';

const fail = (error: unknown): never => expect.unreachable(String(error));

const flow = { t: true, f: false };
/** Sizes of the values that are not small: of the most that is read freely, and of a portion. */
const sizes: Readonly<Record<string, number>> = {
  L: MAX_HELD,
  X: MAX_TRICKLED,
  r: RELEASED,
  s: RELEASED,
};

const holding = (hold$: Observable<boolean>): Holding<string> => ({
  hold$,
  mayPass: (value) => value === 'p',
  sizeOf: (value) => sizes[value] ?? 1,
});
const held = (source$: Observable<string>, hold$: Observable<boolean>): Observable<string> =>
  holdBack(() => source$, holding(hold$));
/** What `ready$` says while the values are held. */
const readyOf = (source$: Observable<string>, hold$: Observable<boolean>): Observable<boolean> => {
  const said$ = new Subject<boolean>();
  const read$ = (ready$: Observable<boolean>): Observable<string> =>
    merge(ready$.pipe(tap(said$), ignoreElements()), source$);
  return merge(said$, holdBack(read$, holding(hold$)).pipe(ignoreElements()));
};

describe('holdBack', () => {
  it(
    'emits every value at once while nothing has to wait',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const source = hot(' -a-b-(pc)-|');
      const hold = cold('  f          ', flow);
      const subs = '       ^---------!';
      const expected = '   -a-b-(pc)-|';

      expectObservable(held(source, hold)).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(hold.subscriptions).toBe(subs);
    }),
  );

  it(
    'holds values until hold$ is false, except those that may pass, and keeps their order',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const source = hot(' -a-b-p-c-----d-');
      const hold = cold('  f-t------f-----', flow);
      const subs = '       ^--------------';
      const expected = '   -a---p---(bc)d-';

      expectObservable(held(source, hold)).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(hold.subscriptions).toBe(subs);
    }),
  );

  it(
    'releases a portion each millisecond, and values that arrive meanwhile after the held ones',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const source = hot(' -(rs)-----b---');
      const hold = cold('  t--------f----', flow);
      const subs = '       ^-------------';
      const expected = '   ---------rsb--';

      expectObservable(held(source, hold)).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'stops in the middle of a portion when a released value makes the others wait again',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const hold$ = new BehaviorSubject(true);
      const source = hot(' -(abc)--------');
      const free = hot('   -------f---f--');
      const subs = '       ^-------------';
      const expected = '   -------a---(bc)';
      const result$ = held(source, hold$).pipe(tap((value) => hold$.next(value === 'a')));

      free.subscribe({ next: () => hold$.next(false), error: fail });
      expectObservable(result$).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'reads while up to 4 MiB is held, and again when they are released',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const source = hot(' --L--a------');
      const hold = cold('  t-------f---', flow);
      const subs = '       ^-----------';
      const expected = '   t----f--t---';

      expectObservable(readyOf(source, hold)).toBe(expected, flow);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(hold.subscriptions).toBe(subs);
    }),
  );

  it(
    'reads once a second while more is held, until the next value is held',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const source = hot(' -(La) 2s b---p---c- 2s ');
      const hold = cold('  t                       ', flow);
      const subs = '       ^           ';
      const expected = '   tf 999ms t 1003ms f 1007ms t';

      expectObservable(readyOf(source, hold)).toBe(expected, flow);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(hold.subscriptions).toBe(subs);
    }),
  );

  it(
    'reads nothing while more than 16 MiB is held',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const source = hot(' -(Xa)--- 5m ');
      const hold = cold('  t- 1m f------', flow);
      const subs = '       ^           ';
      const expected = '   tf 1m t------';

      expectObservable(readyOf(source, hold)).toBe(expected, flow);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(hold.subscriptions).toBe(subs);
    }),
  );

  it(
    'completes when the source has completed and the held values are released',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const source = hot(' -a--|     ');
      const hold = cold('  t------f--', flow);
      const subs = '       ^---!     ';
      const holdSubs = '   ^------!  ';
      const expected = '   -------(a|)';

      expectObservable(held(source, hold)).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(hold.subscriptions).toBe(holdSubs);
    }),
  );

  it(
    'completes with an empty source, and never with one that never emits',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const empty = cold(' |');
      const silent = cold('-');
      const hold = cold('  t', flow);
      const subs = '       (^!)';
      const silentSubs = ' ^';

      expectObservable(held(empty, hold)).toBe('|');
      expectObservable(held(silent, hold)).toBe('-');
      expectSubscriptions(empty.subscriptions).toBe(subs);
      expectSubscriptions(silent.subscriptions).toBe(silentSubs);
      expectSubscriptions(hold.subscriptions).toBe([subs, silentSubs]);
    }),
  );

  it.each([
    ['the source', '-a-#', 't---', '^--!'],
    ['hold$', '     -a--', 't--#', '^--!'],
  ])('fails with %s, and drops what is held', (_, from, holds, subs) => {
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const source = hot(from);
      const hold = cold(holds, flow);

      expectObservable(held(source, hold)).toBe('---#');
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(hold.subscriptions).toBe(subs);
    })();
  });

  it(
    'starts anew with each subscription',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-a-b|     ');
      const hold = cold('  t----f    ', flow);
      const subs = ['      ^---!     ', '   ---^---!  '];
      const result$ = held(source, hold);

      expectObservable(result$).toBe('-----(ab|)');
      expectObservable(result$, '---^').toBe('--------(ab|)');
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'keeps the unsubscription chain',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const source = hot(' -a--b--');
      const hold = cold('  t------', flow);
      const unsub = '      ^----! ';
      const subs = '       ^----! ';
      const result$ = held(source.pipe(mergeMap((value) => of(value))), hold).pipe(
        mergeMap((value) => of(value)),
      );

      expectObservable(result$, unsub).toBe('------');
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(hold.subscriptions).toBe(subs);
    }),
  );

  it('stops a synchronous source when unsubscribed', () => {
    const { source$, emitted } = synchronous(['a', 'b', 'c']);
    held(source$, of(false)).pipe(take(2)).subscribe({ error: fail });

    expect(emitted).toEqual(['a', 'b']);
  });
});
