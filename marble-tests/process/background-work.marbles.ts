import { concat, EMPTY } from 'rxjs';
import { describe, it } from 'vitest';
import { createBackgroundWork } from '../../src/process/background-work.js';
import { marbles } from '../support/marbles.js';

describe('createBackgroundWork', () => {
  it(
    'drains at once where no work runs',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const background = createBackgroundWork();
      const other = cold('  ----|');
      const subs = '        ^---!';
      const drained = '     |    ';

      background.runInBackground('/other')(other);
      expectObservable(background.drained$('/w')).toBe(drained);
      expectSubscriptions(other.subscriptions).toBe(subs);
    }),
  );

  it(
    'drains with the last work of the workspace, for early and late subscribers',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const background = createBackgroundWork();
      const one = cold('    --a--|    ');
      const two = cold('    -------|  ');
      const oneSubs = '     ^----!    ';
      const twoSubs = '     ^------!  ';
      const drained = '     -------|  ';
      const later = '       ------^   ';
      const after = '       --------^ ';
      const afterwards = '  --------| ';

      background.runInBackground('/w')(one);
      background.runInBackground('/w')(two);
      expectObservable(background.drained$('/w')).toBe(drained);
      expectObservable(background.drained$('/w'), later).toBe(drained);
      expectObservable(background.drained$('/w'), after).toBe(afterwards);
      expectSubscriptions(one.subscriptions).toBe(oneSubs);
      expectSubscriptions(two.subscriptions).toBe(twoSubs);
    }),
  );

  it(
    'continues the work when drained$ is unsubscribed',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const background = createBackgroundWork();
      const work = cold('   -----|');
      const subs = '        ^----!';
      const unsub = '       --!   ';
      const drained = '     ---   ';

      background.runInBackground('/w')(work);
      expectObservable(background.drained$('/w'), unsub).toBe(drained);
      expectSubscriptions(work.subscriptions).toBe(subs);
    }),
  );

  it(
    'never drains while work does not complete',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const background = createBackgroundWork();
      const work = cold('   --');
      const subs = '        ^-';
      const drained = '     --';

      background.runInBackground('/w')(work);
      expectObservable(background.drained$('/w')).toBe(drained);
      expectSubscriptions(work.subscriptions).toBe(subs);
    }),
  );

  it(
    'lets work begin with a wait for the work that was there before it',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const background = createBackgroundWork();
      const first = cold('  ---|    ');
      const second = cold('    --|  ');
      const firstSubs = '   ^--!    ';
      const secondSubs = '  ---^-!  ';
      const drained = '     -----|  ';

      background.runInBackground('/w')(first);
      background.runInBackground('/w')(concat(background.drained$('/w'), second));
      expectObservable(background.drained$('/w')).toBe(drained);
      expectSubscriptions(first.subscriptions).toBe(firstSubs);
      expectSubscriptions(second.subscriptions).toBe(secondSubs);
    }),
  );

  it(
    'drains at once after work that completed synchronously',
    marbles(({ expectObservable }) => {
      const background = createBackgroundWork();
      const drained = '     |';

      background.runInBackground('/w')(EMPTY);
      expectObservable(background.drained$('/w')).toBe(drained);
    }),
  );
});
