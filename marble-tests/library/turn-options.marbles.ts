import { mergeMap, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { cancelRequest } from '../../src/library/turn-options.js';
import { abortedBy } from '../support/abort-signal.js';
import { marbles } from '../support/marbles.js';
import { synchronous } from '../support/synchronous.js';

const values = { c: { reason: 'host', graceMs: 5_000 } };

describe('cancelRequest', () => {
  it(
    'emits once at the first value of cancel$',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const cancel$ = cold('   ---x-x|');
      const subs = '           ^--!   ';
      const expected = '       ---(c|)';

      expectObservable(cancelRequest({ cancel$ }, 5_000)).toBe(expected, values);
      expectSubscriptions(cancel$.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits once when the signal aborts',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('    ---x-x|');
      const cancel$ = cold('   -----x-');
      const subs = '           ^--!   ';
      const expected = '       ---(c|)';
      const { signal, abort$, listeners } = abortedBy(source);

      expectObservable(abort$).toBe('------|');
      expectObservable(cancelRequest({ cancel$, signal }, 5_000)).toBe(expected, values);
      expectSubscriptions(cancel$.subscriptions).toBe(subs);
      flush();
      expect(listeners()).toBe(0);
    }),
  );

  it(
    'removes its listener when cancel$ comes first, and when it is unsubscribed',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const cancel$ = cold('   ---x---');
      const subs = '           ^--!   ';
      const unsub = '          ^----! ';
      const { signal, listeners } = abortedBy(cold('-'));

      expectObservable(cancelRequest({ cancel$, signal }, 5_000)).toBe('---(c|)', values);
      expectObservable(cancelRequest({ signal }, 5_000), unsub).toBe('-------');
      expectSubscriptions(cancel$.subscriptions).toBe(subs);
      flush();
      expect(listeners()).toBe(0);
    }),
  );

  it(
    'emits at once when the signal has aborted before',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const cancel$ = cold('   -----x-');
      const expected = '       (c|)   ';

      expectObservable(cancelRequest({ cancel$, signal: AbortSignal.abort() }, 5_000)).toBe(
        expected,
        values,
      );
      expectSubscriptions(cancel$.subscriptions).toBe('(^!)');
    }),
  );

  it(
    'never completes without a cancel',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const cancel$ = cold('   --|    ');
      const subs = '           ^-!    ';
      const expected = '       -------';

      expectObservable(cancelRequest({ cancel$ }, 5_000)).toBe(expected);
      expectObservable(cancelRequest({}, 5_000)).toBe(expected);
      expectSubscriptions(cancel$.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails with cancel$',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const cancel$ = cold('   --#    ');
      const subs = '           ^-!    ';
      const expected = '       --#    ';

      expectObservable(cancelRequest({ cancel$ }, 5_000)).toBe(expected);
      expectSubscriptions(cancel$.subscriptions).toBe(subs);
    }),
  );

  it('stops a synchronous source when unsubscribed', () => {
    const { source$, emitted } = synchronous(['a', 'b', 'c']);
    cancelRequest({ cancel$: source$ }, 5_000).subscribe();

    expect(emitted).toEqual(['a']);
  });

  it(
    'keeps the unsubscription chain',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const cancel$ = cold('   -----x-');
      const unsub = '          ^--!   ';
      const subs = '           ^--!   ';
      const expected = '       ----   ';
      const request$ = of(undefined).pipe(
        mergeMap(() => cancelRequest({ cancel$ }, 5_000)),
        mergeMap((cancel) => of(cancel)),
      );

      expectObservable(request$, unsub).toBe(expected, values);
      expectSubscriptions(cancel$.subscriptions).toBe(subs);
    }),
  );
});
