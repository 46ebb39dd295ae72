import { catchError, concat, defer, type MonoTypeOperatorFunction, of, takeWhile, tap } from 'rxjs';
import { isTerminal, type Terminal, type TurnEvent } from './turn-event.js';

/**
 * Holds a turn to its grammar: exactly one terminal event, and nothing after it.
 *
 * Emits the events of the source up to and including its first terminal event and completes there.
 * A source that completes without one is closed with `missing()`, a source that errors with
 * `failed(error)`; the error channel is never used. Unsubscribe unsubscribes from the source and
 * emits nothing.
 */
export const oneTerminal =
  (
    missing: () => Terminal,
    failed: (error: unknown) => Terminal,
  ): MonoTypeOperatorFunction<TurnEvent> =>
  (source$) =>
    defer(() => {
      let closed = false;
      return concat(
        source$.pipe(
          tap((event) => {
            closed = isTerminal(event);
          }),
          takeWhile((event) => !isTerminal(event), true),
          catchError((error: unknown) => {
            closed = true;
            return of(failed(error));
          }),
        ),
        defer(() => (closed ? [] : [missing()])),
      );
    });
