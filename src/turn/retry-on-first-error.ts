import { identity, type MonoTypeOperatorFunction, Observable } from 'rxjs';
import type { TurnError, TurnEvent } from '../canonical/turn-event.js';
import { link } from '../streams/link.js';

/**
 * Continues with other events when a turn fails before it emits any.
 *
 * ```
 * source  ---X--|            X an error event that isRetryable accepts
 * retry$        --t--E|
 * emits   --------t--E|
 * ```
 *
 * Emits the events of the source. If the first one is an `error` event accepted by `isRetryable`,
 * drops it and, once the source has completed and so released its resources, continues with
 * `retry$(error)`. Emits every other `error` event as `explain` returns it. Completes and fails
 * with the source or `retry$`. Unsubscribe unsubscribes from the one that runs.
 */
export const retryOnFirstError =
  (
    isRetryable: (error: TurnError) => boolean,
    retry$: (error: TurnError) => Observable<TurnEvent>,
    explain: (error: TurnError) => TurnError = identity,
  ): MonoTypeOperatorFunction<TurnEvent> =>
  (source$) =>
    new Observable((subscriber) => {
      let isFirst = true;
      let dropped: TurnError | undefined;
      link(source$, subscriber, {
        next: (event) => {
          const isRetried = isFirst && event.type === 'error' && isRetryable(event);
          isFirst = false;
          if (isRetried) dropped = event;
          else subscriber.next(event.type === 'error' ? explain(event) : event);
        },
        complete: () => {
          if (dropped === undefined) subscriber.complete();
          else retry$(dropped).subscribe(subscriber);
        },
      });
    });
