import {
  concat,
  EMPTY,
  filter,
  map,
  merge,
  mergeMap,
  type Observable,
  of,
  take,
  throwError,
} from 'rxjs';
import { describe, expect, it } from 'vitest';
import { branch } from '../../src/streams/branch.js';
import { marbles } from '../support/marbles.js';
import { synchronous } from '../support/synchronous.js';

/** `a` passes, and `b` becomes `B`. */
const branches = (shared$: Observable<string>): Observable<string> =>
  merge(
    shared$.pipe(filter((value) => value === 'a')),
    shared$.pipe(
      filter((value) => value === 'b'),
      map((value) => value.toUpperCase()),
    ),
  );

describe('branch', () => {
  it(
    'gives all branches one subscription to the source',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --a--b--a--|');
      const subs = '         ^----------!';
      const expected = '     --a--B--a--|';

      expectObservable(source.pipe(branch(branches))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'gives a value to the branches in their order',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --a---b---|   ');
      const subs = '         ^---------!   ';
      const expected = '     --(ax)(by)|   ';
      const values = { a: 'a', b: 'b', x: 'a!', y: 'b!' };
      const both$ = source.pipe(
        branch((shared$) => merge(shared$, shared$.pipe(map((value) => `${value}!`)))),
      );

      expectObservable(both$).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'keeps the order of a burst',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  (abab|)');
      const subs = '         (^!)   ';
      const expected = '     (aBaB|)';

      expectObservable(source.pipe(branch(branches))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'completes with the branches, which may go on after the source',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --a--|       ');
      const rest = cold('         ---c--| ');
      const subs = '         ^----!       ';
      const restSubs = '     -----^-----! ';
      const expected = '     --a-----c--| ';

      expectObservable(source.pipe(branch((shared$) => concat(shared$, rest)))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(rest.subscriptions).toBe(restSubs);
    }),
  );

  it(
    'unsubscribes from the source when the branches complete',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --a--b--a--|');
      const subs = '         ^----!      ';
      const expected = '     --a--(b|)   ';

      expectObservable(source.pipe(branch((shared$) => shared$.pipe(take(2))))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'does not subscribe to the source when the branches have completed or failed at once',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --a--|');
      const failing = () => throwError(() => new Error('no'));

      expectObservable(source.pipe(branch(() => EMPTY))).toBe('|');
      expectObservable(source.pipe(branch(failing))).toBe('#', undefined, new Error('no'));
      expectSubscriptions(source.subscriptions).toBe([]);
    }),
  );

  it(
    'fails when the branches cannot be made, without a subscription to the source',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --a--|');
      const throwing = (): Observable<string> => {
        throw new Error('no');
      };

      expectObservable(source.pipe(branch(throwing))).toBe('#', undefined, new Error('no'));
      expectSubscriptions(source.subscriptions).toBe([]);
    }),
  );

  it(
    'completes with an empty source',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --|');
      const subs = '         ^-!';
      const expected = '     --|';

      expectObservable(source.pipe(branch(branches))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'waits for a source that never emits',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  ------');
      const subs = '         ^-----';
      const expected = '     ------';

      expectObservable(source.pipe(branch(branches))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails when the source fails',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --a--#');
      const subs = '         ^----!';
      const expected = '     --a--#';

      expectObservable(source.pipe(branch(branches))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'unsubscribes from the source when a branch fails',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --a--b--a--|');
      const other = cold('   ------#     ');
      const subs = '         ^-----!     ';
      const expected = '     --a--b#     ';

      expectObservable(source.pipe(branch((shared$) => merge(shared$, other)))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'unsubscribes from the branches and the source when unsubscribed',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --a--b--a--|');
      const other = cold('   ---c----c---');
      const unsub = '        ------!     ';
      const subs = '         ^-----!     ';
      const expected = '     --ac-b      ';
      const merged$ = source.pipe(branch((shared$) => merge(shared$, other)));

      expectObservable(merged$, unsub).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(other.subscriptions).toBe(subs);
    }),
  );

  it(
    'ignores the values of a hot source after its end',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('   a--#--b');
      const subs = '         ^--!   ';
      const expected = '     a--#   ';

      expectObservable(source.pipe(branch(branches))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'has no time limit',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  a 180m b 180m |');
      const subs = '         ^ 21600001ms ! ';
      const expected = '     a 180m B 180m |';

      expectObservable(source.pipe(branch(branches))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'makes new branches for each subscription',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -a-b|     ');
      const first = '        -a-B|     ';
      const later = '        -----^    ';
      const second = '       ------a-B|';
      const subs = ['        ^---!     ', ' -----^---!'];
      const branched$ = source.pipe(branch(branches));

      expectObservable(branched$).toBe(first);
      expectObservable(branched$, later).toBe(second);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it('stops a synchronous source when unsubscribed', () => {
    const { source$, emitted } = synchronous(['a', 'b', 'a', 'b']);
    source$.pipe(branch(branches), take(2)).subscribe();

    expect(emitted).toEqual(['a', 'b']);
  });

  it(
    'keeps the unsubscription chain',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --a--b--a--|');
      const unsub = '        ------!     ';
      const subs = '         ^-----!     ';
      const expected = '     --a--B      ';
      const chain$ = source.pipe(
        mergeMap((value) => of(value)),
        branch(branches),
        mergeMap((value) => of(value)),
      );

      expectObservable(chain$, unsub).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});
