import { defer, fromEvent, map, type Observable, of, take } from 'rxjs';

/**
 * An AbortSignal as a stream.
 *
 * Emits the reason of the signal when it is aborted, at once when it was aborted before, and
 * completes. Does not fail. Unsubscribe removes the listener.
 */
export const fromAbort = (signal: AbortSignal): Observable<unknown> =>
  defer(() =>
    signal.aborted
      ? of(signal.reason)
      : fromEvent(signal, 'abort').pipe(
          take(1),
          map((): unknown => signal.reason),
        ),
  );
