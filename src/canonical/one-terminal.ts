import { type MonoTypeOperatorFunction, Observable } from 'rxjs';
import { link } from '../streams/link.js';
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
    new Observable((subscriber) => {
      const end = (terminal: Terminal): void => {
        subscriber.next(terminal);
        subscriber.complete();
      };
      link(source$, subscriber, {
        next: (event) => {
          if (isTerminal(event)) end(event);
          else subscriber.next(event);
        },
        error: (error) => end(failed(error)),
        complete: () => end(missing()),
      });
    });
