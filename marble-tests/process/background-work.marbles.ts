import { describe, it } from 'vitest';
import { createBackgroundWork } from '../../src/process/background-work.js';
import { marbles } from '../support/marbles.js';

describe('settling', () => {
  it(
    'completes at once where nothing was left',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const background = createBackgroundWork();
      const other = cold('  ----|');
      const subs = '        ^---!';
      const settled = '     |    ';

      background.runInBackground('/other')(other);
      expectObservable(background.drained$('/w')).toBe(settled);
      expectSubscriptions(other.subscriptions).toBe(subs);
    }),
  );

  it(
    'completes with the last work of the workspace, whoever asks when',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const background = createBackgroundWork();
      const one = cold('    --a--|    ');
      const two = cold('    -------|  ');
      const oneSubs = '     ^----!    ';
      const twoSubs = '     ^------!  ';
      const settled = '     -------|  ';
      const later = '       ------^   ';
      const after = '       --------^ ';

      background.runInBackground('/w')(one);
      background.runInBackground('/w')(two);
      expectObservable(background.drained$('/w')).toBe(settled);
      expectObservable(background.drained$('/w'), later).toBe(settled);
      expectObservable(background.drained$('/w'), after).toBe('--------|');
      expectSubscriptions(one.subscriptions).toBe(oneSubs);
      expectSubscriptions(two.subscriptions).toBe(twoSubs);
    }),
  );

  it(
    'goes on when nobody waits any more',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const background = createBackgroundWork();
      const work = cold('   -----|');
      const subs = '        ^----!';
      const unsub = '       --!   ';

      background.runInBackground('/w')(work);
      expectObservable(background.drained$('/w'), unsub).toBe('---');
      expectSubscriptions(work.subscriptions).toBe(subs);
    }),
  );

  it(
    'waits for ever for what never ends',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const background = createBackgroundWork();
      const work = cold('   --');
      const subs = '        ^-';

      background.runInBackground('/w')(work);
      expectObservable(background.drained$('/w')).toBe('--');
      expectSubscriptions(work.subscriptions).toBe(subs);
    }),
  );
});
