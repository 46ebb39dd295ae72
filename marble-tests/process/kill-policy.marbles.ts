import { concat, defer, mergeMap, of, take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { killSteps } from '../../src/process/kill-policy.js';
import { marbles } from '../support/marbles.js';

const requests = { a: { graceMs: 8 }, b: { graceMs: 3 }, l: { graceMs: 20 }, n: { graceMs: 0 } };
const steps = { i: 'interrupt', k: 'kill' };

describe('killSteps', () => {
  it(
    'emits interrupt at the request and kill once its grace period has expired',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --a---------', requests);
      const subs = '         ^ 9ms !     ';
      const expected = '     --i-------(k|)';

      expectObservable(source.pipe(killSteps)).toBe(expected, steps);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits kill earlier when a later request has less time',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --a--b------', requests);
      const subs = '         ^-------!   ';
      const expected = '     --i-----(k|)';

      expectObservable(source.pipe(killSteps)).toBe(expected, steps);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'does not extend the grace period for a later request that has more time',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --a--l--------', requests);
      const subs = '         ^---------!   ';
      const expected = '     --i-------(k|)';

      expectObservable(source.pipe(killSteps)).toBe(expected, steps);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits interrupt and kill in one frame when the grace period is 0',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --n---', requests);
      const subs = '         ^-!   ';
      const expected = '     --(ik|)';

      expectObservable(source.pipe(killSteps)).toBe(expected, steps);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'still emits kill when no further request can come',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --(a|)      ', requests);
      const subs = '         ^-!         ';
      const expected = '     --i-------(k|)';

      expectObservable(source.pipe(killSteps)).toBe(expected, steps);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'completes with a source that is empty',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --|   ', requests);
      const subs = '         ^-!   ';
      const expected = '     --|   ';

      expectObservable(source.pipe(killSteps)).toBe(expected, steps);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits nothing while nobody requests the end',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  ------', requests);
      const subs = '         ^-----';
      const expected = '     ------';

      expectObservable(source.pipe(killSteps)).toBe(expected, steps);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails with the source',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --a--#', requests);
      const subs = '         ^----!';
      const expected = '     --i--#';

      expectObservable(source.pipe(killSteps)).toBe(expected, steps);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits no kill when the process exits and it is unsubscribed',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --a---------', requests);
      const unsub = '        -----!      ';
      const subs = '         ^----!      ';
      const expected = '     --i---      ';

      expectObservable(source.pipe(killSteps), unsub).toBe(expected, steps);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'keeps the unsubscription chain',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --a---------', requests);
      const unsub = '        -----!      ';
      const subs = '         ^----!      ';
      const expected = '     --i---      ';
      const result$ = source.pipe(
        mergeMap((request) => of(request)),
        killSteps,
        mergeMap((step) => of(step)),
      );

      expectObservable(result$, unsub).toBe(expected, steps);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it('stops a synchronous source when unsubscribed', () => {
    const subscribed: number[] = [];
    const request = (n: number) =>
      defer(() => {
        subscribed.push(n);
        return of({ graceMs: n });
      });

    concat(request(1), request(2), request(3)).pipe(killSteps, take(1)).subscribe();

    expect(subscribed).toEqual([1]);
  });
});
