import { type MonoTypeOperatorFunction, Observable } from 'rxjs';
import { link } from './link.js';

interface Observe<T> {
  /** Called with each value of the source, before it is emitted. */
  readonly next: (value: T) => void;
  /** Called when the source completes. */
  readonly complete: () => void;
}

/**
 * `merge(side$, source$.pipe(tap(observe)))` in one layer, for a side that follows the source.
 *
 * ```
 * source   --a--b--|       observe makes the side emit x at b
 * side$    -----x--|
 * emits    --a-(xb)|
 * ```
 *
 * Subscribes to `side$` and then to the source, and emits the values of both. Completes when both
 * have completed. Fails when either fails, and with what `observe` throws. Unsubscribe unsubscribes
 * from both.
 */
export const mergeBeside =
  <T>(side$: Observable<T>, observe: Observe<T>): MonoTypeOperatorFunction<T> =>
  (source$) =>
    new Observable((subscriber) => {
      let running = 2;
      const end = (): void => {
        running -= 1;
        if (running === 0) subscriber.complete();
      };
      link(side$, subscriber, { next: (value) => subscriber.next(value), complete: end });
      link(source$, subscriber, {
        next: (value) => {
          observe.next(value);
          subscriber.next(value);
        },
        complete: () => {
          observe.complete();
          end();
        },
      });
    });
