import { concat, defer, mergeMap, NEVER, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { Cancel } from '../../src/process/run.js';
import { cutOff, type StdoutEnd } from '../../src/process/stdout-policy.js';
import { marbles } from '../support/marbles.js';

const cancels: Record<string, Cancel> = {
  a: { reason: 'host', graceMs: 100 },
  b: { reason: 'shutdown', graceMs: 50 },
};
const ends: Record<string, StdoutEnd> = {
  a: { type: 'cancelled', cancel: { reason: 'host', graceMs: 100 } },
  m: { type: 'mute' },
  d: { type: 'drained' },
  h: { type: 'chatter' },
};
const flow = { t: true, f: false };

describe('cutOff', () => {
  it(
    'emits cancelled at the first cancel',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const cancel$ = cold(' --a--b--', cancels);
      const stdout$ = hot('  -x-x-x--');
      const gone$ = cold('   --------');
      const ready$ = cold('  t       ', flow);
      const subs = '         ^-!     ';
      const expected = '     --(a|)  ';

      expectObservable(cutOff({ stdout$, gone$, ready$, cancel$ })).toBe(expected, ends);
      expectSubscriptions(cancel$.subscriptions).toBe(subs);
      expectSubscriptions(stdout$.subscriptions).toBe(subs);
      expectSubscriptions(gone$.subscriptions).toBe(subs);
      expectSubscriptions(ready$.subscriptions).toBe([]);
    }),
  );

  it(
    'emits mute 5 s after stdout has closed',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const cancel$ = cold(' -          ', cancels);
      const stdout$ = hot('  -x-|       ');
      const gone$ = cold('   -          ');
      const ready$ = cold('  t          ', flow);
      const subs = '         ^-- 5s !   ';
      const stdoutSubs = '   ^--!       ';
      const expected = '     --- 5s (m|)';

      expectObservable(cutOff({ stdout$, gone$, ready$, cancel$ })).toBe(expected, ends);
      expectSubscriptions(cancel$.subscriptions).toBe(subs);
      expectSubscriptions(stdout$.subscriptions).toBe(stdoutSubs);
      expectSubscriptions(gone$.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits nothing while the process runs with its stdout open, however long it is silent',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const cancel$ = cold(' -         ', cancels);
      const stdout$ = hot('  -x 180m x-');
      const gone$ = cold('   -         ');
      const ready$ = cold('  t         ', flow);
      const subs = '         ^         ';
      const expected = '     -         ';

      expectObservable(cutOff({ stdout$, gone$, ready$, cancel$ })).toBe(expected, ends);
      expectSubscriptions(stdout$.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits drained after 1 s of silence once the tree is gone',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const cancel$ = cold(' -             ', cancels);
      const stdout$ = hot('  -x-           ');
      const gone$ = cold('   ---(g|)       ');
      const ready$ = cold('  t             ', flow);
      const subs = '         ^-- 1s !      ';
      const drainSubs = '    ---^ 999ms !  ';
      const expected = '     --- 1s (d|)   ';

      expectObservable(cutOff({ stdout$, gone$, ready$, cancel$ })).toBe(expected, ends);
      expectSubscriptions(cancel$.subscriptions).toBe(subs);
      expectSubscriptions(stdout$.subscriptions).toBe([subs, drainSubs]);
      expectSubscriptions(ready$.subscriptions).toBe([drainSubs, drainSubs]);
    }),
  );

  it(
    'starts the second of silence over with every chunk',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const cancel$ = cold(' -                             ', cancels);
      const stdout$ = hot('  - 998ms x 998ms x             ');
      const gone$ = cold('   (g|)                          ');
      const ready$ = cold('  t                             ', flow);
      const subs = '         ^ 998ms - 998ms - 999ms !     ';
      const expected = '     - 998ms - 998ms - 999ms (d|)  ';

      expectObservable(cutOff({ stdout$, gone$, ready$, cancel$ })).toBe(expected, ends);
      expectSubscriptions(stdout$.subscriptions).toBe([subs, subs]);
    }),
  );

  it(
    'emits chatter 5 s after the tree is gone while chunks arrive',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const cancel$ = cold(' -                                           ', cancels);
      const stdout$ = hot('  x 899ms x 899ms x 899ms x 899ms x 899ms x 899ms x');
      const gone$ = cold('   --(g|)                                      ');
      const ready$ = cold('  t                                           ', flow);
      const subs = '         ^- 5s !                                     ';
      const chatterSubs = '  --^ 4999ms !                                ';
      const expected = '     -- 5s (h|)                                  ';

      expectObservable(cutOff({ stdout$, gone$, ready$, cancel$ })).toBe(expected, ends);
      expectSubscriptions(stdout$.subscriptions).toBe([subs, chatterSubs]);
      expectSubscriptions(ready$.subscriptions).toBe([chatterSubs, chatterSubs]);
    }),
  );

  it(
    'suspends drained while nobody reads, and starts its second over after that',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const cancel$ = cold(' -                            ', cancels);
      const stdout$ = hot('  -                            ');
      const gone$ = cold('   (g|)                         ');
      const ready$ = cold('  t 998ms f 180m t             ', flow);
      const subs = '         ^ 998ms - 180m - 999ms !     ';
      const expected = '     - 998ms - 180m - 999ms (d|)  ';

      expectObservable(cutOff({ stdout$, gone$, ready$, cancel$ })).toBe(expected, ends);
      expectSubscriptions(ready$.subscriptions).toBe([subs, subs]);
    }),
  );

  it(
    'suspends chatter while nobody reads, and starts its 5 s over after that',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const cancel$ = cold(' -                                                      ', cancels);
      const stdout$ = hot(
        '  x 799ms x 799ms x 799ms x 799ms x 799ms x 799ms x 799ms x 799ms x 799ms x',
      );
      const gone$ = cold('   (g|)                                                   ');
      const ready$ = cold('  t 1s f 1s t                                            ', flow);
      const subs = '         ^ 1s - 1s - 4999ms !                                   ';
      const expected = '     - 1s - 1s - 4999ms (h|)                                ';

      expectObservable(cutOff({ stdout$, gone$, ready$, cancel$ })).toBe(expected, ends);
      expectSubscriptions(ready$.subscriptions).toBe([subs, subs]);
    }),
  );

  it(
    'goes on with the 5 s of chatter in pauses below a second',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const cancel$ = cold(' -', cancels);
      const stdout$ = hot(`  ${'x 799ms '.repeat(9)}`);
      const gone$ = cold('   (g|)');
      const ready$ = cold(`  ${'t 499ms f 499ms '.repeat(9)}`, flow);
      const subs = '         ^ 4999ms !';
      const expected = '     - 4999ms (h|)';

      expectObservable(cutOff({ stdout$, gone$, ready$, cancel$ })).toBe(expected, ends);
      expectSubscriptions(ready$.subscriptions).toBe([subs, subs]);
    }),
  );

  it(
    'emits cancelled while stdout drains',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const cancel$ = cold(' ----a   ', cancels);
      const stdout$ = hot('  -       ');
      const gone$ = cold('   --(g|)  ');
      const ready$ = cold('  t       ', flow);
      const subs = '         ^---!   ';
      const drainSubs = '    --^-!   ';
      const expected = '     ----(a|)';

      expectObservable(cutOff({ stdout$, gone$, ready$, cancel$ })).toBe(expected, ends);
      expectSubscriptions(cancel$.subscriptions).toBe(subs);
      expectSubscriptions(stdout$.subscriptions).toBe([subs, drainSubs]);
    }),
  );

  it(
    'fails when an input fails',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const cancel$ = cold(' --#', cancels);
      const stdout$ = hot('  -  ');
      const gone$ = cold('   -  ');
      const ready$ = cold('  t  ', flow);
      const subs = '         ^-!';
      const expected = '     --#';

      expectObservable(cutOff({ stdout$, gone$, ready$, cancel$ })).toBe(expected, ends);
      expectSubscriptions(stdout$.subscriptions).toBe(subs);
      expectSubscriptions(gone$.subscriptions).toBe(subs);
    }),
  );

  it(
    'keeps the unsubscription chain',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const cancel$ = cold(' ----------', cancels);
      const stdout$ = hot('  -x-|      ');
      const gone$ = cold('   --(g|)    ');
      const ready$ = cold('  t         ', flow);
      const unsub = '        -----!    ';
      const subs = '         ^----!    ';
      const stdoutSubs = ['  ^--!      ', '--^!'];
      const goneSubs = '     ^-!       ';
      const readySubs = '    --^--!    ';
      const expected = '     ------    ';
      const result$ = cutOff({
        stdout$,
        gone$,
        ready$,
        cancel$: cancel$.pipe(mergeMap((cancel) => of(cancel))),
      }).pipe(mergeMap((end) => of(end)));

      expectObservable(result$, unsub).toBe(expected, ends);
      expectSubscriptions(cancel$.subscriptions).toBe(subs);
      expectSubscriptions(stdout$.subscriptions).toBe(stdoutSubs);
      expectSubscriptions(gone$.subscriptions).toBe(goneSubs);
      expectSubscriptions(ready$.subscriptions).toBe([readySubs, readySubs]);
    }),
  );

  it('stops a synchronous source when unsubscribed', () => {
    const subscribed: string[] = [];
    const cancel = (reason: Cancel['reason']) =>
      defer(() => {
        subscribed.push(reason);
        return of<Cancel>({ reason, graceMs: 0 });
      });

    cutOff({
      stdout$: NEVER,
      gone$: NEVER,
      ready$: of(true),
      cancel$: concat(cancel('host'), cancel('shutdown')),
    }).subscribe();

    expect(subscribed).toEqual(['host']);
  });
});
