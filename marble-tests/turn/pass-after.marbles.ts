import { ignoreElements, type Observable, range, take } from 'rxjs';
import { describe, it } from 'vitest';
import { passAfter } from '../../src/turn/keep-thread.js';
import { marbles } from '../support/marbles.js';

/** Upper case letters have work to wait for. */
const onUpper =
  (work$: Observable<string>) =>
  (value: string): Observable<never> | undefined =>
    /[A-Z]/.test(value) ? work$.pipe(ignoreElements()) : undefined;

describe('passAfter', () => {
  it(
    'makes a value wait for its work, and the later ones for the value',
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
    'does the work of one value after that of the other',
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
    'passes an empty source and work that is done at once',
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
    'waits with a source and with work that never end',
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
    'fails with the source, and drops the work',
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
    'stops a source that emits without end when nobody listens any more',
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
    'says nothing once it is unsubscribed',
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
      const expected = '     180m (A|)        ';

      expectObservable(source.pipe(passAfter(onUpper(work)))).toBe(expected);
      expectSubscriptions(work.subscriptions).toBe('^ 10799999ms !');
    }),
  );

  it(
    'drops what a hot source says after it failed',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('   a--#--b          ');
      const subs = '         ^--!             ';
      const expected = '     a--#             ';

      expectObservable(source.pipe(passAfter(() => undefined))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'begins anew with every subscription',
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
});
