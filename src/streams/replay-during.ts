import {
  catchError,
  defer,
  EMPTY,
  ignoreElements,
  merge,
  type Observable,
  of,
  ReplaySubject,
  share,
} from 'rxjs';
import { during } from './during.js';

/**
 * Replays a stream to everybody who asks for it while another stream lives.
 *
 * ```
 * source$      --a--b----
 * replayed$          (ab)-     subscribed late by use()
 * ```
 *
 * Subscribes to `source$` once, and then to `use(replayed$)`, whose values it emits. `replayed$`
 * emits the values of `source$` so far at once, the last 16 at most, and later ones as they come;
 * it completes and fails with the source, also for a late subscriber. Completes and fails with
 * `use(replayed$)`. Unsubscribe, like the end, unsubscribes from `use(replayed$)` first and then
 * from `source$`.
 */
export const replayDuring = <T, R>(
  source$: Observable<T>,
  use: (replayed$: Observable<T>) => Observable<R>,
): Observable<R> =>
  defer(() => {
    const replayed$ = source$.pipe(
      share({
        connector: () => new ReplaySubject<T>(MAX_REPLAYED),
        resetOnComplete: false,
        resetOnError: false,
      }),
    );
    // The failure of the source is for those who subscribe to it.
    const held$ = replayed$.pipe(
      ignoreElements(),
      catchError(() => EMPTY),
    );
    return during(merge(held$, of(replayed$)), use);
  });

/** The cancels of a turn are few. */
const MAX_REPLAYED = 16;
