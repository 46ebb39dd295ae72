import { defer, map, Observable, share, take } from 'rxjs';

/**
 * The end of this turn of Node's event loop: what has arrived by then has been read.
 *
 * Emits once and completes. Unsubscribe before that emits nothing.
 */
export const turnEnd$ = new Observable<true>((subscriber) => {
  const immediate = setImmediate(() => {
    subscriber.next(true);
    subscriber.complete();
  });
  return () => {
    clearImmediate(immediate);
  };
});

/**
 * Calls a function once for all who want its result in the same turn of the event loop.
 *
 * ```
 * subscribers  a-b-----c--
 * end$         ----t|          t the end of the turn, from the first subscription on
 * emits        ----r-------r   r the result, for a and b; another one for c
 * ```
 *
 * Emits the result at the end of the turn and completes: all of it was read after the subscription.
 * Fails with `end$` and when `read` throws. The last unsubscribe calls it for nobody.
 */
export const onceInTurn = <T>(
  read: () => T,
  end$: Observable<unknown> = turnEnd$,
): Observable<T> => {
  let result$: Observable<T> | undefined;
  return defer(
    () =>
      (result$ ??= end$.pipe(
        take(1),
        map(() => {
          // Who subscribes while the result is emitted gets one of its own.
          result$ = undefined;
          return read();
        }),
        share(),
      )),
  );
};
