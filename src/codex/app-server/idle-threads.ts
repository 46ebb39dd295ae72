import { groupBy, map, mergeMap, NEVER, type Observable, type OperatorFunction, switchMap, take, timer } from 'rxjs';

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
 * Emits a thread's id each time that no turn of it has run for `ms`. Completes with the source, when the last of them is told; fails and is unsubscribed with it. What is idle is forgotten.
 */
export const idleThreads =
  (ms: number): OperatorFunction<ThreadUse, string> =>
  (use$) =>
    use$.pipe(
      groupBy(({ threadId }) => threadId, { duration: (ofOne$) => idle(ofOne$, ms) }),
      mergeMap((ofOne$) => idle(ofOne$, ms).pipe(map(() => ofOne$.key))),
    );

const idle = (ofOne$: Observable<ThreadUse>, ms: number): Observable<unknown> =>
  ofOne$.pipe(
    switchMap(({ busy }) => (busy ? NEVER : timer(ms))),
    take(1),
  );
