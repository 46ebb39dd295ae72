import { getEventListeners } from 'node:events';
import { mergeMap, of, tap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { fromAbort } from '../../src/streams/from-abort.js';
import { marbles } from '../support/marbles.js';

describe('fromAbort', () => {
  it(
    'emits the reason when the signal is aborted, and completes',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const controller = new AbortController();
      const abort = cold('  ---a|    ');
      const subs = '        ^---!    ';
      const expected = '    ---(r|)  ';

      expectObservable(fromAbort(controller.signal)).toBe(expected, { r: 'enough' });
      expectObservable(abort.pipe(tap(() => controller.abort('enough')))).toBe('---a|');
      expectSubscriptions(abort.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits at once when the signal was aborted before the subscription',
    marbles(({ expectObservable }) => {
      const expected = '    (r|)     ';

      expectObservable(fromAbort(AbortSignal.abort('enough'))).toBe(expected, { r: 'enough' });
    }),
  );

  it(
    'emits nothing while the signal is not aborted, and removes its listener when unsubscribed',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const { signal } = new AbortController();
      const listeners: number[] = [];
      const look = cold('   --l--l   ');
      const unsub = '       ----!    ';
      const subs = '        ^        ';
      const expected = '    -----    ';

      expectObservable(fromAbort(signal), unsub).toBe(expected);
      expectObservable(
        look.pipe(tap(() => listeners.push(getEventListeners(signal, 'abort').length))),
      ).toBe('--l--l');
      expectSubscriptions(look.subscriptions).toBe(subs);
      flush();
      expect(listeners).toEqual([1, 0]);
    }),
  );

  it(
    'looks at the signal anew with each subscription',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const controller = new AbortController();
      const twice = cold('  -a--a|     ');
      const abort = cold('  --c|       ');
      const subs = '        ^----!      ';
      const expected = '    --r-r|     ';

      const reasons$ = fromAbort(controller.signal);
      expectObservable(twice.pipe(mergeMap(() => reasons$))).toBe(expected, { r: 'enough' });
      expectObservable(abort.pipe(tap(() => controller.abort('enough')))).toBe('--c|');
      expectSubscriptions(twice.subscriptions).toBe(subs);
    }),
  );

  it(
    'keeps the unsubscription chain',
    marbles(({ expectObservable, flush }) => {
      const { signal } = new AbortController();
      const unsub = '       --!      ';

      expectObservable(of(1).pipe(mergeMap(() => fromAbort(signal))), unsub).toBe('---');
      flush();
      expect(getEventListeners(signal, 'abort')).toEqual([]);
    }),
  );
});
