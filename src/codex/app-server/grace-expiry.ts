import {
  map,
  mergeMap,
  type Observable,
  type OperatorFunction,
  of,
  switchMap,
  take,
  timer,
} from 'rxjs';
import type { Cancel } from '../../process/run.js';
import { whileTrue } from '../../streams/while-true.js';

/**
 * The moment at which a cancelled turn has to be killed.
 *
 * ```
 * cancel  --c--------s------    c graceMs 20  s graceMs 4
 * emits   ---------------(s|)
 * ```
 *
 * Emits the first cancel whose `graceMs` has expired, and completes; a later cancel may be the
 * sooner one. The grace period begins with `accepted$`, the turn that codex has accepted, and
 * starts again after back-pressure, while `ready$` is false; except that of a shutdown. Fails with
 * any source. Unsubscribe stops the timers.
 */
export const graceExpiry =
  (
    ready$: Observable<boolean>,
    accepted$: Observable<unknown> = of(true),
  ): OperatorFunction<Cancel, Cancel> =>
  (cancel$) =>
    cancel$.pipe(
      mergeMap((cancel) =>
        (cancel.reason === 'shutdown'
          ? timer(cancel.graceMs)
          : accepted$.pipe(
              take(1),
              switchMap(() => ready$),
              whileTrue(timer(cancel.graceMs)),
            )
        ).pipe(map(() => cancel)),
      ),
      take(1),
    );
