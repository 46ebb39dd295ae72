import {
  concat,
  defer,
  delay,
  type MonoTypeOperatorFunction,
  type Observable,
  takeUntil,
} from 'rxjs';

/** Milliseconds for the turns to end at shutdown. */
const TURNS_MS = 1_650;

/** Milliseconds until the process has to exit at shutdown, so that it is gone within 2 s. */
const EXIT_MS = 1_800;

/**
 * Runs the server until the plugin has to exit.
 *
 * Passes the values of the source on. Subscribes to `flushed$` when the source completes, or is
 * unsubscribed from `TURNS_MS` after the first value of `end$`. Completes with `flushed$`, so that
 * a host that reads slowly gets every frame, but at most `EXIT_MS` after `end$`. Fails with the
 * source. Subscribes to `end$` twice.
 */
export const untilShutdown = <T>(
  end$: Observable<unknown>,
  flushed$: Observable<T>,
): MonoTypeOperatorFunction<T> => {
  const after = (ms: number): Observable<unknown> => end$.pipe(delay(ms));
  return (source$) =>
    defer(() => concat(source$.pipe(takeUntil(after(TURNS_MS))), flushed$)).pipe(
      takeUntil(after(EXIT_MS)),
    );
};
