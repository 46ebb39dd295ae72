import { EMPTY, Observable, type OperatorFunction, take } from 'rxjs';
import { link } from './link.js';

/**
 * `mergeMap` for a source of one value, without a layer for the values that follow.
 *
 * ```
 * source   --a---          a becomes -x-y|
 * emits    ---x-y|
 * ```
 *
 * Takes the first value of the source, unsubscribes from it, and emits what `project(value)` emits.
 * Completes and fails with it; completes with a source without a value, and fails with the source
 * and with what `project` throws. Unsubscribe unsubscribes from the one that runs.
 */
export const continueWith =
  <T, R>(project: (value: T) => Observable<R>): OperatorFunction<T, R> =>
  (source$) =>
    new Observable((subscriber) => {
      let next$: Observable<R> = EMPTY;
      link(source$.pipe(take(1)), subscriber, {
        next: (value) => {
          next$ = project(value);
        },
        complete: () => {
          next$.subscribe(subscriber);
        },
      });
    });

/**
 * `concat` of two sources, without a layer for the values of the last one.
 *
 * Emits the values of `first$` and, when it has completed and released its resources, those of
 * `last$`. Completes with `last$`, fails with either. Unsubscribe unsubscribes from the one that
 * runs.
 */
export const concatLast = <T>(first$: Observable<T>, last$: Observable<T>): Observable<T> =>
  new Observable((subscriber) =>
    link(first$, subscriber, {
      next: (value) => subscriber.next(value),
      complete: () => {
        last$.subscribe(subscriber);
      },
    }),
  );
