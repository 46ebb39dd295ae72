import { concatMap, EMPTY, from, mergeMap, Observable, of, Subject, take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { concatSteps, type Step } from '../../src/streams/concat-steps.js';
import { marbles } from '../support/marbles.js';
import { synchronous } from '../support/synchronous.js';

/** Upper case letters become `work$`, `_` becomes nothing, and other values stay. */
const upperTo =
  (work$: Observable<string>) =>
  (value: string): Step<string> => {
    if (value === '_') return undefined;
    return /[A-Z]/.test(value) ? work$ : value;
  };

/** The same as an Observable, for `concatMap`. */
const lifted =
  (project: (value: string) => Step<string>) =>
  (value: string): Observable<string> => {
    const step = project(value);
    if (step instanceof Observable) return step;
    return step === undefined ? EMPTY : of(step);
  };

describe('concatSteps', () => {
  it(
    'emits a value at once, and those after an Observable when it has completed',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --a--B--c--d------|');
      const work = cold('         ---x----y|    ');
      const subs = '         ^-----------------!';
      const workSubs = '     -----^--------!    ';
      const expected = '     --a-----x----y(cd)|';

      expectObservable(source.pipe(concatSteps(upperTo(work)))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(work.subscriptions).toBe(workSubs);
    }),
  );

  it(
    'emits nothing for undefined',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -_-a-(_b)-|');
      const work = cold('    |          ');
      const subs = '         ^---------!';
      const expected = '     ---a-b----|';

      expectObservable(source.pipe(concatSteps(upperTo(work)))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(work.subscriptions).toBe([]);
    }),
  );

  it(
    'completes with the last Observable after the source',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -B_|     ');
      const work = cold('     ---x--| ');
      const subs = '         ^--!     ';
      const workSubs = '     -^-----! ';
      const expected = '     ----x--| ';

      expectObservable(source.pipe(concatSteps(upperTo(work)))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(work.subscriptions).toBe(workSubs);
    }),
  );

  it(
    'completes with an empty source',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --|');
      const subs = '         ^-!';
      const expected = '     --|';

      expectObservable(source.pipe(concatSteps(() => EMPTY))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it.each([
    '    a--b--|        ',
    '    (aBcCd|)       ',
    '    aBbCc---d-_-|  ',
    '    (BB)---a----|  ',
    '    B---a|         ',
    '    B-a-----#      ',
    '    -_-_-(ab)#     ',
  ])('emits what concatMap emits, for %s', (diagram) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(diagram.trim());
      const project = upperTo(cold('--x-y|'));
      const complete = Math.max(diagram.trim().indexOf('|'), diagram.trim().indexOf('#'));
      const isGroup = diagram.trim().startsWith('(aB');

      expectObservable(source.pipe(concatSteps(project))).toEqual(
        source.pipe(concatMap(lifted(project))),
      );
      const end = isGroup ? '(^!)' : `^${'-'.repeat(complete - 1)}!`;
      expectSubscriptions(source.subscriptions).toBe([end, end]);
    })();
  });

  it(
    'projects a value when it does not wait any more',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      let done = 0;
      const source = cold('  B-a|      ');
      const work = cold('    ----x|    ');
      const subs = '         ^--!      ';
      const expected = '     ----x(n|) ';
      const steps$ = source.pipe(
        concatSteps((value): Step<string> => {
          if (value === 'a') return `${done} done`;
          return work.pipe(
            mergeMap((x) => {
              done += 1;
              return of(x);
            }),
          );
        }),
      );

      expectObservable(steps$).toBe(expected, { x: 'x', n: '1 done' });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it('keeps the order of values that come while those before them are emitted', () => {
    const source$ = new Subject<string>();
    const begin$ = new Subject<string>();
    const emitted: string[] = [];
    source$
      .pipe(concatSteps((value): Step<string> => (value === 'begin' ? begin$ : value)))
      .subscribe({
        next: (value) => {
          emitted.push(value);
          if (value === 'a') source$.next('c');
        },
        error: (error: unknown) => emitted.push(String(error)),
      });
    for (const value of ['begin', 'a', 'b']) source$.next(value);
    begin$.complete();
    source$.next('d');

    expect(emitted).toEqual(['a', 'b', 'c', 'd']);
  });

  it('emits any number of values that have waited, with and without Observables', () => {
    const begin$ = new Subject<string>();
    const emitted: string[] = [];
    const values = Array.from({ length: 20_000 }, (_, nth) => `${nth}`);
    let hasCompleted = false;
    from(['begin', ...values])
      .pipe(
        concatSteps((value): Step<string> => {
          if (value === 'begin') return begin$;
          return value.endsWith('0') ? of(value) : value;
        }),
      )
      .subscribe({
        next: (value) => emitted.push(value),
        error: (error: unknown) => emitted.push(String(error)),
        complete: () => (hasCompleted = true),
      });
    expect(emitted).toEqual([]);
    begin$.complete();

    expect(emitted).toEqual(values);
    expect(hasCompleted).toBe(true);
  });

  it(
    'fails with the source, and unsubscribes from the Observable that runs',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  a--B-c-#     ');
      const work = cold('       --------| ');
      const subs = '         ^------!     ';
      const workSubs = '     ---^---!     ';
      const expected = '     a------#     ';

      expectObservable(source.pipe(concatSteps(upperTo(work)))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(work.subscriptions).toBe(workSubs);
    }),
  );

  it(
    'fails with an Observable, and drops the values that wait',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  a--B-c-----| ');
      const work = cold('       --x-#     ');
      const subs = '         ^------!     ';
      const workSubs = '     ---^---!     ';
      const expected = '     a----x-#     ';

      expectObservable(source.pipe(concatSteps(upperTo(work)))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(work.subscriptions).toBe(workSubs);
    }),
  );

  it(
    'fails when the projection throws, at once or for a value that has waited',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const now = cold('   --a--|    ');
      const later = cold(' B-a--|    ');
      const work = cold('  ----x|    ');
      const nowSubs = '    ^-!       ';
      const laterSubs = '  ^----!    ';
      const expected = '   --#       ';
      const waited = '     ----x#    ';
      const project = (value: string): Step<string> => {
        if (value === 'B') return work;
        throw new Error('no');
      };

      expectObservable(now.pipe(concatSteps(project))).toBe(expected, {}, new Error('no'));
      expectObservable(later.pipe(concatSteps(project))).toBe(waited, { x: 'x' }, new Error('no'));
      expectSubscriptions(now.subscriptions).toBe(nowSubs);
      expectSubscriptions(later.subscriptions).toBe(laterSubs);
    }),
  );

  it(
    'unsubscribes from the source and the Observable that runs',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  a--B-c-----| ');
      const work = cold('       ----x|    ');
      const unsub = '        ^----!       ';
      const subs = '         ^----!       ';
      const workSubs = '     ---^-!       ';
      const expected = '     a-----       ';

      expectObservable(source.pipe(concatSteps(upperTo(work))), unsub).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(work.subscriptions).toBe(workSubs);
    }),
  );

  it(
    'starts anew with each subscription',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  Ba|           ');
      const work = cold('    ---x|         ');
      const first = '        ---x(a|)      ';
      const later = '        ------^       ';
      const second = '       ---------x(a|)';
      const subs = ['        ^-!           ', '------^-!'];
      const steps$ = source.pipe(concatSteps(upperTo(work)));

      expectObservable(steps$).toBe(first);
      expectObservable(steps$, later).toBe(second);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it('stops a synchronous source when unsubscribed', () => {
    const { source$, emitted } = synchronous(['a', 'b', 'c', 'd']);
    source$
      .pipe(
        concatSteps((value) => value),
        take(2),
      )
      .subscribe();

    expect(emitted).toEqual(['a', 'b']);
  });

  it(
    'keeps the unsubscription chain',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --a--b--a--| ');
      const work = cold('    |            ');
      const unsub = '        ------!      ';
      const subs = '         ^-----!      ';
      const expected = '     --a--b-      ';
      const chain$ = source.pipe(
        mergeMap((value) => of(value)),
        concatSteps(upperTo(work)),
        mergeMap((value) => of(value)),
      );

      expectObservable(chain$, unsub).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});
