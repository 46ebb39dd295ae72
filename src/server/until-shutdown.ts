import {
  concat,
  defer,
  delay,
  type MonoTypeOperatorFunction,
  type Observable,
  takeUntil,
} from 'rxjs';

/** Milliseconds for the requests to end at shutdown; turns end a little earlier by themselves. */
const SERVER_MS = 1_700;

/**
 * Milliseconds for the last frames after that, so that the process is gone within 2 s. They begin
 * when the others are over, however late a machine without a free core says that.
 */
const FLUSH_MS = 100;

/**
 * Runs the server until the plugin has to exit.
 *
 * Passes the values of the source on. Subscribes to `flushed$` when the source completes, or is
 * unsubscribed from `SERVER_MS` after the first value of `end$`. Completes with `flushed$`, so that
 * a host that reads slowly gets every frame, but at most `FLUSH_MS` after that time. Fails with the
 * source. Subscribes to `end$` twice.
 */
export const untilShutdown = <T>(
  end$: Observable<unknown>,
  flushed$: Observable<T>,
): MonoTypeOperatorFunction<T> => {
  const over$ = end$.pipe(delay(SERVER_MS));
  return (source$) =>
    defer(() => concat(source$.pipe(takeUntil(over$)), flushed$)).pipe(
      takeUntil(over$.pipe(delay(FLUSH_MS))),
    );
};
