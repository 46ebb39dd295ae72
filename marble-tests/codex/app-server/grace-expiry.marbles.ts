import { mergeMap, NEVER, of } from 'rxjs';
import { describe, it } from 'vitest';
import { graceExpiry } from '../../../src/codex/app-server/grace-expiry.js';
import type { Cancel } from '../../../src/process/run.js';
import { marbles } from '../../support/marbles.js';
import { testSynchronousStop } from '../../support/unsubscription.js';

const cancels: Record<string, Cancel> = {
  c: { reason: 'host', graceMs: 9 },
  d: { reason: 'deadline', graceMs: 9 },
  s: { reason: 'shutdown', graceMs: 3 },
};
const flags = { t: true, f: false };

describe('graceExpiry', () => {
  it(
    'emits a cancel when its grace period has expired, and completes',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const source = hot('   --c----------------', cancels);
      const ready = cold('     t--------        ', flags);
      const subs = '         ^----------!       ';
      const readySubs = '    --^--------!       ';
      const expected = '     -----------(c|)    ';

      expectObservable(source.pipe(graceExpiry(ready))).toBe(expected, cancels);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(ready.subscriptions).toBe(readySubs);
    }),
  );

  it(
    'starts the grace period of a cancel when the turn is accepted, but not that of a shutdown',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const source = hot('   --c----------------', cancels);
      const last = hot('     --c---s------------', cancels);
      const accepted = hot(' -----a-------------');
      const subs = '         ^-------------!    ';
      const acceptedSubs = ' --^--!             ';
      const expected = '     --------------(c|) ';
      const lastExpected = ' ---------(s|)      ';
      const ready = cold('      t--------       ', flags);

      expectObservable(source.pipe(graceExpiry(ready, accepted))).toBe(expected, cancels);
      expectObservable(last.pipe(graceExpiry(ready, NEVER))).toBe(lastExpected, cancels);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(last.subscriptions).toBe('^--------!');
      expectSubscriptions(accepted.subscriptions).toBe(acceptedSubs);
    }),
  );

  it(
    'emits a later cancel that expires sooner',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const source = hot('   --c---s------------', cancels);
      const ready = cold('     t--------        ', flags);
      const subs = '         ^--------!         ';
      const expected = '     ---------(s|)      ';

      expectObservable(source.pipe(graceExpiry(ready))).toBe(expected, cancels);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(ready.subscriptions).toBe('--^------!');
    }),
  );

  it(
    'starts the grace period of a cancel again after back-pressure',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const source = hot('   --d----------------', cancels);
      const ready = cold('     t---f---t--------', flags);
      const subs = '         ^------------------!';
      const readySubs = '    --^----------------!';
      const expected = '     -------------------(d|)';

      expectObservable(source.pipe(graceExpiry(ready))).toBe(expected, cancels);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(ready.subscriptions).toBe(readySubs);
    }),
  );

  it(
    'does not suspend the grace period of a shutdown',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const source = hot('   --s------', cancels);
      const ready = cold('     f------', flags);
      const subs = '         ^----!   ';
      const expected = '     -----(s|)';

      expectObservable(source.pipe(graceExpiry(ready))).toBe(expected, cancels);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(ready.subscriptions).toBe([]);
    }),
  );

  it(
    'completes with a source that emits no cancel',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  ---|', cancels);
      const subs = '         ^--!';
      const expected = '     ---|';

      expectObservable(source.pipe(graceExpiry(NEVER))).toBe(expected, cancels);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'waits for the expiry when the source completes after its cancel',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  (s|)    ', cancels);
      const subs = '         (^!)    ';
      const expected = '     ---(s|) ';

      expectObservable(source.pipe(graceExpiry(NEVER))).toBe(expected, cancels);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails with the source',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  s-#', cancels);
      const subs = '         ^-!';
      const expected = '     --#';

      expectObservable(source.pipe(graceExpiry(NEVER))).toBe(expected, cancels);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'stops the timers when unsubscribed, and keeps the unsubscription chain',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const source = hot('   --c---------', cancels);
      const ready = cold('     t---------', flags);
      const cancel = '       ------!     ';
      const subs = '         ^-----!     ';
      const readySubs = '    --^---!     ';
      const expected = '     ------------';

      const expiry$ = source.pipe(
        mergeMap((value) => of(value)),
        graceExpiry(ready),
        mergeMap((value) => of(value)),
      );
      expectObservable(expiry$, cancel).toBe(expected, cancels);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(ready.subscriptions).toBe(readySubs);
    }),
  );

  testSynchronousStop('cds', { ...cancels }, graceExpiry(NEVER));
});
