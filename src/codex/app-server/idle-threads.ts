import { connect, filter, map, mergeMap, type OperatorFunction, takeUntil, timer } from 'rxjs';

/** A turn of a thread begins, or is over. */
export interface ThreadUse {
  readonly threadId: string;
  readonly busy: boolean;
}

/**
 * The threads that nobody uses.
 *
 * ```
 * uses   --B--f--B--f--------    B a turn of a thread begins  f it is over
 * emits  ---------------t----    t the thread, ms after its last turn
 * ```
 *
 * Emits a thread's id each time that no turn of it has run for `ms`, asked when one is over.
 * Completes with the source, when the last of them is told; fails and is unsubscribed with it.
 */
export const idleThreads = (ms: () => number): OperatorFunction<ThreadUse, string> =>
  connect((use$) =>
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
