import { filter, map, mergeMap, type OperatorFunction, takeUntil, timer } from 'rxjs';
import { branch } from '../../streams/branch.js';

/** A thread is busy from its first holder on, until its last holder has released it. */
export interface ThreadUse {
  readonly threadId: string;
  readonly busy: boolean;
}

/**
 * The threads that have no turn.
 *
 * ```
 * uses   --B--f--B--f--------    B a turn of a thread begins  f it has ended
 * emits  ---------------t----    t the thread, ms after its last turn
 * ```
 *
 * Emits the id of a thread `ms()` milliseconds after the end of its last turn; `ms` is called at
 * that end. Completes when the source has completed and the last timer has fired. Fails with the
 * source. Unsubscribe stops the timers.
 */
export const idleThreads = (ms: () => number): OperatorFunction<ThreadUse, string> =>
  branch((use$) =>
    use$.pipe(
      filter(({ busy }) => !busy),
      mergeMap(({ threadId }) =>
        timer(ms()).pipe(
          map(() => threadId),
          takeUntil(use$.pipe(filter((use) => use.threadId === threadId))),
        ),
      ),
    ),
  );
