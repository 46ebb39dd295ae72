import { EMPTY, type MonoTypeOperatorFunction, Observable } from 'rxjs';
import { link } from '../streams/link.js';
import { isTerminal, missingResult, type Terminal, type TurnEvent } from './turn-event.js';

/**
 * Enforces the end of a turn: exactly one terminal event, a result of each call before it, and
 * nothing after it.
 *
 * Emits the events of the source up to and including its first terminal event and completes there.
 * When the source completes without one, emits `missing()`; when it fails, emits `failed(error)`.
 * The first value of `end$` ends the turn, too. A call that has no result at the end gets
 * `missingResult`. Does not fail. Unsubscribe unsubscribes from both and emits nothing.
 */
export const oneTerminal =
  (
    missing: () => Terminal,
    failed: (error: unknown) => Terminal,
    end$: Observable<Terminal> = EMPTY,
  ): MonoTypeOperatorFunction<TurnEvent> =>
  (source$) =>
    new Observable((subscriber) => {
      const open = new Set<string>();
      const end = (terminal: Terminal): void => {
        for (const id of open) {
          // Before it is emitted: a subscriber that ends the turn then gets no second one.
          open.delete(id);
          subscriber.next(missingResult(id));
        }
        subscriber.next(terminal);
        subscriber.complete();
      };
      const fail = (error: unknown): void => end(failed(error));
      link(end$, subscriber, { next: end, error: fail, complete: () => undefined });
      link(source$, subscriber, {
        next: (event) => {
          if (event.type === 'tool_call_start') open.add(event.id);
          else if (event.type === 'tool_result') open.delete(event.id);
          if (isTerminal(event)) end(event);
          else subscriber.next(event);
        },
        error: fail,
        complete: () => end(missing()),
      });
    });
