import { map, mergeMap, type Observable, of, take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { type Check, checkOf, guardCheck } from '../../../src/cli/doctor/check.js';
import { marbles } from '../../support/marbles.js';
import { synchronous } from '../../support/synchronous.js';

const short = (check$: Observable<Check>) =>
  check$.pipe(map(({ state, detail }) => `${state}: ${detail}`));

describe('guardCheck', () => {
  const good = checkOf('x').green('fine');

  it(
    'emits each check of its source',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -g-(g|)', { g: good });
      const subs = '         ^--!   ';
      const expected = '     -g-(g|)';

      expectObservable(guardCheck('x', () => source)).toBe(expected, { g: good });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits a red check and completes when the source fails',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -g-#   ', { g: good }, new Error('boom'));
      const subs = '         ^--!   ';
      const expected = '     -g-(r|)';

      expectObservable(short(guardCheck('x', () => source))).toBe(expected, {
        g: 'green: fine',
        r: 'red: this could not be checked: boom',
      });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits a red check when the factory throws',
    marbles(({ expectObservable }) => {
      const broken = (): never => {
        throw new Error('boom');
      };

      expectObservable(short(guardCheck('x', broken))).toBe('(r|)', {
        r: 'red: this could not be checked: boom',
      });
    }),
  );

  it(
    'unsubscribes from its source when unsubscribed',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -g--g-', { g: good });
      const unsub = '        --!   ';
      const subs = '         ^-!   ';
      const expected = '     -g----';

      expectObservable(
        guardCheck('x', () => source),
        unsub,
      ).toBe(expected, { g: good });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it('stops a synchronous source when unsubscribed', () => {
    const { source$, emitted } = synchronous([good, good, good]);
    guardCheck('x', () => source$)
      .pipe(take(2))
      .subscribe();

    expect(emitted).toHaveLength(2);
  });

  it(
    'keeps the unsubscription chain',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -g--g-', { g: good });
      const unsub = '        --!   ';
      const subs = '         ^-!   ';
      const expected = '     -g----';
      const chain$ = of(source).pipe(
        mergeMap((check$) => guardCheck('x', () => check$)),
        mergeMap((check) => of(check)),
      );

      expectObservable(chain$, unsub).toBe(expected, { g: good });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});
