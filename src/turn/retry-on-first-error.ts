import { concat, defer, EMPTY, filter, type MonoTypeOperatorFunction, type Observable } from 'rxjs';
import type { TurnError, TurnEvent } from '../canonical/turn-event.js';

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
 * `retry$(error)`. Completes and fails with the source or `retry$`. Unsubscribe unsubscribes from
 * the one that runs.
 */
export const retryOnFirstError =
  (
    isRetryable: (error: TurnError) => boolean,
    retry$: (error: TurnError) => Observable<TurnEvent>,
  ): MonoTypeOperatorFunction<TurnEvent> =>
  (source$) =>
    defer(() => {
      let dropped: TurnError | undefined;
      const kept$ = source$.pipe(
        filter((event, index) => {
          if (index > 0 || event.type !== 'error' || !isRetryable(event)) return true;
          dropped = event;
          return false;
        }),
      );
      return concat(
        kept$,
        defer(() => (dropped === undefined ? EMPTY : retry$(dropped))),
      );
    });
