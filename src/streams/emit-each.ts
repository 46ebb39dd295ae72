import { Observable, type OperatorFunction, type Subscriber } from 'rxjs';
import { link } from './link.js';

/**
 * One operator for what would be several, where a layer an event counts: emits for each value what
 * `emit` passes to the subscriber.
 *
 * ```
 * source   --a--b--|       a becomes (xy), b nothing
 * emits    --(xy)--|
 * ```
 *
 * `emit` that emits several values looks whether the subscriber is closed: an unsubscribe between
 * two of them ends its loop. Completes with the source, after `atEnd`. Fails with the source and
 * with what `emit` and `atEnd` throw. Unsubscribe unsubscribes from the source.
 */
export const emitEach =
  <T, R>(
    emit: (value: T, subscriber: Subscriber<R>) => void,
    atEnd: (subscriber: Subscriber<R>) => void = () => undefined,
  ): OperatorFunction<T, R> =>
  (source$) =>
    new Observable((subscriber) =>
      link(source$, subscriber, {
        next: emit,
        complete: () => {
          atEnd(subscriber);
          subscriber.complete();
        },
      }),
    );
