import { catchError, concat, defer, type MonoTypeOperatorFunction, of, takeWhile } from 'rxjs';
import { isTerminal, type Terminal, type TurnEvent } from './turn-event.js';

/**
 * Enforces the end of a turn: exactly one terminal event, and nothing after it.
 *
 * Emits the events of the source up to and including its first terminal event and completes there.
 * When the source completes without one, emits `missing()`; when it fails, emits `failed(error)`.
 * Does not fail. Unsubscribe unsubscribes from the source and emits nothing.
 */
export const oneTerminal =
  (
    missing: () => Terminal,
    failed: (error: unknown) => Terminal,
  ): MonoTypeOperatorFunction<TurnEvent> =>
  (source$) =>
    concat(
      source$,
      defer(() => of(missing())),
    ).pipe(
      catchError((error: unknown) => of(failed(error))),
      takeWhile((event) => !isTerminal(event), true),
    );
