import {
  map,
  mergeMap,
  NEVER,
  type Observable,
  type OperatorFunction,
  switchMap,
  take,
  timer,
} from 'rxjs';
import type { Cancel } from '../../process/run.js';

/**
 * The moment at which a cancelled turn has to be killed.
 *
 * ```
 * cancel  --c--------s------    c graceMs 20  s graceMs 4
 * emits   ---------------(s|)
 * ```
 *
 * Emits the first cancel whose `graceMs` has expired, and completes; a later cancel may be the
 * sooner one. The grace period starts again after back-pressure, while `ready$` is false, except
 * that of a shutdown. Fails with either source. Unsubscribe stops the timers.
 */
export const graceExpiry =
  (ready$: Observable<boolean>): OperatorFunction<Cancel, Cancel> =>
  (cancel$) =>
    cancel$.pipe(
      mergeMap((cancel) =>
        (cancel.reason === 'shutdown'
          ? timer(cancel.graceMs)
          : ready$.pipe(switchMap((ready) => (ready ? timer(cancel.graceMs) : NEVER)))
        ).pipe(map(() => cancel)),
      ),
      take(1),
    );
