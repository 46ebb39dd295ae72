import { concat, EMPTY, finalize, NEVER, of, Subject, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { concatLast, continueWith } from '../../src/streams/continue-with.js';
import { marbles } from '../support/marbles.js';
import { testUnsubscription } from '../support/unsubscription.js';

const unreachable = (error: unknown): void => expect.unreachable(String(error));
const letters = { a: 'a', b: 'b', c: 'c' };

describe('continueWith', () => {
  testUnsubscription('abc', letters, (source$) => of(1).pipe(continueWith(() => source$)));
  testUnsubscription('abc', letters, (source$) => source$.pipe(continueWith(() => NEVER)), {
    takesOne: true,
  });

  it(
    'takes the first value, unsubscribes, and emits what it becomes',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --a--b--c');
      const subs = '         ^-!      ';
      const next = cold('      -x-y|  ');
      const nextSubs = '     --^---!  ';
      const expected = '     ---x-y|  ';

      expectObservable(source.pipe(continueWith(() => next))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(next.subscriptions).toBe(nextSubs);
    }),
  );

  it(
    'emits what the projection makes of the value',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --a|  ');
      const subs = '         ^-!   ';
      const expected = '     --(A|)';

      expectObservable(source.pipe(continueWith((value) => of(value.toUpperCase())))).toBe(
        expected,
      );
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'completes with an empty source, and waits for one that never emits',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const empty = cold('   --|');
      const never = cold('   ---');
      const next = cold('    x-|');

      expectObservable(empty.pipe(continueWith(() => next))).toBe('--|');
      expectObservable(never.pipe(continueWith(() => next))).toBe('---');
      expectSubscriptions(next.subscriptions).toBe([]);
    }),
  );

  it(
    'fails with the source, with what follows, and when the projection throws',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const failing = cold(' --#   ');
      const source = cold('  --a   ');
      const subs = ['        ^-!   ', '^-!'];
      const next = cold('      x-# ');
      const expected = '     --x-# ';
      const thrown = '       --#   ';
      const fail = (): never => {
        throw new Error('no');
      };

      expectObservable(failing.pipe(continueWith(() => next))).toBe('--#');
      expectObservable(source.pipe(continueWith(() => next))).toBe(expected);
      expectObservable(source.pipe(continueWith(fail))).toBe(thrown, {}, new Error('no'));
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'unsubscribes from what follows',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --a       ');
      const next = cold('      x--y--| ');
      const unsub = '        ------!   ';
      const subs = '         ^-!       ';
      const nextSubs = '     --^---!   ';
      const expected = '     --x--y-   ';

      expectObservable(source.pipe(continueWith(() => next)), unsub).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(next.subscriptions).toBe(nextSubs);
    }),
  );

  it(
    'starts anew with each subscription',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -a     ');
      const first = '        -(x|)  ';
      const later = '        ---^   ';
      const second = '       ----(x|)';
      const subs = ['        ^!     ', '---^!'];
      const continued$ = source.pipe(continueWith(() => of('x')));

      expectObservable(continued$).toBe(first);
      expectObservable(continued$, later).toBe(second);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it('has released the source before it continues', () => {
    const order: string[] = [];
    of(1)
      .pipe(
        finalize(() => order.push('released')),
        continueWith(() => of('next')),
      )
      .subscribe({ next: (value) => order.push(value), error: unreachable });

    expect(order).toEqual(['released', 'next']);
  });

  it('fails when the source throws while it is released', () => {
    const errors: string[] = [];
    const source$ = new Subject<number>();
    source$
      .pipe(
        finalize(() => {
          throw new Error('not released');
        }),
        continueWith(() => of('next')),
      )
      .subscribe({ next: unreachable, error: (error: unknown) => errors.push(String(error)) });
    source$.next(1);

    expect(errors).toEqual([expect.stringContaining('not released')]);
  });
});

describe('concatLast', () => {
  testUnsubscription('abc', letters, (source$) => concatLast(source$, NEVER));
  testUnsubscription('abc', letters, (source$) => concatLast(EMPTY, source$));

  it(
    'emits the values of the first source, and those of the last one after it',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const first = cold('  -a-b-|     ');
      const firstSubs = '   ^----!     ';
      const last = cold('        c--d| ');
      const lastSubs = '    -----^---! ';
      const expected = '    -a-b-c--d| ';

      expectObservable(concatLast(first, last)).toBe(expected);
      expectSubscriptions(first.subscriptions).toBe(firstSubs);
      expectSubscriptions(last.subscriptions).toBe(lastSubs);
    }),
  );

  it.each([
    ['(ab|)', '(^!)', '^--!'],
    ['a--|', '^--!', '---^--!'],
    ['|', '(^!)', '^--!'],
    ['#', '(^!)', []],
    ['a-#', '^-!', []],
    ['---', '^', []],
    ['(ab)-c|', '^-----!', '------^--!'],
  ])('emits what concat emits, with a first source of %s', (diagram, subs, lastSubs) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const first = cold(diagram);
      const last = cold('x-y|');

      expectObservable(concatLast(first, last)).toEqual(concat(first, last));
      expectSubscriptions(first.subscriptions).toBe([subs, subs]);
      expectSubscriptions(last.subscriptions).toBe([lastSubs, lastSubs].flat());
    })();
  });

  it(
    'fails with either, and does not begin the last one after a failure of the first',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const failing = cold(' -a#');
      const last = cold('    c-#');

      expectObservable(concatLast(failing, last)).toBe('-a#');
      expectObservable(concatLast(EMPTY, last)).toBe('  c-#');
      expectObservable(
        concatLast(
          throwError(() => new Error('no')),
          last,
        ),
      ).toBe('#', {}, new Error('no'));
      expectSubscriptions(last.subscriptions).toBe(['^-!']);
    }),
  );

  it('has released the first source before the last one begins', () => {
    const order: string[] = [];
    const first$ = of('first').pipe(finalize(() => order.push('released')));
    concatLast(first$, of('last')).subscribe({
      next: (value) => order.push(value),
      error: unreachable,
    });

    expect(order).toEqual(['first', 'released', 'last']);
  });
});
