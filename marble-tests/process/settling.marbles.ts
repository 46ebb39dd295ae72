import { describe, it } from 'vitest';
import { createSettling } from '../../src/process/settling.js';
import { marbles } from '../support/marbles.js';

describe('settling', () => {
  it(
    'completes at once where nothing was left',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const settling = createSettling();
      const other = cold('  ----|');
      const subs = '        ^---!';
      const settled = '     |    ';

      settling.settle('/other')(other);
      expectObservable(settling.settled$('/w')).toBe(settled);
      expectSubscriptions(other.subscriptions).toBe(subs);
    }),
  );

  it(
    'completes with the last work of the workspace, whoever asks when',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const settling = createSettling();
      const one = cold('    --a--|    ');
      const two = cold('    -------|  ');
      const oneSubs = '     ^----!    ';
      const twoSubs = '     ^------!  ';
      const settled = '     -------|  ';
      const later = '       ------^   ';
      const after = '       --------^ ';

      settling.settle('/w')(one);
      settling.settle('/w')(two);
      expectObservable(settling.settled$('/w')).toBe(settled);
      expectObservable(settling.settled$('/w'), later).toBe(settled);
      expectObservable(settling.settled$('/w'), after).toBe('--------|');
      expectSubscriptions(one.subscriptions).toBe(oneSubs);
      expectSubscriptions(two.subscriptions).toBe(twoSubs);
    }),
  );

  it(
    'goes on when nobody waits any more',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const settling = createSettling();
      const work = cold('   -----|');
      const subs = '        ^----!';
      const unsub = '       --!   ';

      settling.settle('/w')(work);
      expectObservable(settling.settled$('/w'), unsub).toBe('---');
      expectSubscriptions(work.subscriptions).toBe(subs);
    }),
  );

  it(
    'waits for ever for what never ends',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const settling = createSettling();
      const work = cold('   --');
      const subs = '        ^-';

      settling.settle('/w')(work);
      expectObservable(settling.settled$('/w')).toBe('--');
      expectSubscriptions(work.subscriptions).toBe(subs);
    }),
  );
});
