import type { OperatorFunction, Subscriber } from 'rxjs';
import { emitEach } from './emit-each.js';

/**
 * `concatMap` for a projection to values at hand, without an Observable and a layer for each.
 *
 * ```
 * source   --a--b--|         a becomes [x, y], b nothing, and z is left at the end
 * emits    --(xy)--(z|)
 * ```
 *
 * Emits the values of `project(value)`, and those of `atEnd()` once the source has completed; then
 * completes. Fails with the source and with what the two throw. Unsubscribe unsubscribes from the
 * source and takes no further value.
 */
export const emitAll = <T, R>(
  project: (value: T) => Iterable<R>,
  atEnd: () => Iterable<R> = () => [],
): OperatorFunction<T, R> =>
  emitEach<T, R>(
    (value, subscriber) => emitOpen(project(value), subscriber),
    (subscriber) => emitOpen(atEnd(), subscriber),
  );

const emitOpen = <R>(values: Iterable<R>, subscriber: Subscriber<R>): void => {
  for (const value of values) {
    subscriber.next(value);
    if (subscriber.closed) return;
  }
};
