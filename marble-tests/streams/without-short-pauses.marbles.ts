import { describe, it } from 'vitest';
import { withoutShortPauses } from '../../src/streams/without-short-pauses.js';
import { marbles } from '../support/marbles.js';
import { testUnsubscription } from '../support/unsubscription.js';

const flow = { t: true, f: false };

describe('withoutShortPauses', () => {
  it(
    'leaves out pauses below a second, however many there are',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  t 999ms f 998ms t f 998ms t f 998ms t---', flow);
      const unsub = '        - 999ms - 998ms - - 998ms - - 998ms ---!';
      const subs = '         ^ 999ms - 998ms - - 998ms - - 998ms ---!';
      const expected = '     t 999ms - 998ms - - 998ms - - 998ms ----';

      expectObservable(source.pipe(withoutShortPauses()), unsub).toBe(expected, flow);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits false when a pause has lasted a second, and true at its end',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  t--f 2s       t--|', flow);
      const subs = '         ^--- 2s       ---!';
      const expected = '     t--- 999ms f 1s t--|';

      expectObservable(source.pipe(withoutShortPauses())).toBe(expected, flow);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits a first value of false at once',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  f--t--|', flow);
      const subs = '         ^-----!';
      const expected = '     f--t--|';

      expectObservable(source.pipe(withoutShortPauses())).toBe(expected, flow);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails with the source, and does not emit after that',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  t-f-#', flow);
      const subs = '         ^---!';
      const expected = '     t---#';

      expectObservable(source.pipe(withoutShortPauses())).toBe(expected, flow);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  testUnsubscription('ftf', flow, withoutShortPauses());
});
