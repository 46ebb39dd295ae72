import { EMPTY, ignoreElements, type Observable, range, take } from 'rxjs';
import { describe, it } from 'vitest';
import { passAfter } from '../../src/streams/pass-after.js';
import { marbles } from '../support/marbles.js';
import { testUnsubscription } from '../support/unsubscription.js';

/** Upper case letters have work to wait for. */
const onUpper =
  (work$: Observable<string>) =>
  (value: string): Observable<never> | undefined =>
    /[A-Z]/.test(value) ? work$.pipe(ignoreElements()) : undefined;

describe('passAfter', () => {
  it(
    'delays a value until its work has completed, and the later values with it',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  a--B-c-------d--|');
      const work = cold('       ----|         ');
      const subs = '         ^---------------!';
      const workSubs = '     ---^---!         ';
      const expected = '     a------(Bc)--d--|';

      expectObservable(source.pipe(passAfter(onUpper(work)))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(work.subscriptions).toBe(workSubs);
    }),
  );

  it(
    'subscribes to the work of the next value when that of the value before has completed',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  AB|              ');
      const work = cold('    ---|             ');
      const subs = '         ^-!              ';
      const first = '        ^--!             ';
      const second = '       ---^--!          ';
      const expected = '     ---A--(B|)       ';

      expectObservable(source.pipe(passAfter(onUpper(work)))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(work.subscriptions).toBe([first, second]);
    }),
  );

  it(
    'completes with an empty source, and emits at once after work that completes at once',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  A--|             ');
      const empty = cold('   --|              ');
      const done = cold('    |                ');
      const subs = '         ^--!             ';
      const expected = '     A--|             ';

      expectObservable(source.pipe(passAfter(onUpper(done)))).toBe(expected);
      expectObservable(empty.pipe(passAfter(onUpper(done)))).toBe('--|');
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'does not complete while the source or the work never ends',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  a--B--c--|       ');
      const work = cold('       --------------');
      const subs = '         ^--------!       ';
      const workSubs = '     ---^-------------';
      const expected = '     a----------------';

      expectObservable(source.pipe(passAfter(onUpper(work)))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(work.subscriptions).toBe(workSubs);
    }),
  );

  it(
    'fails with the source, and unsubscribes from the work',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  a--B--#          ');
      const work = cold('       --------|     ');
      const subs = '         ^-----!          ';
      const workSubs = '     ---^--!          ';
      const expected = '     a-----#          ';

      expectObservable(source.pipe(passAfter(onUpper(work)))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(work.subscriptions).toBe(workSubs);
    }),
  );

  it(
    'fails with the work, and drops the value',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  a--B-c-----|     ');
      const work = cold('       ----#         ');
      const subs = '         ^------!         ';
      const workSubs = '     ---^---!         ';
      const expected = '     a------#         ';

      expectObservable(source.pipe(passAfter(onUpper(work)))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(work.subscriptions).toBe(workSubs);
    }),
  );

  it(
    'keeps the order of a burst',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  (aBcD|)          ');
      const work = cold('    ------|          ');
      const first = '        ^-----!          ';
      const second = '       ------^-----!    ';
      const expected = '     a-----(Bc)--(D|) ';

      expectObservable(source.pipe(passAfter(onUpper(work)))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe('(^!)');
      expectSubscriptions(work.subscriptions).toBe([first, second]);
    }),
  );

  it(
    'stops a synchronous source when unsubscribed',
    marbles(({ expectObservable }) => {
      const endless$ = range(0, Number.MAX_SAFE_INTEGER);

      expectObservable(
        endless$.pipe(
          passAfter(() => undefined),
          take(2),
        ),
      ).toBe('(ab|)', { a: 0, b: 1 });
    }),
  );

  it(
    'emits nothing after it was unsubscribed',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  a--B-c-----|     ');
      const work = cold('       ----|         ');
      const unsub = '        ^----!           ';
      const subs = '         ^----!           ';
      const workSubs = '     ---^-!           ';
      const expected = '     a-----           ';

      expectObservable(source.pipe(passAfter(onUpper(work))), unsub).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(work.subscriptions).toBe(workSubs);
    }),
  );

  it(
    'waits for hours',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  A|               ');
      const work = cold('    180m |           ');
      const subs = '         ^!               ';
      const workSubs = '     ^ 10799999ms !   ';
      const expected = '     180m (A|)        ';

      expectObservable(source.pipe(passAfter(onUpper(work)))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(work.subscriptions).toBe(workSubs);
    }),
  );

  it(
    'ignores the values of a hot source after a failure',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('   a--#--b          ');
      const subs = '         ^--!             ';
      const expected = '     a--#             ';

      expectObservable(source.pipe(passAfter(() => undefined))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'subscribes to the source and the work anew with each subscription',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  A|               ');
      const work = cold('    --|              ');
      const passed$ = source.pipe(passAfter(onUpper(work)));
      const first = '        --(A|)           ';
      const later = '        -----^           ';
      const second = '       -------(A|)      ';

      expectObservable(passed$).toBe(first);
      expectObservable(passed$, later).toBe(second);
      expectSubscriptions(source.subscriptions).toBe(['^!', '-----^!']);
    }),
  );

  testUnsubscription('aBc', { a: 'a', B: 'B', c: 'c' }, passAfter(onUpper(EMPTY)));
});
