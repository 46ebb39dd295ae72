import { mergeMap, Observable, of, take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { TurnError, TurnEvent } from '../../src/canonical/turn-event.js';
import { turnEvents } from '../../src/testing/alphabet.js';
import { retryOnFirstError } from '../../src/turn/retry-on-first-error.js';
import { marbles } from '../support/marbles.js';

const isRetryable = ({ retryable }: { readonly retryable: boolean }): boolean => retryable;

describe('retryOnFirstError', () => {
  it(
    'drops a first error that is accepted, and continues once the source has completed',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --X--|       ', turnEvents);
      const retry = cold('        --t--E|', turnEvents);
      const subs = '         ^----!       ';
      const retrySubs = '    -----^-----! ';
      const expected = '     -------t--E| ';

      const events$ = source.pipe(retryOnFirstError(isRetryable, () => retry));
      expectObservable(events$).toBe(expected, turnEvents);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(retry.subscriptions).toBe(retrySubs);
    }),
  );

  it.each([
    ['an error that is not accepted', '  --Y|  ', '^--!'],
    ['an error after another event', '   t--X| ', '^---!'],
    ['a turn without an error', '        -t--E|', '^----!'],
    ['an empty source', '                --|   ', '^-!'],
  ])('mirrors %s', (_name, diagram, subs) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(diagram, turnEvents);
      const retry = cold('   --t--E|', turnEvents);

      const events$ = source.pipe(retryOnFirstError(isRetryable, () => retry));
      expectObservable(events$).toBe(diagram, turnEvents);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(retry.subscriptions).toBe([]);
    })();
  });

  it.each([
    ['a first error that is not accepted', '--Y|  ', '--e|  '],
    ['an error after another event', 't--X| ', 't--e| '],
  ])('emits %s as it is explained', (_name, diagram, expected) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(diagram, turnEvents);
      const retry = cold('   --t--E|', turnEvents);
      const subs = `^${'-'.repeat(diagram.indexOf('|') - 1)}!`;
      const explain = (error: TurnError): TurnError => ({ ...error, message: 'explained' });

      const events$ = source.pipe(retryOnFirstError(isRetryable, () => retry, explain));
      expectObservable(events$).toBe(expected, {
        ...turnEvents,
        e: expect.objectContaining({ type: 'error', message: 'explained' }),
      });
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(retry.subscriptions).toBe([]);
    })();
  });

  it(
    'fails with the source, and does not continue after a failure',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --X--#', turnEvents);
      const retry = cold('   --t--|', turnEvents);
      const subs = '         ^----!';
      const expected = '     -----#';

      const events$ = source.pipe(retryOnFirstError(isRetryable, () => retry));
      expectObservable(events$).toBe(expected, turnEvents);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(retry.subscriptions).toBe([]);
    }),
  );

  it(
    'keeps the unsubscription chain',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  X-|         ', turnEvents);
      const retry = cold('     --t--E|   ', turnEvents);
      const unsub = '        -----!      ';
      const subs = '         ^-!         ';
      const retrySubs = '    --^--!      ';
      const expected = '     ----t-      ';

      const chain$ = of(1).pipe(
        mergeMap(() => source.pipe(retryOnFirstError(isRetryable, () => retry))),
      );
      expectObservable(chain$, unsub).toBe(expected, turnEvents);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(retry.subscriptions).toBe(retrySubs);
    }),
  );

  it(
    'stops a synchronous source when unsubscribed',
    marbles(({ expectObservable, flush }) => {
      let emitted = 0;
      const source$ = new Observable<TurnEvent>((subscriber) => {
        for (; !subscriber.closed && emitted < 1_000; emitted += 1) subscriber.next(turnEvents.t);
      });

      const events$ = source$.pipe(
        retryOnFirstError(isRetryable, () => of(turnEvents.E)),
        take(2),
      );
      expectObservable(events$).toBe('(tt|)', turnEvents);
      flush();
      expect(emitted).toBe(2);
    }),
  );
});
